import type { Event, RecordInfo, ReduceTransform, TransformFunction } from '../api/api.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { LazyEvent } from '../../codec/lazy-event.ts';
import { cloneEvent, returnedEvents } from './events.ts';
import {
  Aside,
  type ChainResult,
  type Made,
  NONE,
  type Progress,
  asError,
  gather,
  makePlain,
  note,
} from './chain-result.ts';
import { inTime } from './in-time.ts';
import type { RecordWatch } from './record-watch.ts';
import {
  NOT_TIMED,
  StepCounts,
  type TransformCounts,
  type TransformTotals,
  distinctNames,
} from './transform-counts.ts';

export type { ChainResult, Failure, Waiting } from './chain-result.ts';

/** The treatment of an event whose transform throws or does not return an event. */
export type OnError = 'dead_letter' | 'drop' | 'keep' | 'hold';

/** One loaded transform of the chain. */
export interface Step {
  readonly name: string;
  /** Transforms one event. Not called if {@link Step.reduce} is set. */
  readonly run: TransformFunction;
  /** Aggregates several events into one. The caller of the chain collects the groups. */
  readonly reduce?: ReduceTransform;
  /** Whether it accepts lazy events; see `lazy` of `TransformDefinition`. */
  readonly lazy?: boolean;
  readonly onError: OnError;
  /** The time limit for a promise that it returns. */
  readonly timeoutMs: number;
  readonly close: () => void | Promise<void>;
}

const RETIRE_CHECK_MS = 20;
/** The time limit for closing a transform. */
const CLOSE_MS = 5000;

/** Receives every error of a transform, under its name in {@link Chain.names}; of an aggregate, no record. */
export type OnStepError = (step: string, policy: OnError, error: Error, record?: RecordInfo) => void;

/** The user's transforms in order. Synchronous transforms never await. */
export class Chain {
  readonly steps: readonly Step[];
  readonly onError: OnStepError;
  /** The names of the steps; repeated ones have a number. */
  readonly names: readonly string[];
  /** The counts of each step. */
  #counts: readonly StepCounts[];
  /**
   * Whether each step receives lazy events. `keep` needs a copy, and the events of groups outlive the call,
   * so both need plain events.
   */
  readonly #isLazy: readonly boolean[];
  #watch: RecordWatch | null = null;
  #pending = 0;

  constructor(steps: readonly Step[], onError: OnStepError) {
    this.steps = steps;
    this.onError = onError;
    this.names = distinctNames(steps.map(({ name }) => name));
    this.#counts = steps.map(() => new StepCounts());
    this.#isLazy = steps.map(
      ({ lazy, reduce, onError: policy }) => lazy === true && reduce === undefined && policy !== 'keep',
    );
  }

  /** Whether its first transform accepts lazy events. */
  get startsLazily(): boolean {
    return this.#isLazy[0] ?? true;
  }

  /**
   * Runs one event through the chain. Never throws, and the promise never rejects.
   *
   * @param lazy the proxy handler of the event, if the event is lazy
   */
  run(event: Event, record: RecordInfo, lazy?: LazyEvent): ChainResult | Promise<ChainResult> {
    return this.resume(0, event, record, lazy);
  }

  /** As {@link run}, but starts at `step`: for an aggregated event. */
  resume(
    step: number,
    event: Event,
    record: RecordInfo,
    lazy?: LazyEvent,
  ): ChainResult | Promise<ChainResult> {
    const result = this.#from(step, { events: [event], failures: NONE, waiting: NONE }, record, lazy);
    this.#watch?.leave();
    if (!(result instanceof Promise)) return result;
    this.#pending++;
    return result.finally(() => this.#pending--);
  }

  /** Counts the events of each step under its name from now on. */
  countIn(counts: TransformCounts): void {
    this.#counts = this.names.map((name) => counts.of(name));
  }

  /** The counts of each step, in order. */
  totals(): TransformTotals[] {
    return this.names.map((name, step) => this.#countsOf(step).totals(name));
  }

  /** Runs another function of a transform (`starts`, for example) under the watchdog. */
  watched<T>(step: number, record: RecordInfo, run: () => T): T {
    this.#watch?.enter(step, record);
    try {
      return run();
    } finally {
      this.#watch?.leave();
    }
  }

  /** As {@link watched}, for a function that makes an event. */
  merged<T>(step: number, record: RecordInfo, run: () => T): T {
    const counts = this.#countsOf(step);
    const started = performance.now();
    try {
      const result = this.watched(step, record, run);
      counts.out++;
      return result;
    } finally {
      counts.end(started, 1);
    }
  }

  /** The result of a failed `merge`. */
  failed(step: number, thrown: unknown): ChainResult {
    const result: Progress = { events: [], failures: NONE, waiting: NONE };
    if (step < this.steps.length) note(this.#failed(step, thrown, undefined), result.events, result);
    return result;
  }

  /** Closes after its pending calls have ended: another chain processes the records from now on. */
  async retire(): Promise<void> {
    const deadline = performance.now() + this.steps.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
    while (this.#pending > 0 && performance.now() < deadline) await delay(RETIRE_CHECK_MS);
    await this.close();
  }

  watch(watch: RecordWatch): void {
    this.#watch = watch;
  }

  /** Closes every transform; the failure of one does not prevent the others from closing. */
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
      if (late !== undefined) return this.#resumeLate(index + 1, late, progress, record, lazyLeft);
    }
    return progress;
  }

  /** Separate from {@link #from}, like {@link #late}: closures would slow down synchronous transforms. */
  async #resumeLate(
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
   * Starts all events of a step before it awaits any. The results are in the order of the events.
   *
   * Synchronous and asynchronous results have a form of their own on purpose: the loop writes the former into
   * the next step's list, and only the latter are collected and awaited by {@link gather}. One form for both,
   * a list of results in any case, was measured: it costs 15 % of the events/s of 1→N transforms.
   *
   * @returns a promise if a result is asynchronous
   */
  #step(index: number, progress: Progress, record: RecordInfo): Promise<void> | undefined {
    const { events } = progress;
    // No list is allocated while each event is returned unchanged, as by most transforms.
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
   * Runs one event through one step. Never throws, and the promise never rejects.
   *
   * @returns undefined if the step returns the same event
   */
  #one(index: number, event: Event, record: RecordInfo): Made | Promise<Made> | undefined {
    const step = this.steps[index] as Step;
    const counts = this.#counts[index] as StepCounts;
    let before: Event | undefined;
    let started = NOT_TIMED;
    try {
      started = counts.begin();
      if (step.onError === 'keep') before = cloneEvent(event);
      this.#watch?.enter(index, record);
      if (step.reduce !== undefined) return this.#waiting(index, step.reduce, event, record);
      const result = step.run(event, record);
      if (result instanceof Promise) return this.#late(index, result, before, started, record);
      counts.end(started, counts.weight);
      started = NOT_TIMED;
      if (result !== event) return counts.returned(returnedEvents(result));
      counts.out++;
      return undefined;
    } catch (error) {
      counts.end(started, counts.weight);
      return this.#failed(index, error, before, record);
    }
  }

  #waiting(index: number, reduce: ReduceTransform, event: Event, record: RecordInfo): Aside | undefined {
    const key = reduce.key(event, record);
    if (key !== undefined) return new Aside(undefined, { step: index, key, event });
    this.#countsOf(index).out++;
    return undefined;
  }

  async #late(
    index: number,
    pending: Promise<unknown>,
    before: Event | undefined,
    started: number,
    record: RecordInfo,
  ): Promise<Made> {
    const counts = this.#countsOf(index);
    // Further calls start before this one ends.
    const { weight } = counts;
    const call = counts.waits();
    try {
      const result = await inTime(pending, (this.steps[index] as Step).timeoutMs);
      return counts.returned(returnedEvents(result));
    } catch (error) {
      return this.#failed(index, error, before, record);
    } finally {
      counts.arrived(call);
      counts.end(started, weight);
    }
  }

  #countsOf(index: number): StepCounts {
    return this.#counts[index] as StepCounts;
  }

  #failed(index: number, thrown: unknown, before: Event | undefined, record?: RecordInfo): Made {
    const { name, onError } = this.steps[index] as Step;
    const counts = this.#countsOf(index);
    const error = asError(thrown);
    counts.failed++;
    this.onError(this.names[index] as string, onError, error, record);
    if (onError === 'keep' && before !== undefined) {
      counts.out++;
      return [before];
    }
    if (onError === 'drop') return NONE;
    // An event that cannot be copied cannot be kept: it is dead-lettered.
    return new Aside({ step: name, policy: onError === 'hold' ? 'hold' : 'dead_letter', error }, undefined);
  }
}
