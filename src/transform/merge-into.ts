import { lazyOf } from '../codec/lazy-event.ts';
import { define, hasKey, setAt } from '../codec/field-path.ts';
import { carryLiteral } from '../codec/literals.ts';
import type { Event } from './api.ts';

export interface MergeOptions {
  /** A dotted path under which it goes; the top level of the event if left out. */
  readonly target?: string | undefined;
  /** Whether what is merged replaces what is there already. Matters at the top level only. */
  readonly overwrite: boolean;
}

/** Puts what was parsed out of an event into it. @returns the event */
export function mergeInto(event: Event, parsed: Event, { target, overwrite }: MergeOptions): Event {
  if (target !== undefined) {
    setAt(event, target, parsed);
    return event;
  }
  const isAdded = lazyOf(event)?.add(parsed) === true;
  for (const key of Object.keys(parsed)) {
    if (!isAdded) {
      if (!overwrite && hasKey(event, key)) continue;
      define(event, key, parsed[key]);
    }
    carryLiteral(parsed, key, event, key);
  }
  return event;
}
