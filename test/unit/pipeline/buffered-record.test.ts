/** A record as transforms and dead letters see it, for as long as its value lies in memory, and afterwards. */
import { expect, it } from 'vitest';
import type { BufferedRecord } from '../../../src/pipeline/buffered-record.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { sourceRecord } from '../support/fakes.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';
import { chunkOf, receivedRun } from '../support/runs.ts';

const RECORD = sourceRecord({
  offset: 3,
  key: Buffer.from('key'),
  value: Buffer.from('{"a":1}'),
  headers: [{ trace: Buffer.from([0xff]) }],
});

/** The second of three neighbours, by itself. */
function middle(): { document: Document; record: BufferedRecord; wipe: () => void } {
  const { document, chunk } = receivedRun([2, 3, 4].map((offset) => ({ ...RECORD, offset })));
  const [first, second, third] = document.split() as [Document, Document, Document];
  const { record } = second.settlement;
  const wipe = (): void => {
    for (const one of [first, third]) one.settlement.settle('indexed');
    chunk.bytes.fill('z');
  };
  return { document: second, record, wipe };
}

it('says all that the record had', () => {
  const { record, document } = middle();
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  expect({ topic, partition, offset, timestamp, key, value, headers }).toEqual(RECORD);
  expect(record.isTombstone).toBe(false);
  expect(record.bytes.toString('utf8', record.start, record.end)).toBe('{"a":1}');
  expect(document.settlement.record).toBe(record);
});

it('has no value once it is settled; its key, headers and coordinates stay, whatever becomes of the memory', () => {
  const { record, document, wipe } = middle();
  document.settlement.settle('indexed');
  wipe();
  for (const read of ['value', 'isTombstone', 'bytes', 'start', 'end'] as const)
    expect(() => record[read]).toThrow('the value of the record at offset 3 was used after it had settled');
  const { topic, partition, offset, timestamp, key, headers } = record;
  expect({ topic, partition, offset, timestamp, key, headers, value: RECORD.value }).toEqual(RECORD);
});

it('has its value elsewhere from when it has to wait, and no more once it is abandoned', () => {
  const { record, document, wipe } = middle();
  document.settlement.detach();
  wipe();
  expect(String(record.value)).toBe('{"a":1}');
  expect([record.key, record.headers]).toEqual([RECORD.key, RECORD.headers]);
  document.settlement.abandon();
  expect(() => record.value).toThrow('used after it had settled');
});

it.each([true, false])('a tombstone is one, in memory of its own too (%s)', (isDetached) => {
  const lab = new PipelineLab({
    original: () => 'keep',
    deadLetters: { send: async () => {}, close: async () => {} },
  });
  const owned = lab.own();
  lab.receiveRecords([sourceRecord({ value: null, key: Buffer.from('k') })]);
  const [settlement] = owned.open();
  if (isDetached) settlement?.detach();
  expect(settlement?.record).toMatchObject({ value: null, isTombstone: true, key: Buffer.from('k') });
});

it('an empty value is none of null', () => {
  const [value, key] = [Buffer.alloc(0), Buffer.alloc(0)];
  expect(chunkOf([sourceRecord({ value, key })]).record(0)).toMatchObject({ value, key });
});
