/**
 * Helpers for testing a transform with vitest or any other runner. This module is what `import … from 'logweir/testing'`
 * gives.
 *
 * @module
 */
import { PartitionOffsets } from '../kafka/offsets.ts';
import { Settlement } from '../settlement.ts';
import { TakenRecord } from '../taken-record.ts';
import {
  type Event,
  type RecordInfo,
  type Transform,
  type TransformDefinition,
  type TransformFunction,
  isTransformDefinition,
} from './api.ts';
import { collect } from './chain.ts';
import { type Group, Groups } from './groups.ts';
import { runnerOf } from './runner.ts';

/** Where `routeTo` has sent an event, if it has. */
export { targetOf } from './route.ts';
export { dockerEvent, fileEvent, journaldEvent, kubernetesEvent, syslogEvent } from './sample-events.ts';

/** A transform under test. */
export interface RunTransform {
  /** Runs one event, and gives what came out: no events means that it was dropped, or waits for others. */
  (event: Event, record?: Partial<RecordInfo>): Promise<Event[]>;
  /** The end of the partition: what still waits for others comes out. */
  end(): Promise<Event[]>;
}

const TIMESTAMP = Date.UTC(2026, 0, 1);

/**
 * Sets a transform up as the aggregator would, options checked by its own schema. Each event is a record of its own, with the
 * next offset of one partition, unless told otherwise.
 *
 * @param options what would stand under `with:`
 * @throws ZodError where the options do not fit
 */
export async function testTransform(
  transform: TransformDefinition | TransformFunction,
  options: Record<string, unknown> = {},
): Promise<RunTransform> {
  const made = isTransformDefinition(transform) ? await setUp(transform, options) : transform;
  const { run, reduce } = runnerOf(made);
  const groups = reduce === undefined ? null : new Groups(0, reduce);
  const partitions = new Map<string, PartitionOffsets<Settlement>>();
  let offset = 0;
  const merged = (closed: readonly Group[]): Event[] =>
    closed.map((group) => groups?.merge(group).event ?? {});
  const runOne = async (event: Event, over: Partial<RecordInfo> = {}): Promise<Event[]> => {
    const record = recordOf(offset++, over);
    const key = reduce?.key(event, record);
    if (groups !== null && key !== undefined) {
      const settlement = settlementOf(record, partitions);
      const member = { event, settlement, exact: { value: event } };
      const late = groups.passed(settlement.partition, record.timestamp);
      return merged([...late, ...groups.add(key, member, groups.begins(key, member))]);
    }
    const events: Event[] = [];
    collect(await run(event, record), events);
    return events;
  };
  return Object.assign(runOne, { end: async () => merged(groups?.closeAll() ?? []) });
}

function recordOf(offset: number, over: Partial<RecordInfo>): RecordInfo {
  const record = { topic: 'app-logs', partition: 0, offset, timestamp: TIMESTAMP, key: null };
  return { ...record, headers: undefined, ...over };
}

function settlementOf(record: RecordInfo, partitions: Map<string, PartitionOffsets<Settlement>>): Settlement {
  const { topic, partition } = record;
  const name = `${topic}:${partition}`;
  const owned = partitions.get(name) ?? new PartitionOffsets<Settlement>(topic, partition, 0, -1);
  partitions.set(name, owned);
  return new Settlement(new TakenRecord({ ...record, value: null }, topic), 0, owned, { settled: () => {} });
}

async function setUp(definition: TransformDefinition, options: Record<string, unknown>): Promise<Transform> {
  const checked: unknown = definition.options === undefined ? options : definition.options.parse(options);
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return definition.setup(checked, {
    name: 'under-test',
    directory: process.cwd(),
    log,
    metrics: { count: ignore },
  });
}
