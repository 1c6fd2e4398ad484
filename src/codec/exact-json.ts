/**
 * JSON in and out without losing digits (promise P5). `JSON.parse` alone rounds integers beyond 2^53 and forgets how a
 * number was written; the reviver's `context.source` and `JSON.rawJSON` (Node 24) keep both.
 */

import { HAS_EXOTIC_NUMBER, scanJsonText } from './json-scan.ts';

/** An object whose text is put out as it is. `Number(value.rawJSON)` reads it. */
export interface RawJson {
  readonly rawJSON: string;
}

type Holder = Record<string, unknown>;

/** A number whose text JavaScript would print differently (`1.0`, `1E3`), where it stood and what it was. */
interface WrittenNumber {
  holder: object;
  key: string;
  value: number;
  source: string;
}

/** What {@link parseExact} found: the value, and numbers to be put out as they were written if nobody changed them. */
export interface ExactValue {
  readonly value: unknown;
  readonly written: readonly WrittenNumber[];
}

/** Of most events. */
export const NONE_WRITTEN: readonly WrittenNumber[] = [];

const INTEGER = /^-?\d+$/;

// Of TypeScript's library none declares these yet.
const json = JSON as unknown as {
  rawJSON: (this: void, text: string) => RawJson;
  isRawJSON: (this: void, value: unknown) => value is RawJson;
};
const rawJson = json.rawJSON;
export const isRawJson = json.isRawJSON;
type Reviver = (this: Holder, key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/**
 * Parses any JSON text. Integers beyond 2^53 become BigInt; numbers that no double can hold (`1e400`, 20 decimals) become
 * {@link RawJson}; numbers that are only written in another way than JavaScript would stay numbers and are listed.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): ExactValue {
  const written: WrittenNumber[] = [];
  const value = parseWithSource(text, function reviveNumber(key, parsed, { source }) {
    if (typeof parsed !== 'number' || source === undefined || String(parsed) === source) return parsed;
    if (INTEGER.test(source) && !Number.isSafeInteger(parsed)) return BigInt(source);
    if (!sameNumber(source, parsed)) return rawJson(source);
    written.push({ holder: this, key, value: parsed, source });
    return parsed;
  });
  return { value, written };
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
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${mantissa.startsWith('-') ? '-' : ''}${significant}e${power}`;
}

/**
 * The JSON text of an event, with BigInt as digits, and the numbers of `exact` as they were written wherever they still
 * stand unchanged: in the object that they were parsed into, or under the same key of a copied top level.
 *
 * @throws TypeError where the value is cyclic or has no JSON form
 */
export function stringifyExact(event: object, exact?: ExactValue): string {
  if (exact !== undefined && exact.written.length > 0) restoreWritten(event as Holder, exact);
  try {
    return JSON.stringify(event);
  } catch (error) {
    // A BigInt is the one thing that JSON.stringify refuses and that has a JSON form.
    if (!(error instanceof TypeError) || !error.message.includes('BigInt')) throw error;
    return JSON.stringify(event, (_key, value: unknown) =>
      typeof value === 'bigint' ? rawJson(value.toString()) : value,
    );
  }
}

const copies = new WeakMap<object, object[]>();

/** Says that `copy` was made of `original`: numbers that nobody changes keep their text in it too. */
export function noteCopy(original: object, copy: object): void {
  const known = copies.get(original);
  if (known === undefined) copies.set(original, [copy]);
  else known.push(copy);
}

function restoreWritten(event: Holder, exact: ExactValue): void {
  for (const { holder, key, value, source } of exact.written) {
    const targets = [holder === exact.value ? event : holder, ...(copies.get(holder) ?? [])] as Holder[];
    for (const target of targets) {
      if (Object.hasOwn(target, key) && Object.is(target[key], value)) target[key] = rawJson(source);
    }
  }
}
