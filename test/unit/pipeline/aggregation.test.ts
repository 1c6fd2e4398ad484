import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import type { Event, ReduceTransform, TransformFunction } from '../../../src/transform/api/api.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import { Chain } from '../../../src/transform/runtime/chain.ts';
import { deferred, settleDown, sourceRecord } from '../support/fakes.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';

const pass: TransformFunction = (event) => event;

/** Events that start with a capital start a group of their source; texts are joined. */
const joining: ReduceTransform = {
  key: ({ from }) => (typeof from === 'string' ? from : undefined),
  starts: ({ text }) => /^[A-Z]/.test(String(text)),
  merge: (events) => ({ ...events[0], text: events.map(({ text }) => text).join('') }),
  maxEvents: 5,
  maxGapMs: 1000,
};

function lab(over: Partial<ReduceTransform> = {}, after: TransformFunction = pass) {
  const made = new PipelineLab({
    steps: [
      { run: pass, onError: 'dead_letter', reduce: { ...joining, ...over } },
      { run: after, onError: 'dead_letter' },
    ],
  });
  return { made, owned: made.own() };
}

const line = (text: string, from = 'a') => JSON.stringify({ from, text });
const textsOf = (documents: readonly Document[]) =>
  documents.map(({ source }) => (JSON.parse(source) as Event)['text']);

describe('records that are aggregated', () => {
  it('move the offset only when that event is acknowledged, and then all of them', () => {
    const { made, owned } = lab();
    made.receive([line('A'), line('b'), line('c'), line('D')]);
    expect(textsOf(made.documents)).toEqual(['Abc']);
    expect([owned.watermark, owned.waiting]).toEqual([0, 1]);
    made.acknowledge();
    expect(owned.watermark).toBe(3);
    expect(made.counts).toMatchObject({ indexed: 3 });
  });

  it('are all read again or none: the offset never comes to lie between them', () => {
    const { made, owned } = lab();
    // b reaches from 1 to 3 and is settled; a, at 0 and 2, is not.
    made.receive([line('A'), line('B', 'b'), line('a'), line('b', 'b'), line('X', 'b'), line('X')]);
    expect(textsOf(made.documents)).toEqual(['Bb', 'Aa']);
    made.acknowledge();
    expect(owned.watermark).toBe(0);
    made.acknowledge();
    expect(owned.watermark).toBe(4);
    expect(owned.oldest?.offset).toBe(4);
  });

  it('between which another one is open keep the offset at their first', () => {
    const { made, owned } = lab();
    made.receive([line('B', 'b'), line('A'), line('b', 'b'), line('X', 'b')]);
    made.acknowledge();
    // 0 and 2 are settled, 1 is not: from 1 on the event of 0 and 2 would be made of 2 alone.
    expect([owned.watermark, owned.oldest?.offset]).toEqual([0, 1]);
    made.receive([line('X')], 4);
    made.acknowledge();
    expect(owned.watermark).toBe(3);
  });

  it('end where the offset is a multiple of 10,000, however often they are read', () => {
    const { made } = lab();
    made.receive([line('A'), line('b')], 9998);
    made.receive([line('c'), line('D')], 10_000);
    expect(textsOf(made.documents)).toEqual(['Ab', 'c']);
  });

  it('have the id of the first, whatever comes between', () => {
    const { made } = lab();
    made.receive([line('A'), line('X', 'other'), line('b'), line('C')], 40);
    const [document] = made.documents;
    expect(textsOf(made.documents)).toEqual(['Ab']);
    expect(document?.action).toContain(`"${documentId(sourceRecord({ offset: 40 }))}"`);
  });

  it('are separate by key and by partition; events without a key are not aggregated', () => {
    const { made } = lab();
    made.own(1);
    made.receive([line('A'), line('B', 'other'), '{"text":"alone"}']);
    made.receive([line('c')], 0, 1);
    expect(textsOf(made.documents)).toEqual(['alone']);
  });

  it('are complete at the limit', () => {
    const { made } = lab({ maxEvents: 3 });
    made.receive([line('A'), line('b'), line('c'), line('d')]);
    expect(textsOf(made.documents)).toEqual(['Abc']);
  });

  it('are complete when a record comes that is late enough, of another source or none', () => {
    const { made } = lab();
    const at = (timestamp: number, offset: number, value: string) =>
      sourceRecord({ offset, timestamp, value: Buffer.from(value) });
    made.receiveRecords([at(1000, 0, line('A')), at(2000, 1, line('b')), at(3000, 2, '{"text":"later"}')]);
    expect(textsOf(made.documents)).toEqual(['later']);
    made.receiveRecords([at(3001, 3, '{"text":"late enough"}')]);
    expect(textsOf(made.documents)).toEqual(['later', 'Ab', 'late enough']);
  });

  it('go to the dead letter each by itself where the event is rejected', () => {
    const { made, owned } = lab();
    made.receive([line('A'), line('b'), line('C')]);
    const [document] = made.documents;
    if (document === undefined) throw new Error('no document');
    made.pipeline.rejected(document, 'document_parsing_exception', 'no date');
    expect(made.deadLetters.map(({ settlement }) => settlement.offset)).toEqual([0, 1]);
    expect(owned.watermark).toBe(0);
  });

  it('are dropped together, and dead-lettered together where merging fails', () => {
    const dropping = lab({}, () => undefined);
    dropping.made.receive([line('A'), line('b'), line('C')]);
    expect([dropping.made.counts.dropped, dropping.owned.watermark]).toEqual([2, 2]);
    const failing = lab({
      merge: () => {
        throw new Error('on purpose');
      },
    });
    failing.made.receive([line('A'), line('b'), line('C')]);
    expect(failing.made.deadLetters).toHaveLength(2);
  });

  it('do not keep a shutdown waiting, and are read again', async () => {
    const { made, owned } = lab();
    made.receive([line('A'), line('b')]);
    const started = Date.now();
    await made.pipeline.drained([owned], 10_000);
    expect(Date.now() - started).toBeLessThan(1000);
    made.pipeline.abandon([owned]);
    expect(made.counts.returned).toBe(2);
    expect(made.documents).toEqual([]);
  });

  it('do not keep a shutdown waiting where they are blocked together', async () => {
    const { made, owned } = lab();
    made.receive([line('A'), line('b'), line('C')]);
    made.blockedRecords.add('blocked', made.documents[0]?.settlement as Settlement);
    expect([owned.unsettled, owned.blocked, owned.waiting]).toEqual([3, 1, 1]);
    const started = performance.now();
    await made.pipeline.drained([owned], 10_000);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('that wait and are blocked at once hide no other one that is in flight', async () => {
    const { made, owned } = lab();
    made.receive([line('A'), '{"text":"alone"}']);
    const waiting = owned.oldest;
    made.blockedRecords.add('blocked', waiting as Settlement);
    let isOver = false;
    const drained = made.pipeline.drained([owned], 10_000).then(() => {
      isOver = true;
    });
    await settleDown();
    expect([isOver, owned.unsettled, owned.blocked, owned.waiting]).toEqual([false, 2, 1, 1]);
    made.acknowledge();
    await drained;
  });

  it('need more records where nothing else is under way, however full the buffer is', () => {
    const { made, owned } = lab({}, (event) => event);
    expect(made.pipeline.needsMore).toBe(false);
    made.receive([line('A'), '{"text":"alone"}']);
    expect(made.pipeline.needsMore).toBe(false);
    made.acknowledge();
    expect(made.pipeline.needsMore).toBe(true);
    made.receive([line('B')], 2);
    expect(made.pipeline.needsMore).toBe(false);
    made.acknowledge();
    expect([made.pipeline.needsMore, owned.waiting]).toEqual([true, 1]);
    made.revoke(owned);
    expect(made.pipeline.needsMore).toBe(false);
  });

  it('are complete at the end of the partition, once nothing has come for longer than the gap', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { made, owned } = lab();
    made.receive([line('A'), line('b')]);
    owned.highWatermark = 2;
    vi.advanceTimersByTime(1900);
    made.pipeline.closeIdleGroups();
    expect(made.documents).toEqual([]);
    vi.advanceTimersByTime(200);
    owned.highWatermark = 3;
    made.pipeline.closeIdleGroups();
    owned.highWatermark = 2;
    owned.paused = true;
    made.pipeline.closeIdleGroups();
    expect(made.documents).toEqual([]);
    // What was produced meanwhile may not have come yet.
    owned.paused = false;
    made.pipeline.closeIdleGroups();
    expect(made.documents).toEqual([]);
    vi.advanceTimersByTime(2100);
    made.pipeline.closeIdleGroups();
    expect(textsOf(made.documents)).toEqual(['Ab']);
  });

  it('are those of the order of the records, however long an earlier transform needs for each', async () => {
    const gates = [deferred<Event>(), deferred<Event>(), deferred<Event>()];
    const made = new PipelineLab({
      steps: [
        { run: ({ n }) => gates[n as number]?.promise, onError: 'dead_letter' },
        { run: pass, onError: 'dead_letter', reduce: joining },
      ],
    });
    made.own();
    made.receive(['{"n":0}', '{"n":1}', '{"n":2}']);
    for (const [n, text] of [
      [2, 'C'],
      [1, 'b'],
      [0, 'A'],
    ] as const) {
      gates[n]?.resolve({ from: 'a', text });
      await settleDown();
    }
    expect(textsOf(made.documents)).toEqual(['Ab']);
  });

  it('never fill the buffer: the oldest are closed, however large the one that grows', () => {
    const { made } = lab({ maxEvents: 1000 });
    made.receive(Array.from({ length: 50 }, (_, n) => line('A', `source ${n}`)));
    made.receive(
      Array.from({ length: 30 }, () => line('x'.repeat(20_000), 'source 0')),
      50,
    );
    // A quarter of the lab's buffer of 1,000,000 bytes.
    expect(made.documents.length).toBeGreaterThan(50);
  });

  it('have ids of their own where one reduce transform follows another, with splits between', () => {
    const split: TransformFunction = ({ from, text }) => [
      { from, text },
      { from: `${String(from)}+`, text },
    ];
    const reduce = { ...joining, starts: () => false, maxEvents: 1 };
    const step = { onError: 'dead_letter' } as const;
    const made = new PipelineLab({
      steps: [
        { ...step, run: split },
        { ...step, run: pass, reduce },
        { ...step, run: split },
        { ...step, run: pass, reduce },
        { ...step, run: split },
      ],
    });
    made.own();
    made.receive([line('A')]);
    expect(made.documents).toHaveLength(8);
    expect(new Set(made.documents.map(({ action }) => action)).size).toBe(8);
  });

  it('may be of one record: a record that was split settles when all that it became has', () => {
    const split: TransformFunction = ({ texts }) =>
      (texts as string[]).map((text) => ({ from: text.toLowerCase(), text }));
    const made = new PipelineLab({
      steps: [
        { run: split, onError: 'dead_letter' },
        { run: pass, onError: 'dead_letter', reduce: { ...joining, maxEvents: 2, starts: () => false } },
      ],
    });
    const owned = made.own();
    made.receive(['{"texts":["A","B","A"]}', '{"texts":["B"]}']);
    expect(textsOf(made.documents)).toEqual(['AA', 'BB']);
    const ids = made.documents.map(({ action }) => action);
    expect(new Set(ids).size).toBe(2);
    made.acknowledge();
    expect([owned.watermark, made.counts.indexed]).toEqual([0, 0]);
    made.acknowledge();
    expect([owned.watermark, made.counts.indexed]).toEqual([2, 2]);
  });
});

describe('a reduce transform that fails', () => {
  const fail = (): never => {
    throw new Error('on purpose');
  };

  it.each([
    ['key', { key: fail }],
    ['starts', { starts: fail }],
  ])('in %s fails for that event alone; the others continue', (_name, over) => {
    const { made, owned } = lab(over);
    made.receive([line('A'), line('b'), '{"text":"alone"}']);
    expect(made.deadLetters.length).toBeGreaterThan(0);
    for (const { answer } of made.deadLetters) answer.resolve();
    made.pipeline.changeChain(new Chain([], () => {}));
    expect(owned.unsettled - made.deadLetters.length).toBe(made.documents.length);
  });

  it.each([[5], [undefined], [[{}, {}]], [new Map()]])(
    'by merging to %j: all its records are dead-lettered',
    (garbage) => {
      const { made } = lab({ merge: () => garbage as unknown as Event });
      made.receive([line('A'), line('b'), line('C')]);
      expect(made.deadLetters.map(({ settlement }) => settlement.offset).toSorted((a, b) => a - b)).toEqual([
        0, 1,
      ]);
    },
  );
});

describe('another chain', () => {
  const chainOf = (run: TransformFunction): Chain =>
    new Chain([{ name: 'new', run, onError: 'hold', timeoutMs: 1000, close: () => {} }], () => {});

  it('processes the next record; waiting events continue in the old one', () => {
    const { made, owned } = lab();
    made.receive([line('A'), line('b')]);
    made.pipeline.changeChain(chainOf((event) => ({ ...event, text: 'new' })));
    made.receive([line('c')], 2);
    expect(textsOf(made.documents)).toEqual(['Ab', 'new']);
    made.acknowledge();
    made.acknowledge();
    expect(owned.watermark).toBe(3);
  });

  it('processes every record of an event that failed in the old one, and aggregates it again', () => {
    const made = new PipelineLab({
      steps: [
        { run: pass, onError: 'dead_letter', reduce: joining },
        {
          run: () => {
            throw new Error('on purpose');
          },
          onError: 'hold',
        },
      ],
    });
    const owned = made.own();
    made.receive([line('A'), line('b'), line('c')]);
    made.receive([line('D')], 3);
    expect([owned.blocked, made.documents.length]).toEqual([3, 0]);
    const step = { name: 'reduce', onError: 'hold', timeoutMs: 1000, close: () => {} } as const;
    made.pipeline.changeChain(new Chain([{ ...step, run: pass, reduce: joining }], () => {}));
    made.receive([line('E')], 4);
    expect(textsOf(made.documents)).toEqual(['Abc', 'D']);
    expect(owned.blocked).toBe(0);
    made.acknowledge();
    expect(owned.watermark).toBe(3);
    made.acknowledge();
    expect(owned.watermark).toBe(4);
  });

  it('processes a record once, however many of its events failed in the old one', () => {
    const made = new PipelineLab({
      steps: [
        {
          run: () => [
            { from: 'a', text: 'A' },
            { from: 'b', text: 'B' },
          ],
          onError: 'hold',
        },
        {
          run: () => {
            throw new Error('on purpose');
          },
          onError: 'hold',
          reduce: { ...joining, starts: () => false, maxEvents: 2 },
        },
        {
          run: () => {
            throw new Error('on purpose');
          },
          onError: 'hold',
        },
      ],
    });
    const owned = made.own();
    made.receive(['{}', '{}']);
    expect(owned.blocked).toBe(2);
    made.pipeline.changeChain(chainOf(pass));
    expect([owned.blocked, made.documents.length]).toEqual([0, 2]);
    made.acknowledge();
    made.acknowledge();
    expect([owned.watermark, owned.unsettled]).toEqual([2, 0]);
  });

  it('does not lose what an old transform brings late to a reduce transform', async () => {
    const gate = deferred<Event>();
    const made = new PipelineLab({
      steps: [
        { run: () => gate.promise, onError: 'dead_letter' },
        { run: pass, onError: 'dead_letter', reduce: joining },
      ],
    });
    const owned = made.own();
    made.receive([line('A')]);
    made.pipeline.changeChain(chainOf(pass));
    gate.resolve({ from: 'a', text: 'late' });
    await settleDown();
    expect(textsOf(made.documents)).toEqual(['late']);
    made.acknowledge();
    expect(owned.watermark).toBe(1);
  });

  it('processes the records that failed in the old one and are blocked', () => {
    const fail: TransformFunction = () => {
      throw new Error('on purpose');
    };
    const made = new PipelineLab({ run: fail, onError: 'hold' });
    const owned = made.own();
    made.receive(['{"n":1}', '{"n":2}']);
    expect(owned.blocked).toBe(2);
    made.pipeline.changeChain(chainOf(pass));
    expect([owned.blocked, made.blockedRecords.size, made.documents.length]).toEqual([0, 0, 2]);
    made.acknowledge();
    made.acknowledge();
    expect(owned.watermark).toBe(2);
  });
});
