import { isUtf8 } from 'node:buffer';
import { type ExactValue, parseExact } from './exact-json.ts';
import {
  DEPTH_MAX,
  HAS_EXOTIC_NUMBER,
  HAS_LINE_FEED,
  HAS_NON_ASCII,
  NOT_AN_OBJECT,
  TOO_DEEP,
  faultPosition,
  lastMemberCount,
  scanJsonObject,
} from './json-scan.ts';
import { LazyEvent } from './lazy-event.ts';
import { literalCount } from './literals.ts';
import { ObjectBytes } from './object-bytes.ts';

/** Why a payload can never become a document, as the dead letter names it. */
export type PoisonReason =
  'empty_value' | 'invalid_utf8' | 'invalid_json' | 'not_an_object' | 'nested_too_deep';

export interface Poison {
  kind: 'poison';
  reason: PoisonReason;
  message: string;
}

/** A payload that is fit to be indexed: its bytes on one line, and its parsed form for whoever looks into it. */
export interface Decoded {
  kind: 'event';
  /** One JSON object in UTF-8 without a line feed: can be put into a bulk body as it is. */
  bytes: Buffer;
  /** Parses the bytes, each call anew. */
  parse(): ExactValue;
  /** The event, each call anew: a {@link LazyEvent} where `decode` was asked for it, and where it can be. */
  event(): ExactValue;
}

export type Codec = 'json' | 'text';

/**
 * Bytes → event, or the reason why not. The same answer whether anybody looks into the record or not: the bytes are
 * checked by a scan that builds nothing, and are parsed only when asked.
 *
 * @param lazily whether {@link Decoded.event} is to give lazy events
 */
export function decode(value: Buffer, codec: Codec, lazily = false): Decoded | Poison {
  if (value.length === 0)
    return poison('empty_value', 'the value is empty (0 bytes); a tombstone would be null');
  if (codec === 'text') return isUtf8(value) ? decodeText(value) : invalidUtf8();
  const flags = scanJsonObject(value, lazily);
  if (flags < 0) return byteOrderMark(value) ?? poisonOf(flags, faultPosition(), value);
  if ((flags & HAS_NON_ASCII) !== 0 && !isUtf8(value)) return invalidUtf8();
  const bytes = (flags & HAS_LINE_FEED) === 0 ? value : onOneLine(value);
  const canBeLazy = lazily && (flags & HAS_EXOTIC_NUMBER) === 0 && lastMemberCount() >= 0;
  const isAscii = (flags & HAS_NON_ASCII) === 0;
  return new JsonEvent(bytes, flags, canBeLazy ? new ObjectBytes(bytes, isAscii) : undefined);
}

class JsonEvent implements Decoded {
  readonly kind = 'event';
  readonly bytes: Buffer;
  readonly #flags: number;
  readonly #members: ObjectBytes | undefined;

  constructor(bytes: Buffer, flags: number, members: ObjectBytes | undefined) {
    this.bytes = bytes;
    this.#flags = flags;
    this.#members = members;
  }

  event(): ExactValue {
    if (this.#members === undefined) return this.parse();
    return new LazyEvent(this.#members);
  }

  parse(): ExactValue {
    const isAscii = (this.#flags & HAS_NON_ASCII) === 0;
    const text = this.bytes.toString(isAscii ? 'latin1' : 'utf8');
    return (this.#flags & HAS_EXOTIC_NUMBER) === 0
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

/** Taken off, it would change the bytes of a record that nobody looks into; left on, Elasticsearch would see it. */
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
function decodeText(value: Buffer): Decoded {
  const event = { message: value.toString('utf8') };
  const parse = (): ExactValue => ({ value: { ...event }, mark: literalCount() });
  return { kind: 'event', bytes: Buffer.from(JSON.stringify(event)), parse, event: parse };
}

/** Line feeds are only found between tokens here (a raw one in a string is not JSON), so a space says the same. */
function onOneLine(value: Buffer): Buffer {
  const copy = Buffer.from(value);
  for (let at = copy.indexOf(0x0a); at !== -1; at = copy.indexOf(0x0a, at + 1)) copy[at] = 0x20;
  return copy;
}

function poison(reason: PoisonReason, message: string): Poison {
  return { kind: 'poison', reason, message };
}
