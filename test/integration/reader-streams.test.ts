/** The contract of both record sources: many topics, large records, and offsets without records. */
import { describe, expect, inject, it } from 'vitest';
import { LedgerProducer } from '../support/ledger-producer.ts';
import {
  POLL_COUNT,
  type Outgoing,
  Reading,
  type Row,
  fromStart,
  newTopic,
  produce,
  send,
  sources,
} from '../support/reader-lab.ts';
import { uniqueName, waitFor } from '../support/topics.ts';

const LARGE = { 'max.message.bytes': '10000000' };

/** A value of that length, unique to `number`, in which any moved byte is detected. */
function valueOf(number: number, length: number): Buffer {
  const value = Buffer.alloc(length);
  for (let at = 0; at < length; at++) value[at] = (number * 31 + at * 7 + (at >> 8)) & 255;
  return value;
}

const offsetsOf = (rows: readonly Row[]): number[] => rows.map(({ offset }) => offset);
const valuesOf = (rows: readonly Row[]): string[] => rows.map(({ value }) => String(value));

/** Like `toEqual`, which needs seconds for megabytes. */
function expectSame(rows: readonly Row[], records: readonly Outgoing[]): void {
  expect(rows.length).toBe(records.length);
  const different = records.flatMap(({ value }, at) => {
    const found = rows[at]?.value ?? null;
    return value !== null && found?.equals(value) === true ? [] : [[at, value?.length, found?.length]];
  });
  expect(different).toEqual([]);
}

describe.each(sources)('the %s source', (source) => {
  it('reads many topics, and topics that are created later', async () => {
    const topics = await Promise.all(Array.from({ length: 12 }, () => newTopic(2)));
    const [early, late] = [topics.slice(0, 7), topics.slice(7)];
    const recordsOf = (some: readonly string[]): Outgoing[] =>
      Array.from({ length: some.length * 40 }, (_, at) => ({
        topic: some[at % some.length] ?? '',
        partition: at % 2,
        value: Buffer.from(`${some[at % some.length]} ${at}`),
      }));
    await produce(recordsOf(early));
    const reading = (await Reading.open(source)).assign(...early.flatMap((topic) => fromStart(topic, 2)));
    await reading.until(280);
    reading.assign(...topics.flatMap((topic) => fromStart(topic, 2)));
    await produce(recordsOf(late));
    await reading.until(280 * 2 + 200);
    for (const row of reading.rows) expect(String(row.value).split(' ')[0]).toBe(row.topic);
    for (const topic of topics)
      expect(reading.rows.filter((row) => row.topic === topic).length).toBe(early.includes(topic) ? 80 : 40);
  });

  it('reads records that are larger than its memory, between small ones', async () => {
    const topic = await newTopic(1, LARGE);
    const sizes = [10, 5_000_000, 1, 1_048_576, 1_048_577, 8_000_000, 200, 3_000_000, 5];
    const records = sizes.map((size, at) => ({ topic, key: Buffer.from(`${at}`), value: valueOf(at, size) }));
    await produce(records, { compression: 'none' });
    const options = { 'message.max.bytes': 20_000_000, 'fetch.max.bytes': 30_000_000 };
    const reading = await Reading.open(source, { options, room: 60 });
    const rows = await reading.assign(...fromStart(topic)).until(records.length);
    expectSame(rows, records);
    expect(rows.map(({ key }) => String(key))).toEqual(sizes.map((_, at) => `${at}`));
    expect(new Set(rows.map(({ gap }) => gap))).toEqual(new Set([60 + topic.length + 2]));
    expect(reading.errors).toEqual([]);
  });

  it('reads records of one byte to two megabytes in any order, while memory of earlier polls is in use', async () => {
    const topic = await newTopic(1, LARGE);
    let random = 7;
    const size = (): number => {
      random = (random * 48_271) % 2_147_483_647;
      return Math.max(1, Math.floor(2_000_000 ** (random / 2_147_483_647)));
    };
    const records = Array.from({ length: 400 }, (_, at) => ({ topic, value: valueOf(at, size()) }));
    await produce(records);
    const options = { 'message.max.bytes': 20_000_000 };
    const reading = (await Reading.open(source, { options })).assign(...fromStart(topic));
    // The memory of the last few polls is not released yet.
    const kept = [];
    for (let count = 0; count < records.length;) {
      const polled = await reading.reader.poll(POLL_COUNT, 60);
      count += polled.batches.reduce((sum, { from, to }) => sum + to - from, 0);
      kept.push(polled);
      if (kept.length > 3) reading.consume(kept.shift() ?? polled);
    }
    for (const polled of kept) reading.consume(polled);
    expect(reading.errors).toEqual([]);
    expectSame(reading.rows, records);
  });

  it('never delivers aborted transactions, or transaction markers', async () => {
    const topic = await newTopic();
    const producer = await LedgerProducer.connect(inject('kafka'), 'lz4', uniqueName('transactions'));
    const batch = (name: string): Outgoing[] =>
      Array.from({ length: 20 }, (_, at) => ({ topic, value: Buffer.from(`${name} ${at}`) }));
    for (const [name, abort] of [
      ['kept', false],
      ['aborted', true],
      ['kept too', false],
      ['gone', true],
    ] as const)
      await producer.transaction(abort, () => send(producer, batch(name)));
    await producer.close();
    await produce([{ topic, value: Buffer.from('the last') }]);
    const reading = (await Reading.open(source)).assign(...fromStart(topic));
    const wanted = [...batch('kept'), ...batch('kept too')].map(({ value }) => String(value));
    expect(valuesOf(await reading.until(41))).toEqual([...wanted, 'the last']);
    await reading.idle(300);
    expect(offsetsOf(reading.rows)).toEqual([
      ...Array.from({ length: 20 }, (_, at) => at),
      ...Array.from({ length: 20 }, (_, at) => 42 + at),
      84,
    ]);
    // The position has passed the offsets that are never delivered.
    expect(reading.consumer.position()[0]?.offset).toBe(85);
  });

  it('skips offsets that compaction has removed', async () => {
    const topic = await newTopic(1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.001',
      'segment.ms': '100',
      'delete.retention.ms': '100',
      'max.compaction.lag.ms': '200',
    });
    const keyed = (from: number): Outgoing[] =>
      Array.from({ length: 60 }, (_, at) => ({
        topic,
        key: Buffer.from(`key ${at % 10}`),
        value: Buffer.from(`${from + at}`),
        timestamp: Date.now(),
      }));
    for (const from of [0, 60, 120]) {
      await produce(keyed(from));
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const seen = async (): Promise<Row[]> => {
      await produce([{ topic, key: Buffer.from('last'), value: Buffer.from('last'), timestamp: Date.now() }]);
      const reading = (await Reading.open(source)).assign(...fromStart(topic));
      await reading.pollUntil(() => valuesOf(reading.rows).at(-1) === 'last', 'the last record');
      await reading.close();
      return reading.rows;
    };
    let rows: Row[] = [];
    await waitFor(async () => (rows = await seen()).length < 150, {
      timeoutMs: 60_000,
      what: 'compaction',
      everyMs: 500,
    });
    for (const { offset, value } of rows)
      if (String(value) !== 'last') expect(String(value)).toBe(`${offset}`);
    expect(offsetsOf(rows)).toEqual(offsetsOf(rows).sort((a, b) => a - b));
    expect(valuesOf(rows)).toEqual(
      expect.arrayContaining(
        keyed(120)
          .slice(-10)
          .map(({ value }) => String(value)),
      ),
    );
  });
});
