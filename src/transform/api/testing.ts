/// <reference types="node" preserve="true" />
/**
 * Helpers for testing a transform with vitest or any other runner: the module of `import … from
 * 'logweir/testing'`.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { decode } from '../../codec/decode.ts';
import { type ExactValue, stringifyExact } from '../../codec/exact-json.ts';
import { LazyEvent, lazyOf } from '../../codec/lazy-event.ts';
import { TrialRun } from '../../pipeline/trial-run.ts';
import {
  type Event,
  type RecordInfo,
  type TransformDefinition,
  type TransformFunction,
  isTransformDefinition,
} from './api.ts';
import { Chain, type Failure } from '../runtime/chain.ts';
import { type GivenContext, setUp } from '../runtime/runner.ts';

/** The target set by `routeTo`, if any. */
export { targetOf } from './route.ts';
export { dockerEvent, fileEvent, journaldEvent, kubernetesEvent, syslogEvent } from './sample-events.ts';

/** A transform under test. */
export interface RunTransform {
  /** Runs one event. @returns the output; empty if the event was dropped or waits for others */
  (event: Event, record?: Partial<RecordInfo>): Promise<Event[]>;
  /** Ends the partition. @returns the output for the events that still waited for others */
  end(): Promise<Event[]>;
  /** Closes the transform, as the end of its chain does. */
  close(): Promise<void>;
}

const TIMESTAMP = Date.UTC(2026, 0, 1);
const TIMEOUT_MS = 30_000;

/**
 * Sets up a transform and runs events through it as the aggregator does: its own schema checks the options,
 * and it receives lazy events if it asks for them. By default each event is its own record, with the next
 * offset of one partition.
 *
 * @param options the options under `with:`
 * @throws ZodError if the options are invalid
 */
export async function testTransform(
  transform: TransformDefinition | TransformFunction,
  options: Record<string, unknown> = {},
): Promise<RunTransform> {
  const isDefinition = isTransformDefinition(transform);
  const checked: unknown =
    isDefinition && transform.options !== undefined ? transform.options.parse(options) : options;
  const step = await setUp(transform, checked, contextOf());
  return runnerOf(
    new Chain([{ ...step, name: 'under-test', onError: 'dead_letter', timeoutMs: TIMEOUT_MS }], () => {}),
  );
}

/** An entry of `transforms:` in logweir.yaml. */
export interface ChainEntry {
  readonly use: string;
  readonly with?: Record<string, unknown>;
  /** @default 'dead_letter', which is an error here */
  readonly on_error?: 'dead_letter' | 'drop' | 'keep' | 'hold';
}

/**
 * As {@link testTransform}, for entries of `transforms:` in their order: built-ins by name, files by path.
 *
 * @param directory the base of relative paths
 * @throws LogweirError CONFIG if an entry is wrong
 */
export async function testChain(
  entries: readonly ChainEntry[],
  directory: string = process.cwd(),
): Promise<RunTransform> {
  const { loadChain } = await import('../loader/loader.ts');
  const configs = entries.map(({ use, with: options = {}, on_error = 'dead_letter' }) => ({
    use,
    with: options,
    on_error,
    timeout_ms: TIMEOUT_MS,
  }));
  return runnerOf(await loadChain(configs, directory, contextOf, () => {}));
}

function runnerOf(chain: Chain): RunTransform {
  let output: Event[] = [];
  let failures: Failure[] = [];
  const trial = new TrialRun(chain, (_record, result, exact) => {
    for (const event of result.events) output.push(lazyOf(event, exact)?.plain() ?? event);
    failures.push(...result.failures);
  });
  const takeOutput = (): Event[] => {
    const [events, [failure]] = [output, failures];
    [output, failures] = [[], []];
    if (failure !== undefined) throw failure.error;
    return events;
  };
  let offset = 0;
  const runOne = async (event: Event, over: Partial<RecordInfo> = {}): Promise<Event[]> => {
    const record = { topic: 'app-logs', partition: 0, offset: offset++, timestamp: TIMESTAMP, key: null };
    const source = { ...record, headers: undefined, ...over, value: null };
    await trial.run(trial.receive(source), trial.isLazy ? lazily(event) : exactOf(event));
    return takeOutput();
  };
  return Object.assign(runOne, {
    end: async () => {
      await trial.end();
      return takeOutput();
    },
    close: async () => chain.close(),
  });
}

/** The lazy event that Kafka would give, if it equals `event`; otherwise the same object. */
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
