/** Neighbours that settle as one, until their fates differ. */
import { describe, expect, it } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import { sourceRecord } from '../support/fakes.ts';
import { receivedRun, recordsOf } from '../support/runs.ts';

/** Records at these offsets that were received as one, and the settlements that it is split into. */
function splitRun(...offsets: number[]) {
  const run = receivedRun(
    offsets.map((offset) => sourceRecord({ offset, value: Buffer.from(`{"n":${offset}}`) })),
  );
  const parts: Settlement[] = [];
  const split = (): void => run.settlement.split((part) => void parts.push(part));
  return { ...run, parts, split };
}

describe('a run', () => {
  it('settles as one, and counts as the records that it is', () => {
    const { settlement, owned, reported, unused } = splitRun(3, 5, 6);
    expect([settlement.offset, settlement.last, settlement.count]).toEqual([3, 6, 3]);
    expect([owned.unsettled, owned.tracked, owned.watermark, owned.position]).toEqual([3, 3, 3, 7]);
    settlement.settle('indexed');
    expect(reported).toEqual([{ outcome: 'indexed', offset: 3, count: 3 }]);
    expect([owned.unsettled, owned.tracked, owned.watermark]).toEqual([0, 0, 7]);
    expect(unused.times).toBe(1);
  });

  it('has the time of its last record', () => {
    const records = recordsOf(['{}', '{}']).map((record, at) => ({ ...record, timestamp: 100 + at }));
    expect(receivedRun(records).settlement.timestamp).toBe(101);
  });

  it('that is abandoned abandons all its records', () => {
    const { settlement, owned, reported } = splitRun(0, 1);
    owned.closed = true;
    settlement.abandon();
    expect(reported).toEqual([{ outcome: 'returned', offset: 0, count: 2 }]);
    expect([owned.unsettled, owned.committable]).toEqual([0, null]);
  });
});

describe('a run that is split', () => {
  it('is its records, in order, with the bytes of each of them', () => {
    const { settlement, chunk, parts, split } = splitRun(3, 5, 6);
    settlement.chain = {};
    split();
    expect(parts.map(({ offset, last, count }) => [offset, last, count])).toEqual([
      [3, 3, 1],
      [5, 5, 1],
      [6, 6, 1],
    ]);
    expect(parts.map(({ record }) => String(record.value))).toEqual(['{"n":3}', '{"n":5}', '{"n":6}']);
    expect(parts.map(({ bytes }) => bytes)).toEqual([0, 1, 2].map((row) => chunk.size(row)));
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(settlement.bytes);
    for (const { chain } of parts) expect(chain).toBe(settlement.chain);
  });

  it('says where the value of each of them ends', () => {
    const { settlement, chunk } = splitRun(0, 1);
    const ends: number[] = [];
    settlement.split((_part, valueEnd) => void ends.push(valueEnd));
    expect(ends).toEqual([chunk.valueEnd(0), chunk.valueEnd(1)]);
  });

  it('is settled by none of them, and says nothing itself: each of them settles by itself', () => {
    const { settlement, owned, reported, parts, split } = splitRun(3, 5, 6);
    split();
    settlement.settle('indexed');
    settlement.abandon();
    expect(reported).toEqual([]);
    expect([owned.unsettled, owned.tracked, owned.watermark]).toEqual([3, 3, 3]);
    parts[1]?.settle('indexed');
    parts[0]?.settle('dead_lettered');
    expect([owned.unsettled, owned.watermark]).toEqual([1, 6]);
    parts[2]?.settle('indexed');
    expect([owned.unsettled, owned.watermark]).toEqual([0, 7]);
    expect(reported).toEqual([
      { outcome: 'indexed', offset: 5, count: 1 },
      { outcome: 'dead_lettered', offset: 3, count: 1 },
      { outcome: 'indexed', offset: 6, count: 1 },
    ]);
  });

  it('cannot be split again', () => {
    const { parts, split, document } = splitRun(0, 1, 2);
    document.split();
    expect(split).toThrow('used after it had settled');
    expect([parts.length, document.settlement.settled]).toEqual([0, true]);
  });

  it('keeps its memory until each of its records is settled, or waits elsewhere', () => {
    const { document, unused } = splitRun(0, 1, 2);
    const [first, second, third] = document.split() as [Document, Document, Document];
    first.settlement.settle('indexed');
    second.detach();
    expect(unused.times).toBe(0);
    third.settlement.settle('indexed');
    expect(unused.times).toBe(1);
    expect(second.source).toBe('{"n":1}');
    expect(String(second.settlement.record.value)).toBe('{"n":1}');
    second.settlement.settle('indexed');
    expect(unused.times).toBe(1);
  });

  it('cannot be where it is settled', () => {
    const { settlement, split } = splitRun(0, 1);
    settlement.settle('indexed');
    expect(split).toThrow('used after it had settled');
  });
});

describe('a record that waits', () => {
  it('lets go of the memory of its neighbours, once, and keeps its own bytes', () => {
    const { document, unused } = splitRun(0, 1);
    const [first, second] = document.split() as [Document, Document];
    second.settlement.settle('indexed');
    const { record } = first.settlement;
    first.settlement.detach();
    expect(unused.times).toBe(1);
    expect([String(record.value), first.source]).toEqual(['{"n":0}', '{"n":0}']);
    first.settlement.detach();
    first.detach();
    first.settlement.settle('indexed');
    expect(unused.times).toBe(1);
  });

  it('has nothing to let go once it is settled', () => {
    const { document, unused } = splitRun(0);
    document.settlement.settle('indexed');
    document.settlement.detach();
    document.detach();
    expect(unused.times).toBe(1);
  });
});
