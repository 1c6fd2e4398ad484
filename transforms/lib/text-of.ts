import { isRawJson } from 'logweir';

/** A text, or a number as text with all its digits; undefined for other values. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return isRawJson(value) ? value.rawJSON : undefined;
}
