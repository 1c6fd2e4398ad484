import { deleteAt, fieldAt, holderOf, lastKey, setAt } from '../codec/field-path.ts';
import { carryLiteral } from '../codec/literals.ts';
import type { Event } from './api.ts';

/**
 * Moves what is at a dotted path to another, of the same event or of another one. A number that nobody changes on the way leaves as it was
 * written.
 *
 * @param value what is put there instead, if something else is
 */
export function moveAt(
  from: Event,
  path: string,
  to: Event,
  toPath: string,
  value = fieldAt(from, path),
): void {
  const before = holderOf(from, path);
  const key = lastKey(from, path);
  deleteAt(from, path);
  setAt(to, toPath, value);
  const after = holderOf(to, toPath);
  if (before !== undefined && after !== undefined) carryLiteral(before, key, after, lastKey(to, toPath));
}
