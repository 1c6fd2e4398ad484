/** Everything that is kept of a record counts against `buffer.max_bytes` (promise P4). */
import { describe, expect, it } from 'vitest';
import { RecordChunk, RECORD_OVERHEAD_BYTES } from '../../../src/memory/record-chunk.ts';
import type { SourceRecord } from '../../../src/record.ts';
import type { ReduceTransform, TransformFunction } from '../../../src/transform/api/api.ts';
import { deferred, settleDown, sourceRecord } from '../support/fakes.ts';
import { type LabOptions, PipelineLab } from '../support/pipeline-lab.ts';

type Headers = NonNullable<SourceRecord['headers']>;

const one = (name: string, value: Buffer | string): Headers => [{ [name]: value }];

describe('the bytes of a record', () => {
  it.each<[string, Partial<SourceRecord>, number]>([
    ['one large header', { headers: one('trace', Buffer.alloc(500_000)) }, 500_000],
    ['a header that is a text', { headers: one('trace', 'é'.repeat(250_000)) }, 500_000],
    ['a header with a large name', { headers: one('n'.repeat(500_000), '') }, 500_000],
    ['a header with a name of other scripts', { headers: one('€'.repeat(170_000), '') }, 500_000],
    [
      'many headers',
      { headers: Array.from({ length: 5000 }, (_, n) => ({ [`h${n}`]: Buffer.alloc(100) })) },
      500_000,
    ],
    [
      'many empty headers',
      { headers: Array.from({ length: 50_000 }, () => ({ h: Buffer.alloc(0) })) },
      450_000,
    ],
    [
      'one object with many headers',
      { headers: [{ a: Buffer.alloc(250_000), b: Buffer.alloc(250_000) }] },
      500_000,
    ],
    ['a key', { key: Buffer.alloc(500_000) }, 500_000],
    ['a value', { value: Buffer.from(`{"a":"${'x'.repeat(500_000)}"}`) }, 500_000],
  ])('%s counts in full', (_name, partial, bytes) => {
    const chunk = RecordChunk.of(sourceRecord(partial));
    expect(chunk.size(0)).toBe(RECORD_OVERHEAD_BYTES + chunk.bytes.length);
    expect(chunk.bytes.length).toBeGreaterThanOrEqual(bytes);
    expect(chunk.bytes.length).toBeLessThan(bytes * 1.2);
    const lab = new PipelineLab({ bufferBytes: 8_000_000 });
    lab.own();
    lab.receiveRecords([sourceRecord(partial)]);
    expect(lab.pipeline.budget.usedBytes).toBeGreaterThanOrEqual(bytes);
    lab.acknowledge();
    expect(lab.pipeline.budget.usedBytes).toBe(0);
  });

  it('are those of nothing where there is nothing, and a header without a value has a name', () => {
    const sizeOf = (headers: Headers | undefined): number =>
      RecordChunk.of(sourceRecord({ key: null, value: null, headers })).size(0) - RECORD_OVERHEAD_BYTES;
    expect(sizeOf(undefined)).toBe(0);
    expect(sizeOf([])).toBe(0);
    expect(sizeOf([{ n: null as unknown as Buffer }])).toBe(9);
  });
});

const LINE = JSON.stringify({ text: 'x'.repeat(10_000) });

function usedBy(options: LabOptions, values = [LINE]): PipelineLab {
  const lab = new PipelineLab(options);
  lab.own();
  lab.receive(values);
  return lab;
}

const used = ({ pipeline }: PipelineLab): number => pipeline.budget.usedBytes;

describe('beside the bytes of a record count', () => {
  const reduce: ReduceTransform = {
    key: () => 'all',
    starts: () => false,
    merge: (events) => events[0] ?? {},
    maxEvents: 3,
    maxGapMs: 1000,
  };

  it('its event, for as long as it waits in a group', () => {
    const lab = usedBy({ steps: [{ run: (event) => event, onError: 'dead_letter', reduce }] });
    expect(used(lab)).toBeGreaterThan(30_000);
    expect(lab.pipeline.stuckBytes).toBe(used(lab));
    lab.receive([LINE, LINE], 1);
    // Three records and the document, and no event any more.
    expect(used(lab)).toBeLessThan(45_000);
    expect(lab.pipeline.stuckBytes).toBe(0);
    lab.acknowledge();
    expect(used(lab)).toBe(0);
  });

  it('its event, for as long as an asynchronous transform has it in hand', async () => {
    const gate = deferred();
    const late: TransformFunction = async () => {
      await gate.promise;
      return { small: true };
    };
    const lab = usedBy({ run: late });
    expect(used(lab)).toBeGreaterThan(30_000);
    gate.resolve();
    await settleDown();
    expect(used(lab)).toBeLessThan(12_000);
    lab.acknowledge();
    expect(used(lab)).toBe(0);
  });

  it('the event of several, for as long as an later asynchronous transform has it in hand', async () => {
    const gate = deferred();
    const late: TransformFunction = async () => {
      await gate.promise;
      return { small: true };
    };
    const lab = usedBy(
      {
        steps: [
          { run: (event) => event, onError: 'dead_letter', reduce },
          { run: late, onError: 'dead_letter' },
        ],
      },
      [LINE, LINE, LINE],
    );
    expect(used(lab)).toBeGreaterThan(90_000);
    gate.resolve();
    await settleDown();
    expect(used(lab)).toBeLessThan(40_000);
    lab.acknowledge();
    expect(used(lab)).toBe(0);
  });

  it('every document that it becomes, small ones too', () => {
    const lab = usedBy({ run: () => Array.from({ length: 1000 }, (_, n) => ({ n })) }, ['{}']);
    expect(used(lab)).toBeGreaterThan(200_000);
    while (lab.documents.length > 0) lab.acknowledge();
    expect(used(lab)).toBe(0);
  });

  it('its dead letter, which is another copy, until that is acknowledged', async () => {
    const lab = usedBy({}, ['x'.repeat(10_000)]);
    expect(used(lab)).toBeGreaterThan(20_000);
    await lab.bury();
    expect(used(lab)).toBe(0);
  });
});

it('the message of an error is truncated: it may quote the whole record', () => {
  const run: TransformFunction = ({ text }) => {
    throw new Error(String(text));
  };
  const lab = usedBy({ run });
  expect(lab.deadLetters[0]?.why.message).toHaveLength(1000);
});

it('a document that has to wait keeps one copy of the bytes, that of its record lies in it', () => {
  const lab = usedBy({});
  const [document] = lab.documents;
  document?.detach();
  expect(document?.chunk.bytes.length).toBe(document?.bytes);
  const value = document?.settlement.record.value;
  expect(value?.toString()).toBe(LINE);
  expect(value?.buffer).toBe(document?.chunk.bytes.buffer);
  document?.settlement.detach();
  expect(document?.settlement.record.value?.buffer).toBe(document?.chunk.bytes.buffer);
});
