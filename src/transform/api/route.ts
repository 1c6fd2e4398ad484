import type { Event } from './event.ts';

/** A symbol: it is not a field of the document, and `{ ...event }` copies it. */
const TARGET: unique symbol = Symbol('logweir target');

/**
 * Sends this event to another index (or, with `mode: data_stream`, to another data stream) than the
 * configured one. Characters that Elasticsearch does not accept in the name are replaced.
 *
 * @returns the same event
 * @throws TypeError if the name is not a string, or is empty
 */
export function routeTo<E extends Event>(event: E, index: string): E {
  if (typeof (index as unknown) !== 'string' || index === '')
    throw new TypeError(`the name of an index must be a non-empty string, not ${JSON.stringify(index)}`);
  (event as Record<symbol, unknown>)[TARGET] = index;
  return event;
}

/** The target set by {@link routeTo}, if any. */
export function targetOf(event: Event): string | undefined {
  return (event as Record<symbol, string | undefined>)[TARGET];
}

/** Gives a copy that was made key by key the target of its original. */
export function copyTarget(from: Event, to: Event): void {
  const target = targetOf(from);
  if (target !== undefined) routeTo(to, target);
}
