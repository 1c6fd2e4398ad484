import { define } from '../codec/field-path.ts';
import type { Event } from './api.ts';
import { type MergeOptions, mergeInto } from './merge-into.ts';
import { textAt } from './parser-options.ts';

export interface PairSyntax {
  /** Between two pairs; several in a row count as one. One character. */
  readonly between: string;
  /** Between a key and its value. One character. */
  readonly assign: string;
}

/**
 * Reads `key=value key="quoted value"` from left to right, each character once. Words without a value are passed over. In quotes
 * a backslash stands before a quote, a backslash, `n`, `r` and `t`; quotes that are never closed are text.
 *
 * @returns undefined where there is no pair at all
 */
export function parsePairs(text: string, { between, assign }: PairSyntax): Event | undefined {
  const found: Event = {};
  let count = 0;
  for (let at = 0; at < text.length;) {
    if (text[at] === between) {
      at++;
      continue;
    }
    const start = at;
    while (at < text.length && text[at] !== between && text[at] !== assign) at++;
    const key = text.slice(start, at).trim();
    if (text[at] !== assign) continue;
    at++;
    const [value, end] = readValue(text, at, between);
    at = end;
    if (key === '') continue;
    define(found, key, value);
    count++;
  }
  return count === 0 ? undefined : found;
}

function readValue(text: string, start: number, between: string): [value: string, end: number] {
  if (text[start] === '"') {
    const end = closingQuote(text, start + 1);
    if (end !== -1) return [unescape(text.slice(start + 1, end)), end + 1];
  }
  const end = text.indexOf(between, start);
  return end === -1 ? [text.slice(start), text.length] : [text.slice(start, end), end];
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\(.)/g, (whole, letter: string) => {
    if (letter === '"' || letter === '\\') return letter;
    return ESCAPES[letter] ?? whole;
  });
}

/** Parses a field of the event and merges its pairs into it; without any pair the event stays as it is. */
export function parsePairsIn(
  event: Event,
  syntax: PairSyntax,
  options: MergeOptions & { readonly field: string },
): Event {
  const text = textAt(event, options.field);
  const parsed = text === undefined ? undefined : parsePairs(text, syntax);
  return parsed === undefined ? event : mergeInto(event, parsed, options);
}
