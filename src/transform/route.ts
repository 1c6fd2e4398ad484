import type { Event } from './api.ts';

/** A symbol, so that it is no field of the document, and goes along where the event is copied with `{ ...event }`. */
const TARGET: unique symbol = Symbol('logweir target');

/**
 * Sends this one event to another index (or, with `mode: data_stream`, to another data stream) than the configuration says.
 * What of the name Elasticsearch would not accept is made fit for it.
 *
 * @returns the same event
 * @throws TypeError where the name is no text, or empty
 */
export function routeTo<E extends Event>(event: E, index: string): E {
  if (typeof (index as unknown) !== 'string' || index === '')
    throw new TypeError(`an index must be named by a text that is not empty, not ${JSON.stringify(index)}`);
  (event as Record<symbol, unknown>)[TARGET] = index;
  return event;
}

/** Where {@link routeTo} has sent it, if it has. */
export function targetOf(event: Event): string | undefined {
  return (event as Record<symbol, string | undefined>)[TARGET];
}

/** A copy that was made key by key goes where the original would. */
export function copyTarget(from: Event, to: Event): void {
  const target = targetOf(from);
  if (target !== undefined) routeTo(to, target);
}
