/// <reference types="node" preserve="true" />
/**
 * What a transform is made of. This module is what `import … from 'logweir'` gives.
 *
 * @module
 */
import type { z } from 'zod';

/**
 * An event: a plain object that will be one document. Integers beyond 2^53 are `bigint`; numbers that no double can hold
 * (`1e400`, 20 decimals) are {@link NumberLiteral}s. Everything else is as `JSON.parse` makes it.
 */
export type Event = Record<string, unknown>;

/** The Kafka record that an event comes from. Read-only. */
export interface RecordInfo {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch; -1 where the broker knows none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  /** In the order of the record; a key may stand there more than once. */
  readonly headers: readonly Record<string, Buffer | string>[] | undefined;
}

/** One event, several (1→N), or `undefined` to drop it (counted as `dropped`, and settled). */
export type TransformResult = Event | readonly Event[] | undefined;

/** May change the event that it is given, and return it; or return another. What it throws is handled by `on_error`. */
export type TransformFunction = (
  event: Event,
  record: RecordInfo,
) => TransformResult | Promise<TransformResult>;

/**
 * Transforms many events with one call, for those that gain from it: a question to a database, for one. Events that come in
 * one turn of the event loop are given together, each with its record at the same place of `records`.
 */
export interface BatchTransform {
  /** How many events one call is given at most. @default 1000 */
  readonly maxEvents?: number;
  /** @returns one result for each event, in the same order. What it throws fails all of them. */
  batch(
    events: readonly Event[],
    records: readonly RecordInfo[],
  ): readonly TransformResult[] | Promise<readonly TransformResult[]>;
}

/**
 * Makes one event of several (N→1): lines of a stack trace, for one. The offsets of all their records move only when that
 * event is settled; until a group is complete its records are read again after a crash. Events of different partitions
 * never meet. The functions must give the same for the same events, or a replay would not.
 */
export interface ReduceTransform {
  /** What belongs together; events with undefined pass by. */
  key(event: Event, record: RecordInfo): string | undefined;
  /** Whether the event begins a group of its own, rather than going on with that one. */
  begins(event: Event, group: readonly Event[]): boolean;
  /** One event of two or more. */
  merge(events: readonly Event[]): Event;
  /** Whether `merge` is given groups of one event too. @default false */
  readonly mergesOne?: boolean;
  /** A group with so many events is complete. */
  readonly maxEvents: number;
  /** A group is complete when a record of its partition is so much later than its last one, in ms of event time. */
  readonly maxGapMs: number;
}

/** Structured logging under the transform's name. Never log payloads. */
export interface TransformLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Counters of the transform's own, shown in `/metrics` as `transform_custom_total{transform,name}`. */
export interface TransformMetrics {
  /** @param by how much, 1 unless told */
  count(name: string, by?: number): void;
}

/** What a transform is given when it is set up. */
export interface TransformContext {
  readonly name: string;
  /** The folder of the configuration file: what relative paths in options are relative to. */
  readonly directory: string;
  readonly log: TransformLog;
  readonly metrics: TransformMetrics;
  /**
   * Has `release` called once when the chain is no longer used: at the end, after a reload, and where `setup` itself fails. For what
   * `setup` opens: a timer, a pool, a file. The last one is called first; what one throws keeps no other from being called.
   */
  onClose(release: () => void | Promise<void>): void;
}

/** What {@link TransformDefinition.setup} makes. */
export type Transform = TransformFunction | BatchTransform | ReduceTransform;

/** What a transform does, shown: for its documentation, and run as a test of it. */
export interface TransformExample {
  readonly title: string;
  /** What stands under `with:`. */
  readonly with?: Record<string, unknown>;
  readonly input: readonly Event[];
  /** All that comes out, in order; of one that makes one event of several also what the end of the partition brings. */
  readonly output: readonly Event[];
  /** Where `routeTo` has sent them, in the order of `output`. */
  readonly indices?: readonly (string | undefined)[];
}

/** A transform with options that are checked before the first record is read. */
export interface TransformDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The schema of `with:` in the configuration. Use `z.strictObject`, so that a misspelt option is an error. */
  readonly options?: Schema;
  /** One sentence or two, for the documentation. */
  readonly description?: string;
  readonly examples?: readonly TransformExample[];
  /**
   * Whether the transform can do with lazy events; without it every event is a plain object, as `JSON.parse` makes it.
   *
   * A lazy event is a `Proxy` that parses a field where it is read, and what nobody touched goes out byte by byte as it came: for a
   * transform that reads and sets a few fields, several times as fast. It reads, sets, deletes, lists, copies and prints as the plain object would. It
   * is on loan until the transform has returned:
   *
   * - `structuredClone`, `postMessage` and `v8.serialize` refuse it with an error: give them `{ ...event }`. Its values are plain.
   * - What is kept, put into another object, or returned with another record's events must be `{ ...event }` too.
   *
   * Its JSON is the same either way. What looks at all fields of most events gains nothing. Not used for a transform that makes one event of
   * several, nor with `on_error: keep`, which needs a copy. `testTransform` gives lazy events too.
   *
   * @default false
   */
  readonly lazy?: boolean;
  /** Called once per chain. What it throws stops the start, or the reload. */
  setup(options: z.output<Schema>, context: TransformContext): Transform | Promise<Transform>;
  /** Called once when the chain is no longer used. */
  close?(): void | Promise<void>;
}

const definitions = new WeakSet<object>();

/** Declares a transform; the types of `options` flow into `setup`. */
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

export { NumberLiteral, isRawJson } from '../codec/raw-json.ts';
export { parseExact, parseObject, stringifyExact } from '../codec/exact-json.ts';
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
} from '../codec/field-path.ts';
export { BoundedMap } from '../bounded-map.ts';
export { type MergeOptions, mergeInto } from './merge-into.ts';
export { moveAt } from './move-at.ts';
export { carryLiteral } from '../codec/literals.ts';
export { copyTarget, routeTo } from './route.ts';
export { keyOf } from './key-of.ts';
export { parserOptions, textAt } from './parser-options.ts';
export { parseTime } from '../elasticsearch/event-time.ts';
export { compileIndexName } from '../elasticsearch/index-name.ts';
