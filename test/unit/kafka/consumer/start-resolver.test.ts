import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { TopicState } from '../../../../src/kafka/brokers.ts';
import type { NativeConsumer } from '../../../../src/kafka/native.ts';
import {
  RECREATED_ALARM,
  RETENTION_ALARM,
  TRUNCATION_ALARM,
  commitMetadata,
} from '../../../../src/kafka/consumer/start-offset.ts';
import { StartResolver } from '../../../../src/kafka/consumer/start-resolver.ts';
import { type LogLine, memoryLog } from '../../support/memory-log.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

const P0 = { topic: 't', partition: 0 };
const P1 = { topic: 't', partition: 1 };

/** The broker's answers for each partition. */
let committed: Map<number, { offset?: number; leaderEpoch?: number; metadata?: string } | Error>;
let marks: Map<number, [low: number, high: number] | Error>;
let topics: Map<string, TopicState> | Error;
let queries: unknown[];
let lines: LogLine[];
let resolver: StartResolver;

beforeEach(() => {
  committed = new Map();
  marks = new Map([
    [0, [0, 100]],
    [1, [0, 100]],
  ]);
  topics = new Map([['t', { name: 't', id: 'id', isInternal: false, operations: null, error: null }]]);
  queries = [];
  const memory = memoryLog();
  lines = memory.lines;
  const consumer = {
    committed: (
      wanted: readonly { topic: string; partition: number }[],
      _timeout: number,
      callback: (error: null, answers: unknown[]) => void,
    ) =>
      callback(
        null,
        wanted.map((one) => {
          const found = committed.get(one.partition);
          return found instanceof Error ? found : { ...one, ...found };
        }),
      ),
    queryWatermarkOffsets: (
      _topic: string,
      partition: number,
      _timeout: number,
      callback: (error: Error | null, offsets?: object) => void,
    ) => {
      const found = marks.get(partition) ?? new Error('no such partition');
      if (found instanceof Error) callback(found);
      else callback(null, { lowOffset: found[0], highOffset: found[1] });
    },
  };
  resolver = new StartResolver({
    consumer: consumer as unknown as NativeConsumer,
    brokers: {
      topics: async () => {
        if (topics instanceof Error) throw topics;
        return topics;
      },
    },
    epochs: {
      truncationOf: async (_where, low, end, epoch) => {
        queries.push([low, end, epoch]);
        return end - 2;
      },
    },
    log: memory.log,
    reset: 'earliest',
    stopping: new AbortController().signal,
  });
});

async function start(): Promise<Awaited<ReturnType<StartResolver['resolve']>>['owned'][number]> {
  const { owned } = await resolver.resolve([P0]);
  const [first] = owned;
  if (first === undefined) throw new Error('nothing was resolved');
  return first;
}

describe('a partition is read', () => {
  it('from the committed offset, with the epoch of the record before it', async () => {
    committed.set(0, { offset: 50, leaderEpoch: 3, metadata: commitMetadata('id') });
    const owned = await start();
    expect(owned).toMatchObject({
      position: 50,
      committed: 50,
      topicId: 'id',
      highWatermark: 100,
      unverified: { offset: 50, epoch: 3 },
    });
    expect(owned.epochs.before(50)).toBe(3);
    expect([queries, lines]).toEqual([[], []]);
  });

  it('from the committed offset without metadata', async () => {
    committed.set(0, { offset: 50 });
    expect(await start()).toMatchObject({ position: 50, committed: 50, unverified: undefined });
  });

  it('from its beginning without a committed offset, and its lag counts from there', async () => {
    marks.set(0, [1_000_000, 1_000_001]);
    const owned = await start();
    expect(owned).toMatchObject({ position: 1_000_000, committed: -1, lag: 1 });
  });

  it('from the lowest available offset after retention', async () => {
    marks.set(0, [60, 100]);
    committed.set(0, { offset: 50, metadata: commitMetadata('id') });
    expect(await start()).toMatchObject({ position: 60, committed: -1 });
    expect(lines).toMatchObject([{ msg: RETENTION_ALARM, lost: 10 }]);
  });

  it.each([50, 120])('from its beginning if the topic id has changed (committed %d)', async (offset) => {
    committed.set(0, { offset, leaderEpoch: 3, metadata: commitMetadata('another') });
    expect(await start()).toMatchObject({ position: 0, committed: -1, topicId: 'id' });
    expect(lines).toMatchObject([{ msg: RECREATED_ALARM, committed: offset }]);
  });

  it('from its end if the offset, committed by another client, is beyond it and has no epoch', async () => {
    committed.set(0, { offset: 103 });
    expect(await start()).toMatchObject({ position: 100, committed: -1 });
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM, lost: 3, committed: 103, high: 100, offset: 100 }]);
  });

  it('from the truncation if the epoch of the last consumed record is known', async () => {
    committed.set(0, { offset: 103, leaderEpoch: 3, metadata: commitMetadata('id') });
    expect(await start()).toMatchObject({ position: 98, committed: -1 });
    expect(queries).toEqual([[0, 100, 3]]);
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM, lost: 5, offset: 98 }]);
  });
});

describe('without an answer', () => {
  it('for a partition, only this one is missing', async () => {
    marks.set(1, new Error('no leader'));
    const { owned, missing } = await resolver.resolve([P0, P1]);
    expect(owned.map(({ partition }) => partition)).toEqual([0]);
    expect(missing.map(({ partition }) => partition)).toEqual([1]);
    expect(lines[0]).toMatchObject({ reason: 'no leader', partitions: ['t[1]'] });
  });

  it('for a committed offset, the error does not count as no offset', async () => {
    committed.set(0, new Error('Broker: Topic authorization failed'));
    const { owned, missing } = await resolver.resolve([P0]);
    expect([owned, missing]).toEqual([[], [P0]]);
  });

  it('for the topic id, the partition is read', async () => {
    topics = new Error('no answer');
    committed.set(0, { offset: 50, metadata: commitMetadata('id') });
    expect(await start()).toMatchObject({ position: 50, topicId: null });
  });

  it('for the topic id, an offset beyond the end waits: the topic may be recreated or truncated', async () => {
    topics = new Error('no answer');
    committed.set(0, { offset: 103, metadata: commitMetadata('id') });
    expect((await resolver.resolve([P0])).owned).toEqual([]);
  });
});

it('an internal topic of the brokers is skipped, and logged', async () => {
  topics = new Map([['t', { name: 't', id: 'id', isInternal: true, operations: null, error: null }]]);
  expect(await resolver.resolve([P0, P1])).toEqual({ owned: [], missing: [], skipped: [P0, P1] });
  expect(lines).toMatchObject([{ level: 50, code: 'internal_topics_skipped', topics: ['t'] }]);
});
