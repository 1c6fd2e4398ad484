/** Which neighbours go to Elasticsearch as one, where they lie in memory: those of which nothing is special. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bulkBody } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import { type PlacedRun, placeRun } from '../../../src/pipeline/passthrough-run.ts';
import type { RecordChunk } from '../../../src/memory/record-chunk.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { RECORD_TIME, sourceRecord } from '../support/fakes.ts';
import { BatchWriter } from '../../../src/memory/batch-writer.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';
import { batchOf, chunkOf, passthroughOf, recordsOf } from '../support/runs.ts';

const ACTION_PARTS = '{"index":{"_index":"app-logs","_id":""}}'.length;

function place(chunk: RecordChunk, from = 0, to = batchOf(chunk).to): PlacedRun {
  return placeRun(passthroughOf(), chunk, from, to);
}

function placed(records: readonly SourceRecord[], room = passthroughOf().room): PlacedRun {
  return place(chunkOf(records, room));
}

/** The two lines of a record, as a bulk body has them. */
function linesOf(record: SourceRecord): string {
  return `{"index":{"_index":"app-logs","_id":"${documentId(record)}"}}\n${String(record.value)}\n`;
}

/** Runs as long as they go, one after the other; a record that belongs to none is a run of one. */
function lengths(records: readonly SourceRecord[]): number[] {
  const chunk = chunkOf(records, passthroughOf().room);
  const found: number[] = [];
  for (let row = 0; row < records.length; row += Math.max(1, found.at(-1) ?? 0))
    found.push(place(chunk, row).count);
  return found;
}

const small = (count: number): SourceRecord[] =>
  recordsOf(Array.from({ length: count }, (_, n) => `{"n":${n}}`));

/** Three records of which the second is different. */
function withSecond(change: Partial<SourceRecord>): SourceRecord[] {
  return small(3).map((record, at) => (at === 1 ? { ...record, ...change } : record));
}

describe('the documents of neighbours', () => {
  it('lie side by side in their chunk, each with its action line before it', () => {
    const records = [...small(7), ...small(3).map((record) => ({ ...record, offset: record.offset + 98 }))];
    const chunk = chunkOf(records, passthroughOf().room);
    const run = place(chunk);
    expect(run.count).toBe(10);
    expect(chunk.bytes.toString('utf8', run.start, run.end)).toBe(records.map(linesOf).join(''));
    expect(run.bytes).toBe(records.reduce((sum, _record, row) => sum + chunk.size(row), 0));
  });

  it('touch no key, no headers and no value', () => {
    const records = small(5).map((record, at) => ({
      ...record,
      key: at % 2 === 0 ? Buffer.from(`key ${at}`) : null,
      headers: at % 3 === 0 ? [{ h: Buffer.from(`header ${at}`) }] : undefined,
    }));
    const chunk = chunkOf(records, passthroughOf().room);
    expect(place(chunk).count).toBe(5);
    for (const [row, record] of records.entries()) expect(chunk.record(row)).toEqual(record);
  });

  it('start at any row, and end before the given one', () => {
    const records = small(9);
    const chunk = chunkOf(records, passthroughOf().room);
    const run = place(chunk, 3, 7);
    expect(run.count).toBe(4);
    expect(chunk.bytes.toString('utf8', run.start, run.end)).toBe(records.slice(3, 7).map(linesOf).join(''));
    expect(place(chunk, 4, 4).count).toBe(0);
  });
});

describe('a run ends before a record', () => {
  it.each<[string, Partial<SourceRecord>]>([
    ['that is no JSON', { value: Buffer.from('{"n":}') }],
    ['that is no object', { value: Buffer.from('[1]') }],
    ['that is no UTF-8', { value: Buffer.from([...Buffer.from('{"n":"'), 0xff, ...Buffer.from('"}')]) }],
    ['that is nested too deep', { value: Buffer.from(`{"n":${'['.repeat(2000)}${']'.repeat(2000)}}`) }],
    ['with a line feed', { value: Buffer.from('{"n":\n1}') }],
    ['that ends in a line feed', { value: Buffer.from('{"n":1}\n') }],
    ['of no bytes', { value: Buffer.alloc(0) }],
    ['that is a tombstone', { value: null }],
    // Its id is longer than those of this millennium.
    ['without room for its action line', { timestamp: 36 ** 9 }],
  ])('%s, which is none itself', (_name, change) => {
    expect(lengths(withSecond(change))).toEqual([1, 0, 1]);
  });

  it.each<[string, Partial<SourceRecord>]>([
    ['of another leader epoch', { leaderEpoch: 4 }],
    ['at the same offset', { offset: 0 }],
  ])('%s, which starts another one', (_name, change) => {
    expect(lengths(withSecond(change))).toEqual([1, ...('offset' in change ? [2] : [1, 1])]);
  });

  it('of a lower offset, and of any that is not above the last one', () => {
    const at = (...offsets: number[]): number[] => lengths(offsets.map((offset) => sourceRecord({ offset })));
    expect(at(5, 6, 4, 5, 9, 9)).toEqual([2, 3, 1]);
    expect(at(0, 0, 0)).toEqual([1, 1, 1]);
  });

  it('of another leader epoch, whichever of them is known', () => {
    const epochs = [undefined, undefined, 3, 3, 4, undefined];
    const records = small(6).map((record, at) => {
      const leaderEpoch = epochs[at];
      return leaderEpoch === undefined ? record : { ...record, leaderEpoch };
    });
    expect(lengths(records)).toEqual([2, 2, 1, 1]);
  });

  it('that does not lie directly after its neighbour', () => {
    const [first, second] = small(2) as [SourceRecord, SourceRecord];
    const { room } = passthroughOf();
    const chunk = chunkOf([first, second], room + 1);
    expect([place(chunk).count, place(chunk, 1).count]).toEqual([1, 1]);
    const run = place(chunk, 1);
    expect(chunk.bytes.toString('utf8', run.start, run.end)).toBe(linesOf(second));
  });
});

it('there is no run where no room was left before values, or too little', () => {
  expect(placed(small(3), 0).count).toBe(0);
  const { room } = passthroughOf();
  expect(placed(small(3), room - 1).count).toBe(0);
  expect(placed(small(3), room).count).toBe(3);
  // For the topic, the partition and the offset it is added.
  expect(room).toBe(ACTION_PARTS + documentId(sourceRecord()).length - 'app-logs00'.length + '\n'.length);
});

it('what is not placed is as it was, where the gap is too small', () => {
  const records = small(3);
  const chunk = chunkOf(records, passthroughOf().room - 1);
  const before = Buffer.from(chunk.bytes);
  place(chunk);
  expect(chunk.bytes.equals(before)).toBe(true);
});

describe('a run is limited', () => {
  it('in the number of its records', () => {
    expect(lengths(small(300))).toEqual([128, 128, 44]);
  });

  it('in its bytes, but for a record that is larger by itself', () => {
    const large = (bytes: number): string => `{"n":"${'x'.repeat(bytes - 8)}"}`;
    const records = recordsOf([
      ...Array.from({ length: 8 }, () => large(30_000)),
      large(400_000),
      large(100),
    ]);
    expect(lengths(records)).toEqual([4, 4, 1, 1]);
    const chunk = chunkOf(records, passthroughOf().room);
    const { start, end } = place(chunk);
    expect(end - start).toBeLessThanOrEqual(131_072);
  });
});

it('a time that is unknown, or before 1970, needs as much room as any other', () => {
  const times = [-1, 0, RECORD_TIME, 36 ** 9 - 1];
  const records = small(4).map((record, at) => ({ ...record, timestamp: times[at] as number }));
  const chunk = chunkOf(records, passthroughOf().room);
  const run = place(chunk);
  expect(chunk.bytes.toString('utf8', run.start, run.end)).toBe(records.map(linesOf).join(''));
});

it('the same is sent, whether documents lie with their records or not', () => {
  const object = fc.object({ maxDepth: 1, maxKeys: 4, withUnicodeString: true });
  const value = fc.oneof(
    { weight: 6, arbitrary: object.map((made) => JSON.stringify(made)) },
    object.map((made) => JSON.stringify(made, null, 1)),
    fc.constantFrom(null, '', 'no JSON', '[]', '{"a":1.0,"a":2}', ' {"n" : 1e400 } '),
  );
  const writer = new BatchWriter();
  const sent = ({ documents, deadLetters, counts }: PipelineLab): object => ({
    body: bulkBody(documents).toString(),
    deadLetters: deadLetters.map(({ settlement, why }) => [settlement.offset, why.reason]),
    counts,
  });
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 30 }),
      fc.option(fc.constant(Buffer.from('key'))),
      (values, key) => {
        const [placing, copying] = [new PipelineLab({ runs: true, writer }), new PipelineLab({ writer })];
        for (const lab of [placing, copying]) lab.own();
        const records = recordsOf(values).map((record) => ({ ...record, key }));
        placing.receiveRecords(records);
        copying.receiveRecords(records, 0);
        expect(sent(placing)).toEqual(sent(copying));
      },
    ),
    { numRuns: 100 },
  );
});
