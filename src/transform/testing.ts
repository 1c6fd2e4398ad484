/**
 * Helpers for testing a transform with vitest or any other runner. This module is what `import … from 'logweir/testing'`
 * gives.
 *
 * @module
 */
import {
  type Event,
  type RecordInfo,
  type TransformDefinition,
  type TransformFunction,
  isTransformDefinition,
} from './api.ts';
import { collect } from './chain.ts';

/** Runs one event through the transform under test, and gives what came out: no events means that it was dropped. */
export type RunTransform = (event: Event, record?: Partial<RecordInfo>) => Promise<Event[]>;

const RECORD: RecordInfo = {
  topic: 'app-logs',
  partition: 0,
  offset: 0,
  timestamp: Date.UTC(2026, 0, 1),
  key: null,
  headers: undefined,
};

/**
 * Sets a transform up as the aggregator would, options checked by its own schema.
 *
 * @param options what would stand under `with:`
 * @throws ZodError where the options do not fit
 */
export async function testTransform(
  transform: TransformDefinition | TransformFunction,
  options: Record<string, unknown> = {},
): Promise<RunTransform> {
  const run = isTransformDefinition(transform) ? await setUp(transform, options) : transform;
  return async (event, record) => {
    const events: Event[] = [];
    collect(await run(event, { ...RECORD, ...record }), events);
    return events;
  };
}

async function setUp(
  definition: TransformDefinition,
  options: Record<string, unknown>,
): Promise<TransformFunction> {
  const checked: unknown = definition.options === undefined ? options : definition.options.parse(options);
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return definition.setup(checked, { name: 'under-test', log, metrics: { count: ignore } });
}
