/** The client's own records, as batches. */
import { describe, expect, it } from 'vitest';
import { ClientReader } from '../../../../src/kafka/consumer/client-reader.ts';
import type { KafkaError, NativeConsumer } from '../../../../src/kafka/native.ts';
import type { Polled } from '../../../../src/kafka/consumer/record-reader.ts';
import type { SourceRecord } from '../../../../src/record.ts';
import { sourceRecord } from '../../support/fakes.ts';
import { passthroughOf } from '../../support/runs.ts';

type Answer = { error: KafkaError } | readonly SourceRecord[];

/** A reader of a client that returns one of these answers for each poll. */
function readerOf(...answers: Answer[]): { reader: ClientReader; requested: number[] } {
  const requested: number[] = [];
  const consumer = {
    consume(count: number, answered: (error: KafkaError | null, records: readonly SourceRecord[]) => void) {
      requested.push(count);
      const answer = answers[requested.length - 1] ?? [];
      if ('error' in answer) answered(answer.error, []);
      else answered(null, answer);
    },
  };
  return { reader: new ClientReader(consumer as unknown as NativeConsumer), requested };
}

/** Copies, because the reader frees the values that it receives. */
function copies(given: readonly SourceRecord[]): SourceRecord[] {
  return given.map((record) => ({
    ...record,
    value: record.value === null ? null : Buffer.from(record.value),
  }));
}

/** Receives the records as the pipeline does, and releases their memory. */
function received({ batches }: Polled): SourceRecord[] {
  return batches.flatMap(({ chunk, from, to }) => {
    const all = Array.from({ length: to - from }, (_, at) => chunk.record(from + at));
    chunk.release();
    return all;
  });
}

/** Values as text, because a comparison of large buffers takes seconds. */
function textsOf(some: readonly SourceRecord[]): object[] {
  return some.map((record) => ({ ...record, value: String(record.value) }));
}

/** @param bytes size of each value; no two values are the same */
function records(count: number, bytes: number, offset = 0): SourceRecord[] {
  return Array.from({ length: count }, (_, at) =>
    sourceRecord({ offset: offset + at, value: Buffer.from(`${offset + at}`.padEnd(bytes, '.')) }),
  );
}

const sizes = ({ batches }: Polled): number[] => batches.map(({ from, to }) => to - from);

describe('a poll', () => {
  it('returns the records of the client in order, with their own bytes', async () => {
    const given = [
      sourceRecord({ topic: 'b', partition: 3, offset: 8, key: Buffer.from('k') }),
      sourceRecord({ topic: 'a', offset: 9, value: null, headers: [{ h: Buffer.from('1') }] }),
      sourceRecord({ topic: 'b', offset: 1, value: Buffer.alloc(0), key: Buffer.alloc(0), timestamp: -1 }),
    ];
    const { reader, requested } = readerOf(copies(given));
    const polled = await reader.poll(77, 0);
    expect(polled.error).toBeNull();
    expect(requested).toEqual([77]);
    expect(sizes(polled)).toEqual([3]);
    expect(received(polled)).toEqual(given);
  });

  it('numbers topics, and lists each of them once', async () => {
    const topics = ['b', 'a', 'b', 'c'];
    const { reader } = readerOf(
      topics.map((topic, offset) => sourceRecord({ topic, offset })),
      [sourceRecord({ topic: 'd' }), sourceRecord({ topic: 'a' })],
    );
    const [first, second] = [await reader.poll(9, 0), await reader.poll(9, 0)];
    const [batch] = first.batches;
    expect(batch?.chunk.topics).toEqual(['b', 'a', 'c', 'd']);
    expect(received(first).map(({ topic }) => topic)).toEqual(topics);
    expect(received(second).map(({ topic }) => topic)).toEqual(['d', 'a']);
  });

  it('keeps leader epochs', async () => {
    const { reader } = readerOf([
      sourceRecord({ leaderEpoch: 0 }),
      sourceRecord({ leaderEpoch: 5, offset: 1 }),
    ]);
    const [batch] = (await reader.poll(9, 0)).batches;
    expect([0, 1].map((row) => batch?.chunk.leaderEpoch(row))).toEqual([0, 5]);
  });

  it('returns no batch without records, and the error of the client', async () => {
    const error = { code: -195, message: 'Local: Broker transport failure' };
    const { reader } = readerOf([], { error }, records(1, 10));
    expect(await reader.poll(5, 0)).toEqual({ batches: [], error: null });
    expect(await reader.poll(5, 0)).toEqual({ batches: [], error });
    expect(sizes(await reader.poll(5, 0))).toEqual([1]);
  });

  it('leaves the requested room before values', async () => {
    const { room, place } = passthroughOf();
    const { reader } = readerOf(records(3, 10), records(3, 10, 3));
    const [first, second] = [await reader.poll(9, room), await reader.poll(9, 0)];
    const placed = ({ batches }: Polled): boolean[] =>
      batches.flatMap(({ chunk, from, to }) =>
        Array.from({ length: to - from }, (_, at) => place(chunk, from + at) >= 0),
      );
    expect([placed(first), placed(second)]).toEqual([
      [true, true, true],
      [false, false, false],
    ]);
    expect(received(first)).toEqual(records(3, 10));
  });
});

describe('a poll that exceeds a chunk', () => {
  it.each([0, 60])('continues in another chunk, with %d bytes of room', async (room) => {
    const given = records(50, 100_000);
    const { reader } = readerOf(copies(given));
    const polled = await reader.poll(50, room);
    expect(new Set(polled.batches.map(({ chunk }) => chunk)).size).toBeGreaterThan(4);
    expect(textsOf(received(polled))).toEqual(textsOf(given));
  });

  it('continues in another chunk when all rows are used', async () => {
    const given = records(10_000, 5);
    const { reader } = readerOf(copies(given));
    const polled = await reader.poll(10_000, 0);
    expect(Math.max(...sizes(polled))).toBeLessThanOrEqual(4096);
    expect(sizes(polled).reduce((sum, size) => sum + size, 0)).toBe(10_000);
    expect(textsOf(received(polled))).toEqual(textsOf(given));
  });

  it('puts a record that fits no chunk into memory of its own, between its neighbours', async () => {
    const given = [
      ...records(2, 10),
      ...records(1, 3_000_000, 2),
      ...records(2, 10, 3),
      ...records(2, 1_100_000, 5),
    ];
    const { reader } = readerOf(copies(given), records(1, 10, 7));
    const polled = await reader.poll(9, 60);
    expect(sizes(polled)).toEqual([2, 1, 2, 1, 1]);
    expect(polled.batches.map(({ chunk }) => chunk.isShared)).toEqual([true, false, true, false, false]);
    expect(textsOf(received(polled))).toEqual(textsOf(given));
    expect(textsOf(received(await reader.poll(9, 60)))).toEqual(textsOf(records(1, 10, 7)));
  });
});

describe('memory', () => {
  it('of the client is freed if it is large', async () => {
    const given = [Buffer.alloc(5000, 'a'), Buffer.alloc(5000, 'b')];
    const { reader } = readerOf(given.map((value, offset) => sourceRecord({ offset, value })));
    const polled = await reader.poll(2, 0);
    expect(given.map(({ length }) => length)).toEqual([0, 0]);
    expect(received(polled).map(({ value }) => value?.length)).toEqual([5000, 5000]);
  });

  it('is reused after all of its records are released, and is unchanged until then', async () => {
    const answers = Array.from({ length: 12 }, (_, poll) => records(5, 100_000, 5 * poll));
    const { reader } = readerOf(...answers.map(copies));
    const chunks = new Set<object>();
    const kept = await reader.poll(5, 0);
    for (let poll = 1; poll < 12; poll++) {
      const polled = await reader.poll(5, 0);
      for (const { chunk } of polled.batches) {
        if (poll > 3) expect(kept.batches.some((one) => one.chunk === chunk)).toBe(false);
        chunks.add(chunk);
      }
      expect(textsOf(received(polled))).toEqual(textsOf(answers[poll] ?? []));
    }
    expect(chunks.size).toBeLessThan(5);
    expect(textsOf(received(kept))).toEqual(textsOf(answers[0] ?? []));
  });
});
