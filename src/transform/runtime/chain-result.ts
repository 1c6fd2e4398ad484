import { messageOf } from '../../errors.ts';
import type { LazyEvent } from '../../codec/lazy-event.ts';
import type { Event } from '../api/api.ts';

/** A failed event whose record is to be dead-lettered or blocked. */
export interface Failure {
  readonly step: string;
  readonly policy: 'dead_letter' | 'hold';
  readonly error: Error;
}

/** An event that has reached an aggregating transform. */
export interface Waiting {
  readonly step: number;
  readonly key: string;
  readonly event: Event;
}

/** The result of the chain for one record. If all three lists are empty, the record was dropped. */
export interface ChainResult {
  readonly events: readonly Event[];
  readonly failures: readonly Failure[];
  readonly waiting: readonly Waiting[];
}

/** A {@link ChainResult} under construction: `events` go on to the next step. */
export interface Progress extends ChainResult {
  events: Event[];
  failures: Failure[];
  waiting: Waiting[];
}

/** Shared by all empty lists, so that most events allocate none. Never modified. */
export const NONE: never[] = [];

/** An event that does not reach the next step: it has failed, or waits for other events. */
export class Aside {
  readonly failure: Failure | undefined;
  readonly waiting: Waiting | undefined;

  constructor(failure: Failure | undefined, waiting: Waiting | undefined) {
    this.failure = failure;
    this.waiting = waiting;
  }
}

/** The result of a step for one event. An array is a copy that the chain may keep. */
export type Made = Event[] | Aside;

/** Awaits the results of a step, and replaces its events by them. */
export async function gather(made: readonly (Made | Promise<Made>)[], progress: Progress): Promise<void> {
  const events: Event[] = [];
  for (const one of await Promise.all(made.map(async (each) => each))) note(one, events, progress);
  progress.events = events;
}

export function note(made: Made, events: Event[], progress: Progress): void {
  if (Array.isArray(made)) for (const event of made) events.push(event);
  else {
    const { failure, waiting } = made;
    if (failure !== undefined) (progress.failures = ownList(progress.failures)).push(failure);
    if (waiting !== undefined) (progress.waiting = ownList(progress.waiting)).push(waiting);
  }
}

function ownList<T>(list: T[]): T[] {
  return list === NONE ? [] : list;
}

/** Materialises the event: the next transform does not accept lazy events. */
export function makePlain(progress: Progress, lazy: LazyEvent): void {
  progress.events = progress.events.map((event) => (event === lazy.value ? lazy.plain() : event));
}

/** The thrown value as an error whose message is a string: user code may throw anything. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error && typeof (thrown.message as unknown) === 'string') return thrown;
  return new Error(messageOf(thrown), { cause: thrown });
}
