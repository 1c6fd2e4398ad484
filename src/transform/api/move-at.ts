import { deleteAt, fieldAt, holderOf, lastKey, setAt } from '../../codec/field-path.ts';
import { carryLiteral } from '../../codec/literals.ts';
import type { Event } from './event.ts';

/**
 * Moves the value at a dotted path to another path, of the same event or of another one. An unchanged number
 * keeps its literal.
 *
 * @param value replaces the value on the way
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
