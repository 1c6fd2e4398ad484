import { asString } from './types.ts';

/** The last part of a path; null for the root. */
export function basename(value: unknown): string | null {
  const parts = asString(value)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  return parts.at(-1) ?? null;
}

/** The path without its last part: `.` for a plain name. */
export function dirname(value: unknown): string {
  const text = asString(value).replace(/\/+$/, '');
  const cut = text.lastIndexOf('/');
  if (text === '' || cut === 0) return '/';
  return cut < 0 ? '.' : text.slice(0, cut).replace(/\/+$/, '');
}
