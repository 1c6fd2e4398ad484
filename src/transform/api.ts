/**
 * What a transform is made of. This module is what `import … from 'logweir'` gives.
 *
 * @module
 */
import type { z } from 'zod';

/**
 * An event: a plain object that will be one document. Integers beyond 2^53 are `bigint`; numbers that no double can hold
 * (`1e400`) are `JSON.rawJSON` objects. Everything else is as `JSON.parse` makes it.
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
  readonly log: TransformLog;
  readonly metrics: TransformMetrics;
}

/** A transform with options that are checked before the first record is read. */
export interface TransformDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The schema of `with:` in the configuration. Use `z.strictObject`, so that a misspelt option is an error. */
  readonly options?: Schema;
  /** Called once per chain. What it throws stops the start, or the reload. */
  setup(options: z.output<Schema>, context: TransformContext): TransformFunction | Promise<TransformFunction>;
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

export { parseExact, parseObject } from '../codec/exact-json.ts';
export { fieldAt, holderOf, lastKey } from '../codec/field-path.ts';
