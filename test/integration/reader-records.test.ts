/** The contract of both record sources: all bytes and numbers of a record. */
import { expect, describe, inject, it } from 'vitest';
import { RECORD_OVERHEAD_BYTES } from '../../src/memory/record-chunk.ts';
import { type RawRecord, produceRaw } from '../support/kafka-protocol.ts';
import {
  type Outgoing,
  Reading,
  type Row,
  fromStart,
  newTopic,
  produce,
  sources,
} from '../support/reader-lab.ts';

const ROOM = 60;
const text = (value: string): Buffer => Buffer.from(value);

/** Keys, values and headers of every kind. */
const KINDS: readonly RawRecord[] = [
  { key: null, value: text('no key'), headers: [] },
  { key: text(''), value: text('an empty key'), headers: [] },
  { key: text('a key of a tombstone'), value: null, headers: [] },
  { key: null, value: null, headers: [] },
  { key: text('k'), value: text(''), headers: [] },
  { key: text('k'), value: null, headers: [['of', text('a tombstone')]] },
  { key: Buffer.from([0, 255, 10]), value: Buffer.from([0, 0, 200, 13, 10]), headers: [] },
  { key: null, value: text('headers'), headers: [['name', text('value')]] },
  { key: null, value: text('an empty one'), headers: [['empty', text('')]] },
  { key: null, value: text('a null one'), headers: [['null', null]] },
  { key: null, value: text('no name'), headers: [['', text('value')]] },
  { key: text('ключ'), value: text('значение'), headers: [['имя 名', text('värde ☃')]] },
  { key: null, value: text('bytes'), headers: [['bytes', Buffer.from([0, 1, 254, 255])]] },
  { key: null, value: text('__proto__'), headers: [['__proto__', text('data')]] },
  {
    key: null,
    value: text('the same twice'),
    headers: [
      ['a', text('1')],
      ['a', text('2')],
      ['b', text('3')],
    ],
  },
  {
    key: text('many'),
    value: text('many'),
    headers: Array.from({ length: 300 }, (_, at) => [`h${at % 7}`, text('x'.repeat(at))] as const),
  },
];

/** Name and value of each header; the client returns an empty buffer for a null. */
function headersOf(row: Pick<Row, 'headers'>): [string, string][] | undefined {
  return row.headers?.flatMap((header) =>
    Object.entries(header).map(([name, value]): [string, string] => [name, value.toString('latin1')]),
  );
}

describe.each(sources)('records of the %s source', (source) => {
  it('have all kinds of keys, values and headers', async () => {
    const topic = await newTopic();
    await produceRaw(inject('kafka'), topic, 0, KINDS);
    const reading = (await Reading.open(source, { room: ROOM })).assign(...fromStart(topic));
    const rows = await reading.until(KINDS.length);
    expect(rows.map(({ key, value }) => ({ key, value }))).toEqual(
      KINDS.map(({ key, value }) => ({ key, value })),
    );
    expect(rows.map(headersOf)).toEqual(
      KINDS.map(({ headers }) =>
        headers.length === 0
          ? undefined
          : headers.map(([name, value]) => [name, (value ?? text('')).toString('latin1')]),
      ),
    );
    // A header's name is data, and not a property of its object.
    const [header] = rows.find(({ value }) => value?.toString() === '__proto__')?.headers ?? [];
    expect(Object.keys(header ?? {})).toEqual(['__proto__']);
  });

  it('have their topic, partition, offset, timestamp, epoch and size', async () => {
    const [first, second] = [await newTopic(3), await newTopic(1)];
    const records = Array.from({ length: 400 }, (_, at): Outgoing => ({
      topic: at % 4 === 3 ? second : first,
      partition: at % 4 === 3 ? 0 : at % 4,
      key: at % 2 === 0 ? null : text(`key ${at}`),
      value: text(`value ${at}`),
      timestamp: 1_600_000_000_000 + at,
      headers: at % 5 === 0 ? [{ at: `${at}` }] : [],
    }));
    await produce(records);
    const reading = (await Reading.open(source)).assign(...fromStart(first, 3), ...fromStart(second));
    const rows = await reading.until(records.length);
    for (const [topic, partition] of [
      [first, 0],
      [first, 1],
      [first, 2],
      [second, 0],
    ] as const) {
      const mine = rows.filter((row) => row.topic === topic && row.partition === partition);
      const wanted = records.filter((one) => one.topic === topic && one.partition === partition);
      expect(mine.map(({ offset }) => offset)).toEqual(wanted.map((_, offset) => offset));
      expect(mine.map(({ timestamp }) => timestamp)).toEqual(wanted.map(({ timestamp }) => timestamp));
      expect(mine.map(({ value }) => String(value))).toEqual(wanted.map(({ value }) => String(value)));
    }
    expect(new Set(rows.map(({ leaderEpoch }) => leaderEpoch))).toEqual(new Set([0]));
    for (const { key, value, headers, size } of rows) {
      const packed = headers === undefined ? 0 : 8 + 2 + String(headers[0]?.['at']).length;
      expect(size).toBe(RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + packed);
    }
  });

  it('have the timestamp of the broker if their topic is configured so', async () => {
    const topic = await newTopic(1, { 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    await produce([{ topic, value: text('x'), timestamp: 1 }]);
    const [row] = await (await Reading.open(source)).assign(...fromStart(topic)).until(1);
    expect(row?.timestamp).toBeGreaterThanOrEqual(before - 1000);
  });

  it('have the exact room before the value, and the byte after it, that an action line needs', async () => {
    const topic = await newTopic(11);
    const records = Array.from({ length: 1500 }, (_, at): Outgoing => ({
      topic,
      partition: at % 3 === 0 ? 10 : 0,
      key: text(`key ${at}`),
      value: at % 7 === 0 ? null : text('v'.repeat(at % 50)),
      headers: [{ h: `${at}` }],
    }));
    await produce(records);
    const reading = (await Reading.open(source, { room: ROOM })).assign(...fromStart(topic, 11));
    let seen = 0;
    let neighbours = 0;
    while (seen < records.length) {
      const polled = await reading.reader.poll(700, ROOM);
      for (const { chunk, from, to } of polled.batches) {
        for (let row = from; row < to; row++) {
          const coordinates = `${chunk.topic(row)}${chunk.partition(row)}${chunk.offset(row)}`;
          expect(chunk.gap(row)).toBe(ROOM + coordinates.length);
          // No record uses these bytes.
          chunk.bytes.fill('A', chunk.valueStart(row) - chunk.gap(row), chunk.valueStart(row));
          chunk.bytes.fill('\n', chunk.valueEnd(row), chunk.valueEnd(row) + 1);
          if (row === from) continue;
          expect(chunk.valueStart(row) - chunk.gap(row)).toBe(chunk.valueEnd(row - 1) + 1);
          neighbours++;
        }
      }
      seen += reading.consume(polled).length;
    }
    expect(neighbours).toBeGreaterThan(1000);
    const mine = (partition: number) => reading.rows.filter((row) => row.partition === partition);
    for (const partition of [0, 10]) {
      const wanted = records.filter((one) => one.partition === partition);
      expect(mine(partition).map(({ value }) => value)).toEqual(wanted.map(({ value }) => value));
      expect(mine(partition).map(({ key }) => key)).toEqual(wanted.map(({ key }) => key));
      expect(mine(partition).map(headersOf)).toEqual(
        wanted.map((one) => [['h', String(one.headers?.[0]?.['h'])]]),
      );
    }
  });

  it('are adjacent if no room is requested', async () => {
    const topic = await newTopic();
    await produce(Array.from({ length: 50 }, (_, at) => ({ topic, value: text(`value ${at}`) })));
    const reading = (await Reading.open(source)).assign(...fromStart(topic));
    await reading.pollUntil(() => reading.rows.length > 0, 'a record');
    expect(reading.rows.every(({ gap }) => gap === 0)).toBe(true);
    reading.assign(...fromStart(topic));
    for (let seen = 0; seen < 50;) {
      const polled = await reading.reader.poll(50, 0);
      for (const { chunk, from, to } of polled.batches)
        for (let row = from + 1; row < to; row++) expect(chunk.valueStart(row)).toBe(chunk.valueEnd(row - 1));
      seen += reading.consume(polled).length;
    }
  });

  it('arrive in order, at most as many as requested', async () => {
    const topic = await newTopic();
    await produce(Array.from({ length: 100 }, (_, at) => ({ topic, value: text(`${at}`) })));
    const reading = (await Reading.open(source)).assign(...fromStart(topic));
    for (const count of [1, 2, 7]) {
      await reading.pollUntil(() => reading.rows.length > 0, 'the first record');
      expect((await reading.poll(count)).length).toBeLessThanOrEqual(count);
    }
    await reading.until(100);
    expect(reading.rows.map(({ value }) => String(value))).toEqual(
      Array.from({ length: 100 }, (_, at) => `${at}`),
    );
  });
});
