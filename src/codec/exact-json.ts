/**
 * Parses and writes JSON without losing digits (promise P5). `JSON.parse` alone rounds integers beyond 2^53
 * and drops the notation of numbers; the reviver's `context.source` and `JSON.rawJSON` (Node 24) keep both.
 */

import { HAS_NON_CANONICAL_NUMBER, scanJsonText } from './json-scan.ts';
import { type FoundLiteral, hasLiterals, literalCount, noteLiterals, withLiterals } from './literals.ts';
import { NumberLiteral, rawJson } from './raw-json.ts';

export { noteCopy } from './literals.ts';
export { isRawJson } from './raw-json.ts';

type Holder = Record<string, unknown>;

/** A parsed value. The literals of its non-canonical numbers are kept separately; see literals.ts. */
export interface ExactValue {
  readonly value: unknown;
  /** {@link literalCount} before it was parsed; if undefined, literals are always looked up. */
  readonly mark?: number;
}

const INTEGER = /^-?\d+$/;
/** BigInt takes more than linear time, and Elasticsearch's parser rejects longer numbers too. */
const BIGINT_DIGITS_MAX = 1000;
const ZERO = 0x30;

type Reviver = (this: Holder, key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/**
 * Parses any JSON text. Integers beyond 2^53 become BigInt; numbers that no double can hold (`1e400`, 20
 * decimals, more than 1,000 digits) become {@link NumberLiteral}s; other non-canonical numbers stay numbers,
 * and {@link stringifyExact} restores their literals.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): ExactValue {
  const mark = literalCount();
  const literals: FoundLiteral[] = [];
  const value = parseWithSource(text, function reviveNumber(key, parsed, { source }) {
    if (typeof parsed !== 'number' || source === undefined || String(parsed) === source) return parsed;
    if (!Number.isSafeInteger(parsed) && source.length <= BIGINT_DIGITS_MAX && INTEGER.test(source))
      return BigInt(source);
    if (!sameNumber(source, parsed)) return new NumberLiteral(source);
    literals.push({ holder: this, key, value: parsed, source });
    return parsed;
  });
  if (literals.length > 0 && typeof value === 'object' && value !== null) noteLiterals(value, literals);
  return { value, mark };
}

/**
 * Parses a text that may be one JSON object, as {@link parseExact} does. It is fast for texts that often are
 * not JSON: it never throws, and uses the reviver, which costs several times as much as the parser, only for
 * texts with non-canonical numbers.
 *
 * @returns undefined if the text is not one JSON object, or is nested too deep to be indexed
 */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const flags = scanJsonText(text);
  if (flags < 0) return undefined;
  const isCanonical = (flags & HAS_NON_CANONICAL_NUMBER) === 0;
  const value = isCanonical ? (JSON.parse(text) as unknown) : parseExact(text).value;
  return value as Record<string, unknown>;
}

/** Whether the decimal number in `source` equals the number that JavaScript prints for `value`. */
function sameNumber(source: string, value: number): boolean {
  return Number.isFinite(value) && normalised(source) === normalised(String(value));
}

/** The sign, significant digits and power of ten of a decimal number. */
function normalised(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = whole + fraction;
  // A loop, because a regular expression for trailing zeros restarts at every zero (quadratic time).
  let start = 0;
  while (digits.charCodeAt(start) === ZERO) start++;
  let end = digits.length;
  while (end > start && digits.charCodeAt(end - 1) === ZERO) end--;
  if (start === end) return '0';
  const significant = digits.slice(start, end);
  const power = Number(exponent) - fraction.length + (digits.length - end);
  return `${mantissa.startsWith('-') ? '-' : ''}${significant}e${power}`;
}

/**
 * The JSON text of an event. A BigInt is written as digits. An unchanged number keeps its literal in the
 * object that it was parsed into, or under the same key of a copy. The event is not modified.
 *
 * @param exact the parsed value that the event is, or was made from
 * @throws TypeError if the value is cyclic or has no JSON form
 */
export function stringifyExact(event: object, exact?: ExactValue): string {
  const mayHaveLiterals = literalCount() !== (exact?.mark ?? 0) || hasLiterals(event);
  const value = mayHaveLiterals ? withLiterals(event, exact?.value) : event;
  try {
    return JSON.stringify(value);
  } catch (error) {
    // Of all values that JSON.stringify rejects, only a BigInt has a JSON form.
    if (!(error instanceof TypeError) || !error.message.includes('BigInt')) throw error;
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'bigint' ? rawJson(inner.toString()) : inner,
    );
  }
}
