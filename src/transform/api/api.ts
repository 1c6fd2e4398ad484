/// <reference types="node" preserve="true" />
/**
 * The public API for transforms: the module of `import … from 'logweir'`.
 *
 * @module
 */
import type { z } from 'zod';
import type { Event } from './event.ts';

export type { Event } from './event.ts';

/** The Kafka record of an event. Read-only. */
export interface RecordInfo {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch; -1 if the broker has none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  /** In the order of the record; a key may occur more than once. */
  readonly headers: readonly Record<string, Buffer | string>[] | undefined;
}

/** One event, several (1→N), or `undefined` to drop the event (counted as `dropped`, and settled). */
export type TransformResult = Event | readonly Event[] | undefined;

/** May change its event and return it, or return another one. `on_error` handles its errors. */
export type TransformFunction = (
  event: Event,
  record: RecordInfo,
) => TransformResult | Promise<TransformResult>;

/**
 * Transforms many events with one call, for example for a database query. A batch consists of the events of
 * one iteration of the event loop; the record of each event has the same index in `records`.
 */
export interface BatchTransform {
  /** The most events of one call. @default 1000 */
  readonly maxEvents?: number;
  /**
   * @returns one result for each event, in the same order. An `Error` in place of a result fails that event
   *   alone. An error that it throws fails all of them.
   */
  batch(
    events: readonly Event[],
    records: readonly RecordInfo[],
  ): readonly (TransformResult | Error)[] | Promise<readonly (TransformResult | Error)[]>;
}

/**
 * Aggregates several events into one (N→1), for example the lines of a stack trace. The offsets of all their
 * records advance only when that event is settled; the records of an incomplete group are read again after a
 * crash. Events of different partitions are never grouped. The functions must be deterministic, so that a
 * replay gives the same groups.
 */
export interface ReduceTransform {
  /** The group of the event; undefined to pass the event through. */
  key(event: Event, record: RecordInfo): string | undefined;
  /** Whether the event starts a new group instead of joining this one. */
  starts(event: Event, group: readonly Event[]): boolean;
  /** Merges two or more events into one. */
  merge(events: readonly Event[]): Event;
  /** Whether `merge` is also called for groups of one event. @default false */
  readonly mergesOne?: boolean;
  /** A group with this many events is complete. */
  readonly maxEvents: number;
  /** A group is complete when a record of its partition is this many ms of event time after its last one. */
  readonly maxGapMs: number;
}

/**
 * A {@link ReduceTransform} with the old name of `starts`. It works with a warning (log code `deprecated`).
 *
 * @deprecated use {@link ReduceTransform}. Removed in 0.3.
 */
export interface OldReduceTransform extends Omit<ReduceTransform, 'starts'> {
  /** @deprecated use {@link ReduceTransform.starts} */
  begins(event: Event, group: readonly Event[]): boolean;
}

/** Structured logging under the transform's name. Never log payloads. */
export interface TransformLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The transform's own counters, shown in `/metrics` as `transform_custom_total{transform,name}`. */
export interface TransformMetrics {
  /** @param by the increment, 1 by default */
  count(name: string, by?: number): void;
}

/** The context for the setup of a transform. */
export interface TransformContext {
  readonly name: string;
  /** The folder of the configuration file: the base of relative paths in options. */
  readonly directory: string;
  readonly log: TransformLog;
  readonly metrics: TransformMetrics;
  /**
   * Registers `release`, which is called once when the chain is no longer used: at shutdown, after a reload,
   * and if `setup` itself fails. Use it for everything that `setup` opens: a timer, a pool, a file. The last
   * one registered is called first; an error that one throws does not prevent the others from being called.
   */
  onClose(release: () => void | Promise<void>): void;
  /**
   * Aborted when the chain is no longer used, before the `onClose` functions are called. For everything that
   * takes a signal: `fetch`, timers, streams.
   */
  readonly signal: AbortSignal;
}

/** The result of {@link TransformDefinition.setup}. */
export type Transform = TransformFunction | BatchTransform | ReduceTransform | OldReduceTransform;

/** An example for the documentation, which is also run as a test. */
export interface TransformExample {
  readonly title: string;
  /** The options under `with:`. */
  readonly with?: Record<string, unknown>;
  readonly input: readonly Event[];
  /** All output events, in order, including those at the end of the partition. */
  readonly output: readonly Event[];
  /** The targets set by `routeTo`, in the order of `output`. */
  readonly indices?: readonly (string | undefined)[];
}

/** A transform with options that are checked before the first record is consumed. */
export interface TransformDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The schema of `with:` in the configuration. With `z.strictObject` a misspelt option is an error. */
  readonly options?: Schema;
  /** One or two sentences for the documentation. */
  readonly description?: string;
  readonly examples?: readonly TransformExample[];
  /**
   * Whether the transform accepts lazy events; otherwise every event is a plain object, as `JSON.parse` makes
   * it.
   *
   * A lazy event is a `Proxy` that parses a field when it is read, and writes unchanged fields byte by byte
   * as they came in. This is several times as fast for a transform that reads and sets a few fields. It
   * reads, sets, deletes, lists, copies and prints like the plain object. It is valid only until the
   * transform has returned:
   *
   * - `structuredClone`, `postMessage` and `v8.serialize` reject it with an error: pass `{ ...event }`. Its
   *   values are plain.
   * - Also use `{ ...event }` to keep the event, to put it into another object, or to return it with another
   *   record's events.
   *
   * Its JSON is the same in both cases. A transform that reads all fields of most events gains nothing. Not
   * used for an aggregating transform, nor with `on_error: keep`, which needs a copy. `testTransform` passes
   * lazy events too.
   *
   * @default false
   */
  readonly lazy?: boolean;
  /** Called once per chain. An error that it throws aborts the start or the reload. */
  setup(options: z.output<Schema>, context: TransformContext): Transform | Promise<Transform>;
  /**
   * Called once when the chain is no longer used.
   *
   * @deprecated use {@link TransformContext.onClose}: a definition has no access to what `setup` opened, and
   *   may be set up several times. Removed in 0.3.
   */
  close?(): void | Promise<void>;
}

const definitions = new WeakSet<object>();

/** Declares a transform; `setup` gets the types of `options`. */
export function defineTransform<Schema extends z.ZodType>(
  definition: TransformDefinition<Schema>,
): TransformDefinition<Schema> {
  definitions.add(definition);
  return definition;
}

/** Whether `value` was made by {@link defineTransform}. */
export function isTransformDefinition(value: unknown): value is TransformDefinition {
  return typeof value === 'object' && value !== null && definitions.has(value);
}

export { NumberLiteral, isRawJson } from '../../codec/raw-json.ts';
export { parseExact, parseObject, stringifyExact } from '../../codec/exact-json.ts';
export {
  FreeNames,
  addBeside,
  define,
  defineBeside,
  deleteAt,
  fieldAt,
  hasKey,
  holderOf,
  isBlocked,
  isFields,
  lastKey,
  setAt,
} from '../../codec/field-path.ts';
export { BoundedMap } from '../../memory/bounded-map.ts';
export { type MergeOptions, mergeInto } from './merge-into.ts';
export { moveAt } from './move-at.ts';
export { carryLiteral } from '../../codec/literals.ts';
export { copyTarget, routeTo } from './route.ts';
export { keyOf } from './key-of.ts';
export { parserOptions, textAt } from './parser-options.ts';
/** A point in time of VRL, in nanoseconds; its JSON is RFC 3339. */
export { Timestamp } from '../../vrl/timestamp.ts';
export { parseTime } from '../../elasticsearch/event-time.ts';
export { compileIndexName } from '../../elasticsearch/index-name.ts';
