/** Records as bytes and numbers: they are read as they were written, whatever lies beside them. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RECORD_OVERHEAD_BYTES, RecordChunk, sizeOf } from '../../../src/memory/record-chunk.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { sourceRecord } from '../support/fakes.ts';
import { chunkOf } from '../support/runs.ts';

const ROOM = 60;

/** As it comes out of a chunk: headers one in an object, and no leader epoch. */
function asRead(record: SourceRecord): SourceRecord {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  return { topic, partition, offset, timestamp, key, value, headers };
}

const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array));
const anyRecord: fc.Arbitrary<SourceRecord> = fc.record({
  topic: fc.constantFrom('app-logs', 'a', 'x'.repeat(249)),
  partition: fc.nat({ max: 20_000 }),
  offset: fc.maxSafeNat(),
  timestamp: fc.oneof(fc.constant(-1), fc.nat()),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.option(
    fc
      .array(fc.tuple(fc.string({ unit: 'grapheme' }), bytes))
      .map((pairs) => pairs.map(([name, value]) => Object.fromEntries([[name, value]]))),
    { nil: undefined },
  ),
  leaderEpoch: fc.nat(),
});

describe('a record that was written', () => {
  it.each<[string, Partial<SourceRecord>]>([
    ['without a key and headers', {}],
    ['with a key', { key: Buffer.from('k') }],
    ['with an empty key, which is not none', { key: Buffer.alloc(0) }],
    ['that is a tombstone', { value: null, key: Buffer.from('k') }],
    ['with an empty value, which is not none', { value: Buffer.alloc(0) }],
    ['of nothing at all', { value: null }],
    ['with headers', { headers: [{ a: Buffer.from('1') }, { b: Buffer.alloc(0) }], key: Buffer.from('k') }],
    ['with headers and no key', { headers: [{ a: Buffer.from([0xff]) }] }],
    ['with a list of no headers, which is not none', { headers: [] }],
    ['without a time', { timestamp: -1 }],
    ['at the highest offset', { offset: Number.MAX_SAFE_INTEGER, partition: 99_999 }],
  ])('comes out as it was: %s', (_name, partial) => {
    const record = sourceRecord(partial);
    for (const room of [0, ROOM]) {
      const chunk = RecordChunk.of(record, room);
      expect(chunk.record(0)).toEqual(record);
      expect(chunk.isTombstone(0)).toBe(record.value === null);
      expect(chunk.leaderEpoch(0)).toBeUndefined();
      expect(chunk.bytes.length).toBe(sizeOf(record, room));
    }
  });

  it('keeps its leader epoch, 0 included', () => {
    expect(RecordChunk.of(sourceRecord({ leaderEpoch: 0 })).leaderEpoch(0)).toBe(0);
    expect(RecordChunk.of(sourceRecord({ leaderEpoch: 7 })).leaderEpoch(0)).toBe(7);
  });

  it('has beside it what every other one has, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), fc.boolean(), (records, hasRoom) => {
        const chunk = chunkOf(records, hasRoom ? ROOM : 0);
        for (const [row, record] of records.entries()) {
          expect(chunk.record(row)).toEqual(asRead(record));
          expect(chunk.leaderEpoch(row)).toBe(record.leaderEpoch);
          const { key, value } = record;
          expect(chunk.size(row)).toBe(
            RECORD_OVERHEAD_BYTES +
              (key?.length ?? 0) +
              (value?.length ?? 0) +
              (chunk.headers(row)?.length ?? 0),
          );
        }
      }),
    );
  });

  it('gives a key and headers of its own, and a value where it lies', () => {
    const chunk = RecordChunk.of(
      sourceRecord({ key: Buffer.from('k'), value: Buffer.from('v'), headers: [{ a: Buffer.from('h') }] }),
    );
    const [key, headers, value] = [chunk.key(0), chunk.headers(0), chunk.value(0)];
    const copy = chunk.record(0);
    chunk.bytes.fill('z');
    expect([key, copy.key, copy.value].map(String)).toEqual(['k', 'k', 'v']);
    expect([copy.headers, headers?.at(-1)]).toEqual([[{ a: Buffer.from('h') }], 'h'.charCodeAt(0)]);
    expect(String(value)).toBe('z');
  });

  it('has space for an action line before its value, and one byte after it', () => {
    const records = [sourceRecord({ offset: 123, partition: 45 }), sourceRecord({ offset: 7 })];
    const chunk = chunkOf(records, ROOM);
    expect(chunk.gap(0)).toBe(ROOM + 'app-logs'.length + '45'.length + '123'.length);
    expect(chunk.valueStart(0)).toBe(chunk.gap(0));
    expect(chunk.valueStart(1) - chunk.gap(1)).toBe(chunk.valueEnd(0) + 1);
    const without = chunkOf(records);
    expect([without.gap(0), without.valueStart(1)]).toEqual([0, without.valueEnd(0)]);
  });

  it('is of the same partition as another one of the same topic and number', () => {
    const where = [
      ['a', 0],
      ['a', 0],
      ['a', 1],
      ['b', 0],
    ] as const;
    const chunk = chunkOf(where.map(([topic, partition]) => sourceRecord({ topic, partition })));
    expect([1, 2, 3].map((row) => chunk.isSamePartition(0, row))).toEqual([true, false, false]);
  });
});

describe('a record that is extracted', () => {
  it('is as it was, whatever becomes of its chunk', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), fc.nat(), (records, which) => {
        const row = which % records.length;
        const chunk = chunkOf(records, ROOM);
        const [gap, size] = [chunk.gap(row), chunk.size(row)];
        const start = chunk.valueStart(row);
        const line = Buffer.from(chunk.bytes.subarray(start - gap, chunk.valueEnd(row) + 1));
        const plain = chunk.extract(row, 0);
        const whole = chunk.extract(row, gap);
        chunk.bytes.fill('z');
        chunk.rows.fill(-1);
        for (const own of [plain, whole]) {
          expect(own.record(0)).toEqual(asRead(records[row] as SourceRecord));
          expect(own.leaderEpoch(0)).toBe(records[row]?.leaderEpoch);
          expect(own.size(0)).toBe(size);
          expect(own.isShared).toBe(false);
        }
        expect(plain.bytes.length).toBe(size - RECORD_OVERHEAD_BYTES);
        expect(whole.bytes.subarray(0, line.length).equals(line)).toBe(true);
        expect(whole.bytes.length).toBe(line.length + plain.bytes.length - (plain.value(0)?.length ?? 0));
      }),
    );
  });
});
