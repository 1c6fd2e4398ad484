import { isUtf8 } from 'node:buffer';
import { HAS_EXOTIC_NUMBER, HAS_LINE_FEED, JsonScanError, scanJsonObject } from './json-scan.ts';
import { type ExactValue, parseExact } from './exact-json.ts';

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
}

export type Codec = 'json' | 'text';

/**
 * Bytes → event, or the reason why not. The same answer whether anybody looks into the record or not: the bytes are
 * checked by a scan that builds nothing, and are parsed only when asked.
 */
export function decode(value: Buffer, codec: Codec): Decoded | Poison {
  if (value.length === 0)
    return poison('empty_value', 'the value is empty (0 bytes); a tombstone would be null');
  if (!isUtf8(value)) return poison('invalid_utf8', 'the value is not valid UTF-8');
  if (codec === 'text') return decodeText(value);
  try {
    const flags = scanJsonObject(value);
    return new JsonEvent(flags & HAS_LINE_FEED ? onOneLine(value) : value, (flags & HAS_EXOTIC_NUMBER) !== 0);
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    const reasons = {
      syntax: 'invalid_json',
      not_an_object: 'not_an_object',
      too_deep: 'nested_too_deep',
    } as const;
    return poison(reasons[error.kind], error.message);
  }
}

class JsonEvent implements Decoded {
  readonly kind = 'event';
  readonly bytes: Buffer;
  readonly #exotic: boolean;

  constructor(bytes: Buffer, exotic: boolean) {
    this.bytes = bytes;
    this.#exotic = exotic;
  }

  parse(): ExactValue {
    const text = this.bytes.toString('utf8');
    return this.#exotic ? parseExact(text) : { value: JSON.parse(text), written: [] };
  }
}

/** A line of text becomes `{"message": …}`, as Vector's text decoding does. */
function decodeText(value: Buffer): Decoded {
  const event = { message: value.toString('utf8') };
  return {
    kind: 'event',
    bytes: Buffer.from(JSON.stringify(event)),
    parse: () => ({ value: { ...event }, written: [] }),
  };
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
