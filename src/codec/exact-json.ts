/**
 * JSON in and out without losing digits (promise P5). `JSON.parse` alone rounds integers beyond 2^53 and forgets how a
 * number was written; the reviver's `context.source` and `JSON.rawJSON` (Node 24) keep both.
 */

import { HAS_EXOTIC_NUMBER, scanJsonText } from './json-scan.ts';
import { type WrittenNumber, hasLiterals, literalCount, noteLiterals, withLiterals } from './literals.ts';
import { NumberLiteral, rawJson } from './raw-json.ts';

export { noteCopy } from './literals.ts';
export { isRawJson } from './raw-json.ts';

type Holder = Record<string, unknown>;

/** A parsed value. Numbers that JavaScript would write differently are remembered beside it; see literals.ts. */
export interface ExactValue {
  readonly value: unknown;
  /** {@link literalCount} before it was parsed; where that is not told they are always looked for. */
  readonly mark?: number;
}

const INTEGER = /^-?\d+$/;
/** BigInt takes more than linear time; and Elasticsearch's parser takes no longer number either. */
const BIGINT_DIGITS_MAX = 1000;
const ZERO = 0x30;

type Reviver = (this: Holder, key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/**
 * Parses any JSON text. Integers beyond 2^53 become BigInt; numbers that no double can hold (`1e400`, 20 decimals, more than 1,000
 * digits) become {@link NumberLiteral}s; numbers that are only written in another way than JavaScript would stay numbers, and
 * {@link stringifyExact} writes them as they were.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): ExactValue {
  const mark = literalCount();
  const written: WrittenNumber[] = [];
  const value = parseWithSource(text, function reviveNumber(key, parsed, { source }) {
    if (typeof parsed !== 'number' || source === undefined || String(parsed) === source) return parsed;
    if (!Number.isSafeInteger(parsed) && source.length <= BIGINT_DIGITS_MAX && INTEGER.test(source))
      return BigInt(source);
    if (!sameNumber(source, parsed)) return new NumberLiteral(source);
    written.push({ holder: this, key, value: parsed, source });
    return parsed;
  });
  if (written.length > 0 && typeof value === 'object' && value !== null) noteLiterals(value, written);
  return { value, mark };
}

/**
 * Parses a text that may be one JSON object, as {@link parseExact} does. Made for texts that often are none: nothing is thrown, and
 * the reviver, which costs several times what the parser does, is used only where some number wants it.
 *
 * @returns undefined where the text is not one JSON object, or one that is nested too deep to be indexed
 */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const flags = scanJsonText(text);
  if (flags < 0) return undefined;
  const value = (flags & HAS_EXOTIC_NUMBER) === 0 ? (JSON.parse(text) as unknown) : parseExact(text).value;
  return value as Record<string, unknown>;
}

/** Whether the decimal number in `source` is, digit by digit, the number that JavaScript prints for `value`. */
function sameNumber(source: string, value: number): boolean {
  return Number.isFinite(value) && normalised(source) === normalised(String(value));
}

/** Sign, significant digits and power of ten of a decimal number's text. */
function normalised(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = whole + fraction;
  // By hand: a regular expression for zeros at the end begins anew at every zero.
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
 * The JSON text of an event, with BigInt as digits, and numbers as they were written wherever they still stand unchanged: in the object
 * that they were parsed into, or under the same key of a copy. Changes nothing of the event.
 *
 * @param exact what the event was, or was made of
 * @throws TypeError where the value is cyclic or has no JSON form
 */
export function stringifyExact(event: object, exact?: ExactValue): string {
  const mayHaveLiterals = literalCount() !== (exact?.mark ?? 0) || hasLiterals(event);
  const value = mayHaveLiterals ? withLiterals(event, exact?.value) : event;
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A BigInt is the one thing that JSON.stringify refuses and that has a JSON form.
    if (!(error instanceof TypeError) || !error.message.includes('BigInt')) throw error;
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'bigint' ? rawJson(inner.toString()) : inner,
    );
  }
}
