import { isUtf8 } from 'node:buffer';
import { type BytesAt, bytesOf } from './bytes-at.ts';
import { type ExactValue, parseExact } from './exact-json.ts';
import {
  DEPTH_MAX,
  HAS_NON_CANONICAL_NUMBER,
  HAS_LINE_FEED,
  HAS_NON_ASCII,
  NOT_AN_OBJECT,
  TOO_DEEP,
  faultPosition,
  lastMemberCount,
  scanJsonAt,
} from './json-scan.ts';
import { LazyEvent } from './lazy-event.ts';
import { literalCount } from './literals.ts';
import { ObjectBytes } from './object-bytes.ts';

/** The reason why a payload can never become a document, as in the dead letter. */
export type PoisonReason =
  'empty_value' | 'invalid_utf8' | 'invalid_json' | 'not_an_object' | 'nested_too_deep';

interface Poison {
  kind: 'poison';
  reason: PoisonReason;
  message: string;
}

/** A payload that can be indexed: its bytes on one line, and its parsed form on request. */
export interface Decoded {
  kind: 'event';
  /** One JSON object in UTF-8 without a line feed, ready for a bulk body. */
  readonly bytes: Buffer;
  /** Parses the bytes again at each call. */
  parse(): ExactValue;
  /** A new event at each call: a {@link LazyEvent} if `decode` was called for one and it is possible. */
  event(): ExactValue;
}

export type Codec = 'json' | 'text';

/** As {@link decodeAt}, for a whole buffer. */
export function decode(value: Buffer, codec: Codec, lazily = false): Decoded | Poison {
  return decodeAt(bytesOf(value), codec, lazily);
}

/**
 * Bytes → event, or the reason why they are none. The result is the same for passthrough and parsed records:
 * a scan that builds nothing checks the bytes, and they are parsed only on request.
 *
 * @param source read without a copy, for as long as the event is in use
 * @param lazily whether {@link Decoded.event} gives lazy events
 */
export function decodeAt(source: BytesAt, codec: Codec, lazily = false): Decoded | Poison {
  const { bytes, start, end } = source;
  if (start === end) return poison('empty_value', 'the value is empty (0 bytes); a tombstone would be null');
  if (codec === 'text') return decodeText(bytes.subarray(start, end));
  const flags = scanJsonAt(bytes, start, end, lazily);
  if (flags < 0) {
    const [fault, position] = [flags, faultPosition()];
    const value = bytes.subarray(start, end);
    return byteOrderMark(value) ?? poisonOf(fault, position, value);
  }
  if ((flags & HAS_NON_ASCII) !== 0 && !isUtf8(bytes.subarray(start, end))) return invalidUtf8();
  const line = (flags & HAS_LINE_FEED) === 0 ? source : onOneLine(bytes.subarray(start, end));
  const canBeLazy = lazily && (flags & HAS_NON_CANONICAL_NUMBER) === 0 && lastMemberCount() >= 0;
  const isAscii = (flags & HAS_NON_ASCII) === 0;
  return new JsonEvent(line, flags, canBeLazy ? new ObjectBytes(line, isAscii) : undefined);
}

/** Whether these bytes are ready for a bulk body: one JSON object in UTF-8, without a line feed. */
export function isOneLine(bytes: Buffer, start: number, end: number): boolean {
  const flags = scanJsonAt(bytes, start, end);
  if (flags < 0 || (flags & HAS_LINE_FEED) !== 0) return false;
  return (flags & HAS_NON_ASCII) === 0 || isUtf8(bytes.subarray(start, end));
}

class JsonEvent implements Decoded {
  readonly kind = 'event';
  readonly #source: BytesAt;
  readonly #flags: number;
  readonly #members: ObjectBytes | undefined;

  constructor(source: BytesAt, flags: number, members: ObjectBytes | undefined) {
    this.#source = source;
    this.#flags = flags;
    this.#members = members;
  }

  get bytes(): Buffer {
    const { bytes, start, end } = this.#source;
    return bytes.subarray(start, end);
  }

  event(): ExactValue {
    if (this.#members === undefined) return this.parse();
    return new LazyEvent(this.#members);
  }

  parse(): ExactValue {
    const isAscii = (this.#flags & HAS_NON_ASCII) === 0;
    const { bytes, start, end } = this.#source;
    const text = bytes.toString(isAscii ? 'latin1' : 'utf8', start, end);
    return (this.#flags & HAS_NON_CANONICAL_NUMBER) === 0
      ? { value: JSON.parse(text), mark: literalCount() }
      : parseExact(text);
  }
}

function poisonOf(fault: number, position: number, value: Buffer): Poison {
  if (!isUtf8(value)) return invalidUtf8();
  if (fault === NOT_AN_OBJECT)
    return poison('not_an_object', `expected a JSON object at byte ${position}, not another JSON value`);
  if (fault === TOO_DEEP)
    return poison('nested_too_deep', `nested deeper than ${DEPTH_MAX} levels at byte ${position}`);
  if (position === value.length) return poison('invalid_json', 'the JSON object has no end');
  return poison('invalid_json', `no JSON object: unexpected byte at ${position}`);
}

/** Rejected: removing it would change a passthrough record, and Elasticsearch would see it otherwise. */
function byteOrderMark(value: Buffer): Poison | undefined {
  const remedy = 'write the record as UTF-8 without it';
  if (value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf)
    return poison('invalid_json', `the value begins with a byte order mark (BOM, U+FEFF): ${remedy}`);
  const isUtf16 = (value[0] === 0xff && value[1] === 0xfe) || (value[0] === 0xfe && value[1] === 0xff);
  if (!isUtf16) return undefined;
  return poison('invalid_utf8', `the value begins with a byte order mark (BOM) of UTF-16: ${remedy}`);
}

function invalidUtf8(): Poison {
  return poison('invalid_utf8', 'the value is not valid UTF-8');
}

/** A line of text becomes `{"message": …}`, as Vector's text decoding does. */
function decodeText(value: Buffer): Decoded | Poison {
  if (!isUtf8(value)) return invalidUtf8();
  const event = { message: value.toString('utf8') };
  const parse = (): ExactValue => ({ value: { ...event }, mark: literalCount() });
  return { kind: 'event', bytes: Buffer.from(JSON.stringify(event)), parse, event: parse };
}

/** Replaces line feeds by spaces: in valid JSON they occur only between tokens, not in strings. */
function onOneLine(value: Buffer): BytesAt {
  const copy = Buffer.from(value);
  for (let at = copy.indexOf(0x0a); at !== -1; at = copy.indexOf(0x0a, at + 1)) copy[at] = 0x20;
  return bytesOf(copy);
}

function poison(reason: PoisonReason, message: string): Poison {
  return { kind: 'poison', reason, message };
}
