/** Passthrough records continue together while their outcomes are equal. */
import { describe, expect, it } from 'vitest';
import { type Document, bulkBody } from '../../../src/elasticsearch/document.ts';
import { Assignment, OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { sourceRecord } from '../support/fakes.ts';
import { type LabOptions, PipelineLab } from '../support/pipeline-lab.ts';

function labOf(options: LabOptions = {}): { lab: PipelineLab; owned: OwnedPartition } {
  const lab = new PipelineLab({ runs: true, ...options });
  return { lab, owned: lab.own() };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const counts = ({ documents }: PipelineLab): number[] => documents.map(({ count }) => count);
const small = (...offsets: number[]): SourceRecord[] =>
  offsets.map((offset) => sourceRecord({ offset, value: Buffer.from(`{"n":${offset}}`) }));

/** The `n` of each document, in the order in which they would be sent. */
function sent({ documents }: PipelineLab): number[] {
  const lines = bulkBody(documents).toString().split('\n');
  return lines.filter((_, at) => at % 2 === 1).map((line) => (JSON.parse(line) as { n: number }).n);
}

describe('records that are not parsed', () => {
  it('continue as one document, and settle together', () => {
    const { lab, owned } = labOf();
    lab.receiveRecords(small(...range(0, 10)));
    expect([counts(lab), sent(lab)]).toEqual([[10], range(0, 10)]);
    expect([lab.received, lab.pipeline.inFlight, owned.unsettled, owned.watermark]).toEqual([10, 10, 10, 0]);
    expect(lab.pipeline.budget.usedBytes).toBeGreaterThan(5000);
    lab.acknowledge();
    expect([lab.counts.indexed, lab.pipeline.inFlight, owned.watermark]).toEqual([10, 0, 10]);
    expect(lab.pipeline.budget.usedBytes).toBe(0);
  });

  it('continue by partition, however they are mixed', () => {
    const { lab } = labOf();
    lab.own(1);
    const [one, other] = [small(0, 1, 2, 3), small(0, 1, 2).map((record) => ({ ...record, partition: 1 }))];
    lab.receiveRecords([...one.slice(0, 3), ...other, ...one.slice(3)]);
    expect(lab.documents.map(({ settlement, count }) => [settlement.partition.partition, count])).toEqual([
      [0, 3],
      [1, 3],
      [0, 1],
    ]);
    while (lab.documents.length > 0) lab.acknowledge();
    expect(lab.assignment.all().map(({ watermark }) => watermark)).toEqual([4, 3]);
  });

  it('continue around those that cannot, and the watermark waits for each of them', async () => {
    const { lab, owned } = labOf();
    lab.receive(['{"n":0}', '{"n":1}', 'no JSON', '{"n":\n3}', null, '{"n":5}', '{"n":6}']);
    expect([counts(lab), sent(lab)]).toEqual([
      [2, 1, 2],
      [0, 1, 3, 5, 6],
    ]);
    expect(lab.counts.skipped).toBe(1);
    for (const document of lab.documents.toReversed()) lab.acknowledge(document);
    expect(owned.watermark).toBe(2);
    await lab.bury();
    expect([owned.watermark, lab.pipeline.budget.usedBytes]).toEqual([7, 0]);
  });

  it('that come again do so for nothing', () => {
    const { lab, owned } = labOf();
    lab.receiveRecords(small(...range(0, 5)));
    lab.receiveRecords(small(...range(0, 8)));
    expect([counts(lab), sent(lab), lab.received]).toEqual([[5, 3], range(0, 8), 8]);
    lab.receiveRecords(small(9, 3, 4, 9, 10));
    expect([counts(lab), lab.received, owned.position]).toEqual([[5, 3, 1, 1], 10, 11]);
    expect(sent(lab).slice(8)).toEqual([9, 10]);
  });

  it('are not received from draining partitions, or from those of other members', () => {
    const { lab, owned } = labOf();
    owned.draining = true;
    lab.receiveRecords(small(0, 1));
    lab.receiveRecords(small(0, 1).map((record) => ({ ...record, partition: 7 })));
    lab.receiveRecords(small(0, 1).map((record) => ({ ...record, topic: 'other' })));
    expect([lab.received, owned.position, lab.documents]).toEqual([0, 0, []]);
  });

  it('are of the epochs that their leaders had, where these changed', () => {
    const { lab, owned } = labOf();
    const epochs = [3, 3, 4, 4, undefined, 6];
    lab.receiveRecords(
      small(10, 11, 15, 16, 17, 20).map((record, at) => {
        const leaderEpoch = epochs[at];
        return leaderEpoch === undefined ? record : { ...record, leaderEpoch };
      }),
    );
    expect(counts(lab)).toEqual([2, 2, 1, 1]);
    expect([10, 11, 15, 16, 18, 20, 21].map((offset) => owned.epochs.before(offset))).toEqual([
      -1, 3, 3, 4, 4, 4, 6,
    ]);
    expect(owned.leaderEpoch).toBe(6);
  });

  it('of a revoked partition are returned together, and change nothing afterwards', () => {
    const { lab, owned } = labOf();
    lab.receiveRecords(small(...range(0, 10)));
    const [run] = lab.documents as [Document];
    lab.revoke(owned);
    expect([lab.counts.returned, lab.pipeline.inFlight, lab.pipeline.budget.usedBytes]).toEqual([10, 0, 0]);
    expect(lab.documents).toEqual([]);
    lab.pipeline.indexed(run);
    expect(run.split()).toEqual([run]);
    expect([lab.counts.returned, lab.counts.indexed, owned.committable]).toEqual([10, 0, null]);
    expect(() => bulkBody([run])).toThrow('settled record');
  });

  it('keep a partition from being drained until they are settled', async () => {
    const { lab, owned } = labOf();
    lab.receiveRecords(small(0, 1));
    let isDrained = false;
    const drained = lab.pipeline.drained([owned], 60_000).then(() => void (isDrained = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isDrained).toBe(false);
    lab.acknowledge();
    await drained;
  });

  it('count for the rejection rate each by itself', () => {
    const { lab } = labOf({ holdAboveRatio: 0.5 });
    lab.receiveRecords(small(...range(0, 400)));
    while (lab.documents.length > 1) lab.acknowledge();
    const [last] = lab.documents[0]?.split() ?? [];
    expect(lab.reject(last)).toBeUndefined();
    expect(lab.deadLetters).toHaveLength(1);
  });
});

describe('a run of which one is rejected', () => {
  it('has it dead-lettered as it came, with its key and headers', async () => {
    const { lab, owned } = labOf();
    const [key, headers] = [Buffer.from('key'), [{ trace: Buffer.from([0xff]) }]];
    lab.receiveRecords(small(0, 1, 2).map((record) => ({ ...record, key, headers })));
    lab.documents = [...(lab.documents[0]?.split() ?? [])];
    const [first, second, third] = lab.documents as [Document, Document, Document];
    lab.reject(second);
    for (const document of [first, third]) lab.acknowledge(document);
    expect([owned.watermark, owned.unsettled]).toEqual([1, 1]);
    const [deadLetter] = lab.deadLetters;
    const { record } = deadLetter?.settlement ?? {};
    expect(record).toMatchObject({ offset: 1, key, headers, value: Buffer.from('{"n":1}') });
    await lab.bury();
    expect([owned.watermark, lab.counts.indexed, lab.counts.dead_lettered]).toEqual([3, 2, 1]);
    expect(lab.pipeline.budget.usedBytes).toBe(0);
  });

  it('has only that one go through another chain, where it is blocked', () => {
    const { lab, owned } = labOf({ deadLettersOff: true });
    lab.receiveRecords(small(0, 1, 2));
    lab.documents = [...(lab.documents[0]?.split() ?? [])];
    const [first, second, third] = lab.documents as [Document, Document, Document];
    lab.reject(second);
    for (const document of [first, third]) lab.acknowledge(document);
    expect(lab.rejected).toEqual([second]);
    lab.changeChain([{ run: (event) => ({ ...event, mended: true }), onError: 'dead_letter' }]);
    expect(lab.documents.map(({ source }) => source)).toEqual(['{"n":1,"mended":true}']);
    lab.acknowledge();
    expect([owned.watermark, lab.counts.indexed, lab.pipeline.inFlight]).toEqual([3, 3, 0]);
  });
});

describe('records are single', () => {
  it.each<[string, LabOptions]>([
    ['where a transform reads them', { run: (event) => event }],
    ['where they are text', { codec: 'text' }],
    ['where each of them needs a @timestamp', { elasticsearch: '{ mode: data_stream }' }],
    ['where the index depends on them', { elasticsearch: '{ index: "l-{{n}}" }' }],
    ['where they were dead letters', { original: (record) => record }],
  ])('%s', (_where, options) => {
    const { lab } = labOf(options);
    lab.receiveRecords(small(0, 1, 2));
    expect(counts(lab)).toEqual([1, 1, 1]);
    expect(lab.pipeline.room > 0).toBe(options.original !== undefined);
  });

  it('from when a chain parses them, though they were read before, and together again without one', () => {
    const { lab } = labOf();
    expect(lab.pipeline.room).toBeGreaterThan(0);
    const before = lab.pipeline.room;
    lab.changeChain([{ run: (event) => ({ ...event, seen: true }), onError: 'dead_letter' }]);
    expect(lab.pipeline.room).toBe(0);
    lab.receiveRecords(small(0, 1), before);
    expect(lab.documents.map(({ source }) => source)).toEqual(['{"n":0,"seen":true}', '{"n":1,"seen":true}']);
    lab.changeChain([]);
    // Read with no room before them.
    lab.receiveRecords(small(2, 3), 0);
    lab.receiveRecords(small(4, 5));
    expect([counts(lab), sent(lab)]).toEqual([
      [1, 1, 1, 1, 2],
      [0, 1, 2, 3, 4, 5],
    ]);
  });
});

it('an epoch of before goes with the new one, and keeps its runs until then', () => {
  const { lab, owned } = labOf();
  lab.receiveRecords(small(0, 1, 2));
  lab.assignment.remove(owned);
  const again = lab.own(0, 0);
  lab.receiveRecords(small(0, 1));
  expect([owned.unsettled, again.unsettled, lab.pipeline.inFlight]).toEqual([3, 2, 5]);
  lab.acknowledge();
  expect([owned.committable, again.watermark, lab.counts.indexed]).toEqual([null, 0, 3]);
  lab.revoke(again);
  expect([lab.counts.returned, lab.pipeline.inFlight]).toEqual([2, 0]);
  expect(lab.assignment).toEqual(new Assignment());
});

describe('the few records that a transform keeps of a batch', () => {
  const kept = (every: number): number[] => {
    let seen = 0;
    const lab = new PipelineLab({ run: (event) => (seen++ % every === 0 ? event : undefined) });
    lab.own();
    lab.receive(Array.from({ length: 200 }, (_, n) => `{"n":${n},"text":"${'x'.repeat(100)}"}`));
    expect(lab.documents).toHaveLength(200 / every);
    return lab.documents.map(({ settlement }) => settlement.record.bytes.length);
  };

  it('do not keep the memory of those that were dropped', () => {
    for (const bytes of kept(100)) expect(bytes).toBeLessThan(200);
  });

  it('stay where they lie where they are most of it', () => {
    for (const bytes of kept(1)) expect(bytes).toBeGreaterThan(20_000);
  });
});
