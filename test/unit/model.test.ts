import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../src/elasticsearch/document.ts';
import { OwnedPartition } from '../../src/kafka/assignment.ts';
import { Committer } from '../../src/kafka/committer.ts';
import type { NativeConsumer, PartitionOffset } from '../../src/kafka/native.ts';
import { PartitionOffsets } from '../../src/kafka/offsets.ts';
import { createLog } from '../../src/log.ts';
import { PipelineLab } from './support/pipeline-lab.ts';
import { sourceRecord } from './support/fakes.ts';

/** 10,000 runs in CI; the seed of a failing one is printed, with the shortest history that fails. */
const RUNS = { numRuns: 10_000 };

describe('the tracker, against a list of what is open', { timeout: 240_000 }, () => {
  it('never lets the watermark pass an unsettled record, and never holds it back without one', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('receive' as const), gap: fc.nat({ max: 3 }) }),
      fc.record({ kind: fc.constant('settle' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('control' as const), by: fc.nat({ max: 3 }) }),
    );
    let settled = 0;
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.array(step, { maxLength: 60 }), (start, steps) => {
        const tracker = new PartitionOffsets<{ offset: number; settled: boolean }>('t', 0, start, start);
        let open: { offset: number; settled: boolean }[] = [];
        let position = start;
        for (const one of steps) {
          if (one.kind === 'receive') {
            const entry = { offset: position + one.gap, settled: false };
            tracker.receive(entry);
            open.push(entry);
            position = entry.offset + 1;
          } else if (one.kind === 'control') {
            position += one.by;
            tracker.advance(position);
          } else if (open.length > 0) {
            const entry = open[one.which % open.length];
            open = open.filter((other) => other !== entry);
            if (entry !== undefined) entry.settled = true;
            tracker.settle();
            settled++;
          }
          const watermark = open.length > 0 ? Math.min(...open.map(({ offset }) => offset)) : position;
          if (tracker.watermark !== watermark)
            throw new Error(`watermark ${tracker.watermark}, not ${watermark}`);
          if (tracker.unsettled !== open.length) throw new Error('unsettled');
        }
      }),
      RUNS,
    );
    expect(settled).toBeGreaterThan(1000);
  });
});

type Action =
  | { kind: 'poll'; count: number }
  | { kind: 'acknowledge' | 'write' | 'commit' | 'answer' | 'refuse' | 'revoke' | 'crash'; which: number };

const RECORDS = 12;

/**
 * One partition with gaps, an index, a group's committed offset, and a member that is polled, acknowledged late and out of
 * order, revoked with acknowledgements pending, and killed; every time the next member starts from the committed offset.
 */
class World {
  readonly log: number[] = [];
  readonly index = new Set<number>();
  committed = -1;
  #lab = new PipelineLab();
  #owned: OwnedPartition | null = null;
  #committer: Committer | null = null;
  #sent: PartitionOffset[][] = [];
  /** Written by Elasticsearch, and the answer not arrived. */
  #written: Document[] = [];

  constructor(gaps: readonly number[]) {
    let offset = 0;
    for (const gap of gaps) {
      offset += gap;
      this.log.push(offset++);
    }
  }

  play(action: Action): void {
    if (action.kind === 'poll') this.#poll(action.count);
    else if (action.kind === 'crash') this.#crash();
    else if (action.kind === 'revoke') this.#revoke();
    else if (action.kind === 'commit') this.#committer?.commit();
    else if (action.kind === 'answer' || action.kind === 'refuse') this.#answer(action.kind === 'answer');
    else if (action.kind === 'write') this.#write(action.which);
    else this.#acknowledge(action.which);
    const lowest = this.log.find((offset) => !this.index.has(offset)) ?? Infinity;
    if (this.committed > lowest) throw new Error(`committed ${this.committed}, and ${lowest} is not stored`);
  }

  /** No more faults: everything must arrive. */
  heal(): void {
    for (let round = 0; round < 4 * RECORDS && this.index.size < this.log.length; round++) {
      this.#poll(RECORDS);
      while (this.#lab.documents.length > 0) this.#write(0);
      while (this.#written.length > 0) this.#acknowledge(0);
      this.#committer?.commit();
      while (this.#sent.length > 0) this.#answer(true);
    }
  }

  close(): void {
    this.#committer?.close();
  }

  #poll(count: number): void {
    const owned = this.#owned ?? this.#assign();
    const from = owned.position;
    const offsets = this.log.filter((offset) => offset >= from).slice(0, count);
    this.#lab.pipeline.take(offsets.map((offset) => sourceRecord({ topic: 't', partition: 0, offset })));
  }

  #assign(): OwnedPartition {
    const owned = new OwnedPartition('t', 0, Math.max(0, this.committed), this.committed);
    this.#lab.assignment.add(owned);
    this.#owned = owned;
    const client = { commit: (offsets: PartitionOffset[]) => void this.#sent.push(offsets) };
    this.#committer = new Committer(
      client as unknown as NativeConsumer,
      this.#lab.assignment,
      1_000_000,
      createLog('silent'),
    );
    return owned;
  }

  #write(which: number): void {
    const [document] = this.#lab.documents.splice(which % Math.max(1, this.#lab.documents.length), 1);
    if (document === undefined) return;
    this.index.add(document.settlement.offset);
    this.#written.push(document);
  }

  #acknowledge(which: number): void {
    const [document] = this.#written.splice(which % Math.max(1, this.#written.length), 1);
    if (document !== undefined) this.#lab.pipeline.indexed(document);
  }

  #answer(taken: boolean): void {
    const offsets = this.#sent.shift();
    const [first] = offsets ?? [];
    if (offsets === undefined || first === undefined) return;
    if (taken) this.committed = first.offset;
    this.#committer?.answered(taken ? undefined : { code: 27, message: 'rebalance in progress' }, offsets);
  }

  /** As rebalance.ts does when the drain deadline has passed; answers of the old epoch may still come. */
  #revoke(): void {
    if (this.#owned === null) return;
    while (this.#sent.length > 0) this.#answer(true);
    this.#committer?.close();
    this.#owned.draining = true;
    this.#lab.assignment.remove(this.#owned);
    this.#lab.pipeline.giveUp([this.#owned]);
    this.#owned = null;
  }

  #crash(): void {
    this.#committer?.close();
    this.#lab = new PipelineLab();
    this.#owned = null;
    this.#sent = [];
    this.#written = [];
  }
}

describe('one member after the other, on one partition', { timeout: 240_000 }, () => {
  it('commits nothing that is not stored, at every step, and in the end everything is stored', () => {
    const kinds = ['acknowledge', 'write', 'commit', 'answer', 'refuse', 'revoke', 'crash'] as const;
    const action: fc.Arbitrary<Action> = fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('poll' as const), count: fc.integer({ min: 1, max: 5 }) }),
      },
      { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat() }) },
    );
    const gaps = fc.array(fc.nat({ max: 2 }), { minLength: RECORDS, maxLength: RECORDS });
    let crashes = 0;
    fc.assert(
      fc.property(gaps, fc.array(action, { maxLength: 50 }), (between, actions) => {
        const world = new World(between);
        try {
          for (const one of actions) {
            world.play(one);
            if (one.kind === 'crash') crashes++;
          }
          world.heal();
          if (world.index.size !== world.log.length) throw new Error('not everything was stored');
        } finally {
          world.close();
        }
      }),
      RUNS,
    );
    expect(crashes).toBeGreaterThan(1000);
  });
});
