import { beginMembers, noteKey, noteValueEnd } from './json-members.ts';

/** Flags of a valid object; see {@link scanJsonObject}. */
export const HAS_LINE_FEED = 1;
export const HAS_EXOTIC_NUMBER = 2;
export const HAS_NON_ASCII = 4;

/** What is wrong with bytes that are not one JSON object, as negative results of {@link scanJsonObject}. */
export const NOT_JSON = -1;
export const NOT_AN_OBJECT = -2;
export const TOO_DEEP = -3;

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
const NINE = 0x39;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const LINE_FEED = 0x0a;

/** Bytes that stand for themselves in a string: 1 for ASCII, 2 for the others, 0 for quote, backslash and controls. */
const PLAIN = new Uint8Array(256).map((_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 0 : byte < 0x80 ? 1 : 2,
);
const SPACE = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0d, LINE_FEED]) SPACE[byte] = 1;
const HEX = new Uint8Array(256);
const ESCAPED = new Uint8Array(256);
for (const byte of Buffer.from('0123456789abcdefABCDEF')) HEX[byte] = 1;
for (const byte of Buffer.from('"\\/bfnrt')) ESCAPED[byte] = 1;
const LITERALS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

// The scanner's registers: one scan at a time, and never across an await.
let flags = 0;
let fault = 0;
const containers = new Uint8Array(DEPTH_MAX);

/** Where the last scan failed: the position of the first byte that cannot be, or the length where the text ended too early. */
export function faultPosition(): number {
  return fault;
}

/**
 * Checks in one pass, without building anything, that `input` is exactly one JSON object (RFC 8259), and finds what needs
 * care later: a raw line feed between tokens (it would break the framing of a bulk body), numbers that a plain
 * `JSON.parse`/`JSON.stringify` round trip would not give back to the letter, and bytes beyond ASCII (which are not
 * checked to be UTF-8 here).
 *
 * It runs once for every record: one function with a stack of its own, about 1 ns a byte.
 *
 * @param noting whether `membersOf` of json-members.ts is going to be asked where the members are
 * @returns a bit mask of {@link HAS_LINE_FEED}, {@link HAS_EXOTIC_NUMBER} and {@link HAS_NON_ASCII}, or what is wrong
 */
export function scanJsonObject(input: Uint8Array, noting = false): number {
  flags = 0;
  if (noting) beginMembers();
  let at = skipSpace(input, 0);
  if (input[at] !== OPEN_BRACE) return failed(input, at, startsValue(input, at) ? NOT_AN_OBJECT : NOT_JSON);
  let depth = 0;
  for (;;) {
    // Here a value starts.
    let byte = input[at];
    if (byte === QUOTE) {
      at = skipPlain(input, at + 1);
      if (input[at] === QUOTE) at++;
      else if ((at = skipRestOfString(input, at)) < 0) return NOT_JSON;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === DEPTH_MAX) return failed(input, at, TOO_DEEP);
      containers[depth++] = byte;
      at = skipSpace(input, at + 1);
      if (input[at] !== (byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (byte === OPEN_BRACE && (at = skipKey(input, at, noting && depth === 1)) < 0) return NOT_JSON;
        continue;
      }
      at++;
      depth--;
    } else if ((at = skipScalar(input, at)) < 0) return NOT_JSON;
    // Here a value has ended: close containers until one goes on.
    for (; ; depth--) {
      if (depth === 0) {
        at = skipSpace(input, at);
        return at < input.length ? failed(input, at, NOT_JSON) : flags;
      }
      if (noting && depth === 1) noteValueEnd(at);
      byte = input[at];
      if (SPACE[byte as number] === 1) byte = input[(at = skipSpace(input, at))];
      const inObject = containers[depth - 1] === OPEN_BRACE;
      if (byte === COMMA) {
        at++;
        if (SPACE[input[at] as number] === 1) at = skipSpace(input, at);
        if (inObject && (at = skipKey(input, at, noting && depth === 1)) < 0) return NOT_JSON;
        break;
      }
      if (byte !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) return failed(input, at, NOT_JSON);
      at++;
    }
  }
}

function failed(input: Uint8Array, at: number, why: number): number {
  fault = Math.min(at, input.length);
  return why;
}

function skipSpace(input: Uint8Array, start: number): number {
  let at = start;
  for (; SPACE[input[at] as number] === 1; at++) if (input[at] === LINE_FEED) flags |= HAS_LINE_FEED;
  return at;
}

/** From the quote of a key to the value behind its colon; negative where that is not there. */
function skipKey(input: Uint8Array, start: number, noting: boolean): number {
  if (input[start] !== QUOTE) return failed(input, start, NOT_JSON);
  let at = skipPlain(input, start + 1);
  let end = at;
  if (input[at] === QUOTE) at++;
  else {
    end = 0;
    if ((at = skipRestOfString(input, at)) < 0) return at;
  }
  if (SPACE[input[at] as number] === 1) at = skipSpace(input, at);
  if (input[at] !== COLON) return failed(input, at, NOT_JSON);
  at++;
  if (SPACE[input[at] as number] === 1) at = skipSpace(input, at);
  if (noting) noteKey(start + 1, end, at);
  return at;
}

function skipPlain(input: Uint8Array, start: number): number {
  let at = start;
  while (PLAIN[input[at] as number] === 1) at++;
  return at;
}

/** From the first byte that is not plain to behind the closing quote; negative where that is not there. */
function skipRestOfString(input: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = input[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) {
      at = skipEscape(input, at);
      if (at < 0) return at;
      at = skipPlain(input, at);
    } else if (PLAIN[byte as number] === 2) {
      flags |= HAS_NON_ASCII;
      do at++;
      while ((PLAIN[input[at] as number] as number) > 0);
    } else return failed(input, at, NOT_JSON);
  }
}

function skipEscape(input: Uint8Array, start: number): number {
  const byte = input[start + 1] as number;
  if (ESCAPED[byte] === 1) return start + 2;
  if (byte !== 0x75) return failed(input, start, NOT_JSON);
  for (let at = start + 2; at < start + 6; at++) {
    if (HEX[input[at] as number] !== 1) return failed(input, at, NOT_JSON);
  }
  return start + 6;
}

function skipScalar(input: Uint8Array, start: number): number {
  const byte = input[start] as number;
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return skipNumber(input, start);
  const word = LITERALS.find((literal) => literal[0] === byte);
  if (word === undefined) return failed(input, start, NOT_JSON);
  for (let index = 1; index < word.length; index++) {
    if (input[start + index] !== word[index]) return failed(input, start, NOT_JSON);
  }
  return start + word.length;
}

/** A number is exotic when its text could differ from what JavaScript prints for its value. */
function skipNumber(input: Uint8Array, start: number): number {
  const first = input[start] === MINUS ? start + 1 : start;
  let at = skipDigits(input, first);
  if (at < 0 || (input[first] === ZERO && at > first + 1)) return failed(input, first, NOT_JSON);
  let exotic = at - first > 15 || (first > start && input[first] === ZERO);
  if (input[at] === DOT) {
    at = skipDigits(input, at + 1);
    if (at < 0) return at;
    // 0.0000001 is printed as 1e-7.
    const small = input[first] === ZERO && at - first > 8;
    exotic ||= small || input[at - 1] === ZERO || at - first > 15;
  }
  if (input[at] === LOWER_E || input[at] === UPPER_E) {
    at++;
    if (input[at] === PLUS || input[at] === MINUS) at++;
    at = skipDigits(input, at);
    if (at < 0) return at;
    exotic = true;
  }
  if (exotic) flags |= HAS_EXOTIC_NUMBER;
  return at;
}

function skipDigits(input: Uint8Array, start: number): number {
  let at = start;
  while ((input[at] as number) >= ZERO && (input[at] as number) <= NINE) at++;
  return at === start ? failed(input, start, NOT_JSON) : at;
}

/** Whether a JSON value that is no object begins here. */
function startsValue(input: Uint8Array, at: number): boolean {
  const byte = input[at];
  return byte === OPEN_BRACKET || byte === QUOTE || (byte !== undefined && skipScalar(input, at) > 0);
}
