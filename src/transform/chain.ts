import type { Event, RecordInfo, ReduceTransform, TransformFunction, TransformResult } from './api.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { define } from '../codec/field-path.ts';
import { messageOf } from '../errors.ts';
import { isRawJson, noteCopy } from '../codec/exact-json.ts';
import { copyTarget } from './route.ts';
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

const RETIRE_CHECK_MS = 20;
/** A transform that does not close in time is left as it is. */
const CLOSE_MS = 5000;

/** Told about every error of a transform, whatever its `on_error`. */
export type OnStepError = (step: string, policy: OnError, error: Error) => void;

/** The user's transforms in order. Sync transforms never await. */
export class Chain {
  readonly steps: readonly Step[];
  readonly onError: OnStepError;
  #watch: RecordWatch | null = null;
  #pending = 0;

  constructor(steps: readonly Step[], onError: OnStepError) {
    this.steps = steps;
    this.onError = onError;
  }

  /** Runs one event through the chain. Never throws, and the promise never rejects. */
  run(event: Event, record: RecordInfo): ChainResult | Promise<ChainResult> {
    return this.goOn(0, event, record);
  }

  /** As {@link run}, from the transform at that place on: for an event that was made of several. */
  goOn(step: number, event: Event, record: RecordInfo): ChainResult | Promise<ChainResult> {
    const result = this.#from(step, { events: [event], failures: NONE, waiting: NONE }, record);
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
    if (at !== undefined) this.#failed(at, thrown, undefined, [], result);
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
  #from(first: number, progress: Progress, record: RecordInfo): ChainResult | Promise<ChainResult> {
    for (let index = first; index < this.steps.length; index++) {
      const step = this.steps[index] as Step;
      const { events } = progress;
      let next: Event[] = [];
      for (let at = 0; at < events.length; at++) {
        const event = events[at] as Event;
        let before: Event | undefined;
        try {
          if (step.onError === 'keep') before = cloneEvent(event);
          this.#watch?.enter(index, record);
          if (step.reduce !== undefined) {
            const key = step.reduce.key(event, record);
            if (key === undefined) next.push(event);
            else noteWaiting(progress, { step: index, key, event });
            continue;
          }
          const result = step.run(event, record);
          if (result instanceof Promise)
            return this.#afterAsync(index, at, next, progress, record, result, before);
          // Mostly it is the one that was given, and that is an event.
          if (result !== event) collect(result, next);
          else if (events.length === 1) next = events;
          else next.push(event);
        } catch (error) {
          this.#failed(step, error, before, next, progress);
        }
      }
      progress.events = next;
      if (next.length === 0) break;
    }
    return progress;
  }

  /** Goes on behind the first promise: the rest of this step's events, then the following steps. */
  async #afterAsync(
    index: number,
    at: number,
    next: Event[],
    progress: Progress,
    record: RecordInfo,
    pending: Promise<TransformResult>,
    snapshot: Event | undefined,
  ): Promise<ChainResult> {
    const step = this.steps[index] as Step;
    const { events } = progress;
    let result = pending;
    let before = snapshot;
    for (let current = at; ;) {
      try {
        collect(await inTime(result, step.timeoutMs), next);
      } catch (error) {
        this.#failed(step, error, before, next, progress);
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
    progress.events = next;
    const rest = this.#from(index + 1, progress, record);
    this.#watch?.leave();
    return rest;
  }

  #failed(step: Step, thrown: unknown, before: Event | undefined, next: Event[], progress: Progress): void {
    const error = asError(thrown);
    this.onError(step.name, step.onError, error);
    if (step.onError === 'keep' && before !== undefined) next.push(before);
    else if (step.onError !== 'drop') {
      // What cannot even be copied cannot be kept.
      const policy = step.onError === 'hold' ? 'hold' : 'dead_letter';
      if (progress.failures === NONE) progress.failures = [];
      progress.failures.push({ step: step.name, policy, error });
    }
  }
}

function noteWaiting(progress: Progress, waiting: Waiting): void {
  if (progress.waiting === NONE) progress.waiting = [];
  progress.waiting.push(waiting);
}

/** @throws Error where the promise has not come to an end in time; what it says later is not heard */
async function inTime<T>(result: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
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
  copyTarget(value as Event, copy);
  for (const key of Object.keys(value)) define(copy, key, cloneValue((value as Event)[key]));
  return copy;
}

/** What was thrown, as an error whose message is a text, whatever user code has made of it. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error && typeof (thrown.message as unknown) === 'string') return thrown;
  return new Error(messageOf(thrown), { cause: thrown });
}
