import { isRawJson } from 'logweir';

/** The text of a text or a number, with all the digits that the number has; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return isRawJson(value) ? value.rawJSON : undefined;
}
