import type { Event, RecordInfo, TransformFunction, TransformResult } from './api.ts';
import { messageOf } from '../errors.ts';
import { isRawJson, noteCopy } from '../codec/exact-json.ts';

/** What to do with an event when its transform throws, or returns what is no event. */
export type OnError = 'dead_letter' | 'drop' | 'keep' | 'hold';

/** One loaded transform of the chain. */
export interface Step {
  readonly name: string;
  readonly run: TransformFunction;
  readonly onError: OnError;
  readonly close: () => void | Promise<void>;
}

/** An event that a transform could not handle, where the record is to be dead-lettered or held. */
export interface Failure {
  readonly step: string;
  readonly policy: 'dead_letter' | 'hold';
  readonly error: Error;
}

/** What the chain made of one record. No events and no failures: it was dropped. */
export interface ChainResult {
  readonly events: Event[];
  readonly failures: Failure[];
}

/** Told about every error of a transform, whatever its `on_error`. */
export type OnStepError = (step: string, policy: OnError, error: Error) => void;

/** Told which transform has which record in hand, for the case that it never comes back. */
export interface ChainWatch {
  enter(step: number, record: RecordInfo): void;
  leave(): void;
}

/** The user's transforms in order. Sync transforms never await. */
export class Chain {
  readonly steps: readonly Step[];
  readonly #onError: OnStepError;
  #watch: ChainWatch | null = null;

  constructor(steps: readonly Step[], onError: OnStepError) {
    this.steps = steps;
    this.#onError = onError;
  }

  /** Runs one event through the chain. Never throws, and the promise never rejects. */
  run(event: Event, record: RecordInfo): ChainResult | Promise<ChainResult> {
    const result = this.#from(0, [event], [], record);
    this.#watch?.leave();
    return result;
  }

  watch(watch: ChainWatch): void {
    this.#watch = watch;
  }

  /** Lets every transform release what it holds; one that fails does not keep the others from it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.steps.map(async (step) => step.close()));
  }

  #from(
    first: number,
    input: Event[],
    failures: Failure[],
    record: RecordInfo,
  ): ChainResult | Promise<ChainResult> {
    let events = input;
    for (let index = first; index < this.steps.length; index++) {
      const step = this.steps[index] as Step;
      const next: Event[] = [];
      for (let at = 0; at < events.length; at++) {
        const event = events[at] as Event;
        let before: Event | undefined;
        try {
          if (step.onError === 'keep') before = cloneEvent(event);
          this.#watch?.enter(index, record);
          const result = step.run(event, record);
          if (result instanceof Promise)
            return this.#afterAsync(index, events, at, next, failures, record, result, before);
          collect(result, next);
        } catch (error) {
          this.#failed(step, error, before, next, failures);
        }
      }
      events = next;
      if (events.length === 0) break;
    }
    return { events, failures };
  }

  /** Goes on behind the first promise: the rest of this step's events, then the following steps. */
  async #afterAsync(
    index: number,
    events: readonly Event[],
    at: number,
    next: Event[],
    failures: Failure[],
    record: RecordInfo,
    pending: Promise<TransformResult>,
    snapshot: Event | undefined,
  ): Promise<ChainResult> {
    const step = this.steps[index] as Step;
    let result = pending;
    let before = snapshot;
    for (let current = at; ;) {
      try {
        collect(await result, next);
      } catch (error) {
        this.#failed(step, error, before, next, failures);
      }
      if (++current >= events.length) break;
      const event = events[current] as Event;
      before = undefined;
      try {
        if (step.onError === 'keep') before = cloneEvent(event);
        this.#watch?.enter(index, record);
        result = callAsync(step, event, record);
        this.#watch?.leave();
      } catch (error) {
        result = Promise.reject(error);
      }
    }
    const rest = this.#from(index + 1, next, failures, record);
    this.#watch?.leave();
    return rest;
  }

  #failed(step: Step, thrown: unknown, before: Event | undefined, next: Event[], failures: Failure[]): void {
    const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown));
    this.#onError(step.name, step.onError, error);
    if (step.onError === 'keep' && before !== undefined) next.push(before);
    else if (step.onError !== 'drop') {
      // What cannot even be copied cannot be kept.
      failures.push({ step: step.name, policy: step.onError === 'hold' ? 'hold' : 'dead_letter', error });
    }
  }
}

async function callAsync(step: Step, event: Event, record: RecordInfo): Promise<TransformResult> {
  return step.run(event, record);
}

/**
 * Puts what a transform returned into `into`.
 *
 * @throws TypeError where it is no event
 */
export function collect(result: unknown, into: Event[]): void {
  if (result === undefined || result === null) return;
  if (!Array.isArray(result)) {
    into.push(asEvent(result));
    return;
  }
  // All or nothing: an array with one bad element is an error of the whole call.
  const events = Array.from(result as readonly unknown[], asEvent);
  for (const event of events) into.push(event);
}

function asEvent(value: unknown): Event {
  if (typeof value === 'object' && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if ((prototype === Object.prototype || prototype === null) && !isRawJson(value)) return value as Event;
  }
  throw new TypeError(
    `returned ${nameOf(value)}; an event must be a plain object (or an array of them, or undefined)`,
  );
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : `a ${typeof value}`;
  const { constructor } = value as { constructor?: { name?: string } };
  return `an instance of ${typeof constructor === 'function' ? constructor.name : 'an unknown class'}`;
}

/** A deep copy of plain objects and arrays; everything else (RawJson, bigint, a Date) is shared. */
function cloneEvent(event: Event): Event {
  return cloneValue(event) as Event;
}

function cloneValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  if (Array.isArray(value)) {
    const list = value.map(cloneValue);
    noteCopy(value, list);
    return list;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Event = {};
  noteCopy(value, copy);
  for (const key of Object.keys(value)) {
    // Not `copy[key] =`: a key named __proto__ is data.
    Object.defineProperty(copy, key, {
      value: cloneValue((value as Event)[key]),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}
