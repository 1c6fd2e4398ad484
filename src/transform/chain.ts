import type { Event, RecordInfo, ReduceTransform, TransformFunction } from './api.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { LazyEvent } from '../codec/lazy-event.ts';
import { messageOf } from '../errors.ts';
import { cloneEvent, returnedEvents } from './events.ts';
import { inTime } from './in-time.ts';
import type { RecordWatch } from './record-watch.ts';

/** What to do with an event when its transform throws, or returns what is no event. */
export type OnError = 'dead_letter' | 'drop' | 'keep' | 'hold';

/** One loaded transform of the chain. */
export interface Step {
  readonly name: string;
  /** What it does with an event; for one that reduces see {@link Step.reduce}. */
  readonly run: TransformFunction;
  /** Makes one event of several. `run` is not called then: whoever runs the chain keeps them together. */
  readonly reduce?: ReduceTransform;
  /** Whether it can do with a lazy event; see `lazy` of `TransformDefinition`. */
  readonly lazy?: boolean;
  readonly onError: OnError;
  /** How long a promise of it may take. */
  readonly timeoutMs: number;
  readonly close: () => void | Promise<void>;
}

/** An event that a transform could not handle, where the record is to be dead-lettered or held. */
export interface Failure {
  readonly step: string;
  readonly policy: 'dead_letter' | 'hold';
  readonly error: Error;
}

/** An event that has come to a transform that makes one of several. */
export interface Waiting {
  readonly step: number;
  readonly key: string;
  readonly event: Event;
}

/** What the chain made of one record. Nothing at all: it was dropped. */
export interface ChainResult {
  readonly events: readonly Event[];
  readonly failures: readonly Failure[];
  readonly waiting: readonly Waiting[];
}

/** A {@link ChainResult} in the making: what is set aside on an event's way. */
interface Progress extends ChainResult {
  events: Event[];
  failures: Failure[];
  waiting: Waiting[];
}

/** Nothing is allocated for what most events do not need, and nothing is ever put in here. */
const NONE: never[] = [];

/** An event that does not go on from a step: it has failed, or waits for others. */
class Aside {
  readonly failure: Failure | undefined;
  readonly waiting: Waiting | undefined;

  constructor(failure: Failure | undefined, waiting: Waiting | undefined) {
    this.failure = failure;
    this.waiting = waiting;
  }
}

/** What a step makes of one event. Arrays are our own. */
type Made = Event[] | Aside;

const RETIRE_CHECK_MS = 20;
/** A transform that does not close in time is left as it is. */
const CLOSE_MS = 5000;

/** Told about every error of a transform, whatever its `on_error`. */
export type OnStepError = (step: string, policy: OnError, error: Error) => void;

/** The user's transforms in order. Sync transforms never await. */
export class Chain {
  readonly steps: readonly Step[];
  readonly onError: OnStepError;
  /** By the number of a step whether it is given lazy events: to keep an event as it was needs a copy, and groups wait for long. */
  readonly #isLazy: readonly boolean[];
  #watch: RecordWatch | null = null;
  #pending = 0;

  constructor(steps: readonly Step[], onError: OnStepError) {
    this.steps = steps;
    this.onError = onError;
    this.#isLazy = steps.map(
      ({ lazy, reduce, onError: policy }) => lazy === true && reduce === undefined && policy !== 'keep',
    );
  }

  /** Whether its first transform can do with a lazy event. */
  get beginsLazily(): boolean {
    return this.#isLazy[0] ?? true;
  }

  /**
   * Runs one event through the chain. Never throws, and the promise never rejects.
   *
   * @param lazy the traps of the event, where it is lazy
   */
  run(event: Event, record: RecordInfo, lazy?: LazyEvent): ChainResult | Promise<ChainResult> {
    return this.goOn(0, event, record, lazy);
  }

  /** As {@link run}, from the transform at that place on: for an event that was made of several. */
  goOn(step: number, event: Event, record: RecordInfo, lazy?: LazyEvent): ChainResult | Promise<ChainResult> {
    const result = this.#from(step, { events: [event], failures: NONE, waiting: NONE }, record, lazy);
    this.#watch?.leave();
    if (!(result instanceof Promise)) return result;
    this.#pending++;
    return result.finally(() => this.#pending--);
  }

  /** Runs what else a transform has, a `merge` for one, under the eyes of whoever watches that it comes back. */
  watched<T>(step: number, record: RecordInfo, run: () => T): T {
    this.#watch?.enter(step, record);
    try {
      return run();
    } finally {
      this.#watch?.leave();
    }
  }

  /** What a failing `merge` of a transform leaves. */
  failed(step: number, thrown: unknown): ChainResult {
    const result: Progress = { events: [], failures: NONE, waiting: NONE };
    const at = this.steps[step];
    if (at !== undefined) note(this.#failed(at, thrown, undefined), result.events, result);
    return result;
  }

  /** Closes when what it is still doing is done: another chain takes the records from now on. */
  async retire(): Promise<void> {
    const deadline = performance.now() + this.steps.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
    while (this.#pending > 0 && performance.now() < deadline) await delay(RETIRE_CHECK_MS);
    await this.close();
  }

  watch(watch: RecordWatch): void {
    this.#watch = watch;
  }

  /** Lets every transform release what it holds; one that fails does not keep the others from it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.steps.map(async (step) => inTime(Promise.resolve(step.close()), CLOSE_MS)));
  }

  /** Runs the events of `progress` through the steps from `first` on. */
  #from(
    first: number,
    progress: Progress,
    record: RecordInfo,
    lazy: LazyEvent | undefined,
  ): ChainResult | Promise<ChainResult> {
    let lazyLeft = lazy;
    for (let index = first; index < this.steps.length && progress.events.length > 0; index++) {
      if (lazyLeft !== undefined && this.#isLazy[index] !== true) {
        makePlain(progress, lazyLeft);
        lazyLeft = undefined;
      }
      const late = this.#step(index, progress, record);
      if (late !== undefined) return this.#goOnLate(index + 1, late, progress, record, lazyLeft);
    }
    return progress;
  }

  async #goOnLate(
    next: number,
    before: Promise<void>,
    progress: Progress,
    record: RecordInfo,
    lazy: LazyEvent | undefined,
  ): Promise<ChainResult> {
    await before;
    const rest = this.#from(next, progress, record, lazy);
    this.#watch?.leave();
    return rest;
  }

  /**
   * Starts all events of a step before it waits for any. What comes out is in the order of the events, whichever was ready first.
   *
   * @returns a promise where it has to be waited for
   */
  #step(index: number, progress: Progress, record: RecordInfo): Promise<void> | undefined {
    const { events } = progress;
    // Nothing is noted for as long as each event is given back, which is what most transforms do.
    let next: Event[] | undefined;
    let late: (Made | Promise<Made>)[] | undefined;
    for (let at = 0; at < events.length; at++) {
      const event = events[at] as Event;
      const one = this.#one(index, event, record);
      if (late !== undefined) late.push(one ?? [event]);
      else if (one === undefined) next?.push(event);
      else if (one instanceof Promise) late = [next ?? events.slice(0, at), one];
      else if (events.length === 1 && Array.isArray(one)) next = one;
      else note(one, (next ??= events.slice(0, at)), progress);
    }
    if (late !== undefined) return gather(late, progress);
    if (next !== undefined) progress.events = next;
    return undefined;
  }

  /**
   * One event through one step. Never throws, and the promise never rejects.
   *
   * @returns undefined for the very event that was given
   */
  #one(index: number, event: Event, record: RecordInfo): Made | Promise<Made> | undefined {
    const step = this.steps[index] as Step;
    let before: Event | undefined;
    try {
      if (step.onError === 'keep') before = cloneEvent(event);
      this.#watch?.enter(index, record);
      if (step.reduce !== undefined) {
        const key = step.reduce.key(event, record);
        return key === undefined ? undefined : new Aside(undefined, { step: index, key, event });
      }
      const result = step.run(event, record);
      if (result === event) return undefined;
      return result instanceof Promise ? this.#late(step, result, before) : returnedEvents(result);
    } catch (error) {
      return this.#failed(step, error, before);
    }
  }

  async #late(step: Step, pending: Promise<unknown>, before: Event | undefined): Promise<Made> {
    try {
      return returnedEvents(await inTime(pending, step.timeoutMs));
    } catch (error) {
      return this.#failed(step, error, before);
    }
  }

  #failed({ name, onError }: Step, thrown: unknown, before: Event | undefined): Made {
    const error = asError(thrown);
    this.onError(name, onError, error);
    if (onError === 'keep' && before !== undefined) return [before];
    if (onError === 'drop') return NONE;
    // What cannot even be copied cannot be kept.
    return new Aside({ step: name, policy: onError === 'hold' ? 'hold' : 'dead_letter', error }, undefined);
  }
}

/** Waits for what became of the events of a step, and puts it in their place. */
async function gather(made: readonly (Made | Promise<Made>)[], progress: Progress): Promise<void> {
  const events: Event[] = [];
  for (const one of await Promise.all(made.map(async (each) => each))) note(one, events, progress);
  progress.events = events;
}

function note(made: Made, events: Event[], progress: Progress): void {
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

/** A transform that knows nothing of lazy events is next. */
function makePlain(progress: Progress, lazy: LazyEvent): void {
  progress.events = progress.events.map((event) => (event === lazy.value ? lazy.plain() : event));
}

/** What was thrown, as an error whose message is a text, whatever user code has made of it. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error && typeof (thrown.message as unknown) === 'string') return thrown;
  return new Error(messageOf(thrown), { cause: thrown });
}
