/** Flags of a valid object; see {@link scanJsonObject}. */
export const HAS_LINE_FEED = 1;
export const HAS_EXOTIC_NUMBER = 2;

/** Deeper nesting is refused: Elasticsearch's parser stops at about this depth too. */
export const DEPTH_MAX = 1000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const LINE_FEED = 0x0a;

/** What is wrong with bytes that are not one JSON object. */
export class JsonScanError extends Error {
  /** Byte position of the first fault. */
  readonly position: number;
  readonly kind: 'syntax' | 'not_an_object' | 'too_deep';

  constructor(kind: JsonScanError['kind'], message: string, position: number) {
    super(`${message} at byte ${position}`);
    this.name = 'JsonScanError';
    this.kind = kind;
    this.position = position;
  }
}

// The scanner's registers: one scan at a time, and never across an await.
let bytes: Uint8Array = new Uint8Array();
let at = 0;
let flags = 0;
const containers = new Uint8Array(DEPTH_MAX);

/**
 * Checks in one pass, without building anything, that `input` is exactly one JSON object (RFC 8259), and finds what needs
 * care later: a raw line feed between tokens (it would break the framing of a bulk body) and numbers that a plain
 * `JSON.parse`/`JSON.stringify` round trip would not give back to the letter.
 *
 * The bytes are taken to be UTF-8; check that beforehand.
 *
 * @returns a bit mask of {@link HAS_LINE_FEED} and {@link HAS_EXOTIC_NUMBER}
 * @throws JsonScanError
 */
export function scanJsonObject(input: Uint8Array): number {
  bytes = input;
  at = 0;
  flags = 0;
  skipSpace();
  if (bytes[at] !== OPEN_BRACE) {
    throw new JsonScanError(startsJson() ? 'not_an_object' : 'syntax', 'expected a JSON object', at);
  }
  scanContainers();
  skipSpace();
  if (at < bytes.length) throw syntax('unexpected data after the object');
  return flags;
}

function startsJson(): boolean {
  const byte = bytes[at] ?? 0;
  return byte === OPEN_BRACKET || byte === QUOTE || byte === MINUS || isDigit(byte) || literalAt() > 0;
}

function syntax(message: string): JsonScanError {
  return new JsonScanError('syntax', at >= bytes.length ? 'unexpected end of the JSON text' : message, at);
}

function skipSpace(): void {
  for (; ; at++) {
    const byte = bytes[at];
    if (byte === LINE_FEED) flags |= HAS_LINE_FEED;
    else if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return;
  }
}

/** Walks nested objects and arrays with a stack of its own; `at` stands on the first brace. */
function scanContainers(): void {
  let depth = 0;
  for (;;) {
    // Here a value starts.
    skipSpace();
    const byte = bytes[at];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === DEPTH_MAX)
        throw new JsonScanError('too_deep', `nested deeper than ${DEPTH_MAX} levels`, at);
      containers[depth++] = byte;
      at++;
      skipSpace();
      if (bytes[at] === (byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET)) {
        at++;
        depth--;
      } else {
        if (byte === OPEN_BRACE) scanKey();
        continue;
      }
    } else scanScalar(byte);
    // Here a value has ended: close containers until one goes on.
    for (; ; depth--) {
      if (depth === 0) return;
      skipSpace();
      const inObject = containers[depth - 1] === OPEN_BRACE;
      if (bytes[at] === COMMA) {
        at++;
        if (inObject) scanKey();
        break;
      }
      if (bytes[at] !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        throw syntax(inObject ? "expected ',' or '}'" : "expected ',' or ']'");
      }
      at++;
    }
  }
}

function scanKey(): void {
  skipSpace();
  if (bytes[at] !== QUOTE) throw syntax('expected a quoted key');
  scanString();
  skipSpace();
  if (bytes[at] !== COLON) throw syntax("expected ':'");
  at++;
}

function scanScalar(byte: number | undefined): void {
  if (byte === QUOTE) scanString();
  else if (byte === MINUS || isDigit(byte ?? 0)) scanNumber();
  else {
    const length = literalAt();
    if (length === 0) throw syntax('unexpected character');
    at += length;
  }
}

function scanString(): void {
  at++;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) break;
    if (byte === BACKSLASH) scanEscape();
    else if (byte === undefined || byte < 0x20) throw syntax('raw control character in a string');
    else at++;
  }
  at++;
}

function scanEscape(): void {
  const byte = bytes[++at];
  if (byte === 0x75) {
    for (let digit = 0; digit < 4; digit++) {
      if (!isHex(bytes[++at] ?? 0)) throw syntax('bad \\u escape');
    }
  } else if (byte === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(byte)))
    throw syntax('bad escape');
  at++;
}

/** A number is exotic when its text could differ from what JavaScript prints for its value. */
function scanNumber(): void {
  const start = at;
  if (bytes[at] === MINUS) at++;
  const firstDigit = at;
  scanDigits();
  if (bytes[firstDigit] === ZERO && at > firstDigit + 1) throw syntax('a number with a leading zero');
  let exotic = at - firstDigit > 15 || (firstDigit > start && bytes[firstDigit] === ZERO);
  if (bytes[at] === DOT) {
    at++;
    scanDigits();
    // 0.0000001 is printed as 1e-7.
    const small = bytes[firstDigit] === ZERO && at - firstDigit > 8;
    exotic ||= small || bytes[at - 1] === ZERO || at - firstDigit > 15;
  }
  const byte = bytes[at];
  if (byte === 0x65 || byte === 0x45) {
    at++;
    if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
    scanDigits();
    exotic = true;
  }
  if (exotic) flags |= HAS_EXOTIC_NUMBER;
}

function scanDigits(): void {
  if (!isDigit(bytes[at] ?? 0)) throw syntax('expected a digit');
  while (isDigit(bytes[at] ?? 0)) at++;
}

/** Length of the literal `true`, `false` or `null` at the cursor, else 0. */
function literalAt(): number {
  for (const literal of ['true', 'false', 'null']) {
    let index = 0;
    while (index < literal.length && bytes[at + index] === literal.charCodeAt(index)) index++;
    if (index === literal.length) return index;
  }
  return 0;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
