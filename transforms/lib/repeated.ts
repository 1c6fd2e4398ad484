import { type Event, define } from 'logweir';

/** Sets a field; the values of a repeated field become a list. */
export function addRepeated(found: Event, key: string, value: unknown): void {
  const there = Object.hasOwn(found, key) ? found[key] : undefined;
  if (there === undefined) define(found, key, value);
  else if (Array.isArray(there)) there.push(value);
  else define(found, key, [there, value]);
}
