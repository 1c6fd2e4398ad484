/** What one event is made of depends on the records of its partition alone (promise P3). */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import type { ReduceTransform, TransformFunction } from '../../../src/transform/api/api.ts';
import { Chain } from '../../../src/transform/runtime/chain.ts';
import { type Deferred, deferred, settleDown, sourceRecord } from '../support/fakes.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';

/** A line of one of a few sources. */
interface Line {
  readonly from: string;
  readonly starts: boolean;
  readonly bytes: number;
  /** After the line before, in ms. */
  readonly gap: number;
  /** A second source that it is a line of, too. */
  readonly also: string | null;
}

const arbitraryLine: fc.Arbitrary<Line> = fc.record({
  from: fc.constantFrom('a', 'b', 'c', 'd'),
  starts: fc.boolean(),
  bytes: fc.constantFrom(10, 10, 10, 400, 3000),
  gap: fc.constantFrom(0, 0, 1, 50, 2000),
  also: fc.constantFrom(null, null, null, 'e'),
});

const joining: ReduceTransform = {
  key: ({ from }) => (typeof from === 'string' ? from : undefined),
  starts: ({ starts }) => starts === true,
  merge: (events) => ({ ...events[0], ids: events.flatMap(({ ids }) => ids as string[]) }),
  maxEvents: 4,
  maxGapMs: 1000,
};

const split: TransformFunction = (event) => {
  const { also, ...rest } = event;
  return also === null ? rest : [rest, { ...rest, from: also }];
};

const KINDS = ['sync', 'async before', 'two with an async one between'] as const;

/** A pipeline that is read from `start` on; documents are told by what they were made of. */
class Reader {
  readonly lab: PipelineLab;
  readonly #waiting: Deferred<void>[] = [];
  readonly #lines: ReadonlyMap<number, readonly Line[]>;

  constructor(kind: (typeof KINDS)[number], lines: ReadonlyMap<number, readonly Line[]>, start: number) {
    const late: TransformFunction = async (event) => {
      const gate = deferred();
      this.#waiting.push(gate);
      await gate.promise;
      return event;
    };
    const step = { onError: 'dead_letter' } as const;
    const reduce = { ...step, run: split, reduce: joining };
    const coarser = { ...joining, key: () => 'all', starts: () => false, maxEvents: 3 };
    const second = { ...step, run: split, reduce: coarser };
    const steps = { sync: [reduce], 'async before': [{ ...step, run: late }, reduce] };
    this.lab = new PipelineLab({
      bufferBytes: 24_000,
      steps: [
        { ...step, run: split },
        ...(kind === 'two with an async one between'
          ? [reduce, { ...step, run: late }, second]
          : steps[kind]),
      ],
    });
    this.#lines = lines;
    for (const partition of lines.keys()) this.lab.own(partition, start);
  }

  /** Gives the next records of the partition. */
  read(partition: number, count: number): void {
    const owned = this.lab.assignment.find('app-logs', partition);
    const lines = this.#lines.get(partition) ?? [];
    if (owned === undefined) return;
    for (let more = 0; more < count; more++) {
      const { position: offset } = owned;
      const line = lines[offset - FIRST];
      if (line === undefined) return;
      const timestamp = lines.slice(0, offset - FIRST + 1).reduce((sum, { gap }) => sum + gap, 1_000_000);
      const event = { ...line, ids: [`${partition}/${offset}`], fill: 'x'.repeat(line.bytes) };
      const value = Buffer.from(JSON.stringify(event));
      this.lab.receiveRecords([sourceRecord({ partition, offset, timestamp, value })]);
    }
  }

  /** One that an asynchronous transform has in hand comes back. */
  async finishOne(which: number): Promise<boolean> {
    const [gate] = this.#waiting.splice(which % Math.max(1, this.#waiting.length), 1);
    gate?.resolve();
    await settleDown();
    return gate !== undefined;
  }

  async end(): Promise<string[]> {
    for (const partition of this.#lines.keys()) this.read(partition, Infinity);
    while (await this.finishOne(1));
    // What is still open is closed.
    this.lab.pipeline.changeChain(new Chain([], () => {}));
    while (await this.finishOne(0));
    await settleDown();
    return this.lab.documents.map(({ action, source }) => {
      const { ids } = JSON.parse(source) as { ids: string[] };
      return `${(JSON.parse(action) as { index: { _id: string } }).index._id} ${ids.join(' ')}`;
    });
  }
}

/** So that some records lie on either side of where all groups are closed. */
const FIRST = 9990;

const ofPartition = (made: readonly string[], partition: number) =>
  made.filter((text) => text.includes(` ${partition}/`)).toSorted();

describe.each(KINDS)('the events that lines are made into (%s)', { timeout: 60_000 }, (kind) => {
  it('are the same whatever other partitions do, and however late each result is', async () => {
    let merged = 0;
    const lines = fc.array(arbitraryLine, { maxLength: 24 });
    const step = fc.record({ partition: fc.nat({ max: 2 }), count: fc.nat({ max: 6 }), which: fc.nat() });
    await fc.assert(
      fc.asyncProperty(lines, lines, lines, fc.array(step, { maxLength: 20 }), async (a, b, c, steps) => {
        const all = new Map([a, b, c].entries());
        const together = new Reader(kind, all, FIRST);
        for (const { partition, count, which } of steps) {
          together.read(partition, count);
          if (which % 3 > 0) await together.finishOne(which);
        }
        const made = await together.end();
        for (const [partition, own] of all) {
          const alone = await new Reader(kind, new Map([[partition, own]]), FIRST).end();
          expect(ofPartition(made, partition)).toEqual(alone.toSorted());
          merged += alone.length;
        }
      }),
      { numRuns: 100 },
    );
    expect(merged).toBeGreaterThan(500);
  });

  it('are the same again from every offset that could be committed', async () => {
    let again = 0;
    const steps = fc.array(fc.record({ count: fc.nat({ max: 5 }), which: fc.nat() }), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryLine, { maxLength: 40 }), steps, async (lines, played) => {
        const all = new Map([[0, lines]]);
        const whole = await new Reader(kind, all, FIRST).end();
        const first = new Reader(kind, all, FIRST);
        const committed = new Set<number>();
        for (const { count, which } of played) {
          first.read(0, count);
          await first.finishOne(which);
          const { documents, assignment } = first.lab;
          for (const document of [documents[which % Math.max(1, documents.length)], documents[0]])
            if (first.lab.documents.includes(document as Document)) first.lab.acknowledge(document);
          committed.add(assignment.find('app-logs', 0)?.watermark ?? FIRST);
        }
        for (const start of committed) {
          const made = await new Reader(kind, all, start).end();
          expect(made.toSorted()).toEqual(whole.filter((text) => isBehind(text, start)).toSorted());
          if (start > FIRST) again++;
        }
      }),
      { numRuns: 200 },
    );
    expect(again).toBeGreaterThan(50);
  });
});

/** Whether what the document was made of lies at the offset, or behind it; never on both sides. */
function isBehind(text: string, start: number): boolean {
  const offsets = [...text.matchAll(/ 0\/(\d+)/g)].map(([, offset]) => Number(offset));
  if (offsets.some((offset) => offset < start) && offsets.some((offset) => offset >= start))
    throw new Error(`${text} lies on both sides of ${start}`);
  return offsets.every((offset) => offset >= start);
}
