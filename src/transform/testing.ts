/// <reference types="node" preserve="true" />
/**
 * Helpers for testing a transform with vitest or any other runner. This module is what `import … from 'logweir/testing'`
 * gives.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { decode } from '../codec/decode.ts';
import { type ExactValue, stringifyExact } from '../codec/exact-json.ts';
import { LazyEvent, lazyOf } from '../codec/lazy-event.ts';
import { TakenRecord } from '../taken-record.ts';
import { TrialRun } from '../trial-run.ts';
import {
  type Event,
  type RecordInfo,
  type TransformDefinition,
  type TransformFunction,
  isTransformDefinition,
} from './api.ts';
import { Chain, type Failure } from './chain.ts';
import { type GivenContext, setUp } from './runner.ts';

/** Where `routeTo` has sent an event, if it has. */
export { targetOf } from './route.ts';
export { dockerEvent, fileEvent, journaldEvent, kubernetesEvent, syslogEvent } from './sample-events.ts';

/** A transform under test. */
export interface RunTransform {
  /** Runs one event, and gives what came out: no events means that it was dropped, or waits for others. */
  (event: Event, record?: Partial<RecordInfo>): Promise<Event[]>;
  /** The end of the partition: what still waits for others comes out. */
  end(): Promise<Event[]>;
  /** Releases what the transform holds, as the end of its chain does. */
  close(): Promise<void>;
}

const TIMESTAMP = Date.UTC(2026, 0, 1);
const TIMEOUT_MS = 30_000;

/**
 * Sets a transform up as the aggregator would, options checked by its own schema, and runs events through it as the aggregator does: one
 * that asks for lazy events is given lazy ones. Each event is a record of its own, with the next offset of one partition, unless told otherwise.
 *
 * @param options what would stand under `with:`
 * @throws ZodError where the options do not fit
 */
export async function testTransform(
  transform: TransformDefinition | TransformFunction,
  options: Record<string, unknown> = {},
): Promise<RunTransform> {
  const isDefinition = isTransformDefinition(transform);
  const checked: unknown =
    isDefinition && transform.options !== undefined ? transform.options.parse(options) : options;
  const step = await setUp(transform, checked, contextOf());
  const chain = new Chain(
    [{ ...step, name: 'under-test', onError: 'dead_letter', timeoutMs: TIMEOUT_MS }],
    () => {},
  );
  let came: Event[] = [];
  let failures: Failure[] = [];
  const trial = new TrialRun(chain, (_record, result, exact) => {
    for (const event of result.events) came.push(lazyOf(event, exact)?.plain() ?? event);
    failures.push(...result.failures);
  });
  const take = (): Event[] => {
    const [events, [failure]] = [came, failures];
    [came, failures] = [[], []];
    if (failure !== undefined) throw failure.error;
    return events;
  };
  let offset = 0;
  const runOne = async (event: Event, over: Partial<RecordInfo> = {}): Promise<Event[]> => {
    const record = { topic: 'app-logs', partition: 0, offset: offset++, timestamp: TIMESTAMP, key: null };
    const source = { ...record, headers: undefined, ...over, value: null };
    await trial.run(new TakenRecord(source, source.topic), 0, trial.isLazy ? lazily(event) : exactOf(event));
    return take();
  };
  return Object.assign(runOne, {
    end: async () => {
      await trial.end();
      return take();
    },
    close: async () => chain.close(),
  });
}

/** The event as it would come from Kafka, where that is a lazy one; otherwise the very object. */
function lazily(event: Event): ExactValue {
  let text: string;
  try {
    text = stringifyExact(event);
  } catch {
    return exactOf(event);
  }
  const decoded = decode(Buffer.from(text), 'json', true);
  if (decoded.kind !== 'event') return exactOf(event);
  const exact = decoded.event();
  const isSame = exact instanceof LazyEvent && isDeepStrictEqual(decoded.parse().value, event);
  return isSame ? exact : exactOf(event);
}

function exactOf(event: Event): ExactValue {
  return { value: event };
}

function contextOf(): GivenContext {
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return { name: 'under-test', directory: process.cwd(), log, metrics: { count: ignore } };
}
