import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { Committer } from '../../../src/kafka/consumer/committer.ts';
import type { NativeConsumer, PartitionOffset } from '../../../src/kafka/native.ts';
import { PartitionOffsets } from '../../../src/kafka/consumer/offsets.ts';
import { createLog } from '../../../src/log.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';
import { sourceRecord } from '../support/fakes.ts';

/** 10,000 runs in CI; the seed of a failing one is printed, with the shortest history that fails. */
const RUNS = { numRuns: 10_000 };

/** A record, or neighbours that settle together. */
class Entry {
  settled = false;
  readonly offsets: readonly number[];

  constructor(offsets: readonly number[]) {
    this.offsets = offsets;
  }

  get offset(): number {
    return this.offsets[0] as number;
  }

  get last(): number {
    return this.offsets.at(-1) as number;
  }

  get count(): number {
    return this.offsets.length;
  }
}

describe('the tracker, against a list of what is open', { timeout: 240_000 }, () => {
  it('never lets the watermark pass an unsettled record, and never blocks it back without one', () => {
    const gaps = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('receive' as const), gaps }),
      fc.record({ kind: fc.constantFrom('settle' as const, 'split' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('control' as const), by: fc.nat({ max: 3 }) }),
    );
    let settled = 0;
    let split = 0;
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.array(step, { maxLength: 60 }), (start, steps) => {
        // A run that was split is gone: its records stand for themselves.
        const tracker = new PartitionOffsets<Entry>('t', 0, start, start);
        let open: Entry[] = [];
        let position = start;
        for (const one of steps) {
          if (one.kind === 'receive') {
            const offsets = one.gaps.map((gap) => (position += gap + 1) - 1);
            const entry = new Entry(offsets);
            tracker.receive(entry);
            open.push(entry);
          } else if (one.kind === 'control') {
            position += one.by;
            tracker.advance(position);
          } else if (open.length > 0) {
            const entry = open[one.which % open.length];
            open = open.filter((other) => other !== entry);
            if (entry === undefined) continue;
            if (one.kind === 'split') {
              const parts = entry.offsets.map((offset) => new Entry([offset]));
              tracker.replace(entry, parts);
              open.push(...parts);
              if (parts.length > 1) split++;
            } else {
              entry.settled = true;
              tracker.settle(entry.count);
              settled++;
            }
          }
          const watermark = open.length > 0 ? Math.min(...open.map(({ offset }) => offset)) : position;
          if (tracker.watermark !== watermark)
            throw new Error(`watermark ${tracker.watermark}, not ${watermark}`);
          if (tracker.unsettled !== open.reduce((sum, { count }) => sum + count, 0))
            throw new Error('unsettled');
          if (tracker.tracked < tracker.unsettled) throw new Error('tracked');
          const listed = tracker.open().map(({ offset }) => offset);
          if (
            listed.join() !==
            open
              .map(({ offset }) => offset)
              .sort((a, b) => a - b)
              .join()
          )
            throw new Error('open');
        }
      }),
      RUNS,
    );
    expect(settled).toBeGreaterThan(1000);
    expect(split).toBeGreaterThan(1000);
  });
});

type Action =
  | { kind: 'poll'; count: number }
  | { kind: 'acknowledge' | 'write' | 'commit' | 'answer' | 'reject' | 'revoke' | 'crash'; which: number };

const RECORDS = 12;

/**
 * One partition with gaps, an index, a group's committed offset, and a member that is polled, acknowledged late and out of
 * order, revoked with acknowledgements pending, and killed; every time the next member starts from the committed offset.
 */
class World {
  readonly log: number[] = [];
  readonly index = new Set<number>();
  committed = -1;
  together = 0;
  separate = 0;
  readonly #runs: boolean;
  #lab: PipelineLab;
  #owned: OwnedPartition | null = null;
  #committer: Committer | null = null;
  #sent: PartitionOffset[][] = [];
  /** Indexed by Elasticsearch, and the answer has not arrived. */
  #indexed: Document[] = [];

  /** @param runs whether neighbours continue together */
  constructor(gaps: readonly number[], runs: boolean) {
    this.#runs = runs;
    this.#lab = new PipelineLab({ runs });
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
    else if (action.kind === 'answer' || action.kind === 'reject') this.#answer(action.kind === 'answer');
    else if (action.kind === 'write') this.#write(action.which);
    else this.#acknowledge(action.which);
    const lowest = this.log.find((offset) => !this.index.has(offset)) ?? Infinity;
    if (this.committed > lowest) throw new Error(`committed ${this.committed}, and ${lowest} is not stored`);
  }

  /** No more faults: everything must arrive. */
  heal(which: number): void {
    for (let round = 0; round < 4 * RECORDS && this.index.size < this.log.length; round++) {
      this.#poll(RECORDS);
      while (this.#lab.documents.length > 0) this.#write(which);
      while (this.#indexed.length > 0) this.#acknowledge(0);
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
    this.#lab.receiveRecords(offsets.map((offset) => sourceRecord({ topic: 't', partition: 0, offset })));
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
      createLog({ level: 'silent' }),
    );
    return owned;
  }

  #write(which: number): void {
    const [given] = this.#lab.documents.splice(which % Math.max(1, this.#lab.documents.length), 1);
    if (given === undefined) return;
    // All of a run, or one of it alone.
    const [document, ...others] = which % 2 === 0 ? given.split().toReversed() : [given];
    this.#lab.documents.push(...others);
    if (document === undefined) return;
    const { offset, last, count } = document.settlement;
    for (const one of this.log) if (one >= offset && one <= last) this.index.add(one);
    if (count > 1) this.together++;
    if (others.length > 0) this.separate++;
    this.#indexed.push(document);
  }

  #acknowledge(which: number): void {
    const [document] = this.#indexed.splice(which % Math.max(1, this.#indexed.length), 1);
    if (document !== undefined) this.#lab.pipeline.indexed(document);
  }

  #answer(accepted: boolean): void {
    const offsets = this.#sent.shift();
    const [first] = offsets ?? [];
    if (offsets === undefined || first === undefined) return;
    if (accepted) this.committed = first.offset;
    this.#committer?.answered(accepted ? undefined : { code: 27, message: 'rebalance in progress' }, offsets);
  }

  /** As rebalance.ts does when the drain deadline has passed; answers of the old epoch may still come. */
  #revoke(): void {
    if (this.#owned === null) return;
    while (this.#sent.length > 0) this.#answer(true);
    this.#committer?.close();
    this.#owned.draining = true;
    this.#lab.assignment.remove(this.#owned);
    this.#lab.pipeline.abandon([this.#owned]);
    this.#owned = null;
  }

  #crash(): void {
    this.#committer?.close();
    this.#lab = new PipelineLab({ runs: this.#runs });
    this.#owned = null;
    this.#sent = [];
    this.#indexed = [];
  }
}

describe('one member after the other, on one partition', { timeout: 240_000 }, () => {
  it('commits nothing that is not stored, at every step, and in the end everything is stored', () => {
    const kinds = ['acknowledge', 'write', 'commit', 'answer', 'reject', 'revoke', 'crash'] as const;
    const action: fc.Arbitrary<Action> = fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('poll' as const), count: fc.integer({ min: 1, max: 5 }) }),
      },
      { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat() }) },
    );
    const gaps = fc.array(fc.nat({ max: 2 }), { minLength: RECORDS, maxLength: RECORDS });
    let [crashes, together, separate] = [0, 0, 0];
    fc.assert(
      fc.property(
        gaps,
        fc.boolean(),
        fc.nat(),
        fc.array(action, { maxLength: 50 }),
        (between, runs, which, actions) => {
          const world = new World(between, runs);
          try {
            for (const one of actions) {
              world.play(one);
              if (one.kind === 'crash') crashes++;
            }
            world.heal(which);
            if (world.index.size !== world.log.length) throw new Error('not everything was stored');
            together += world.together;
            separate += world.separate;
          } finally {
            world.close();
          }
        },
      ),
      RUNS,
    );
    for (const count of [crashes, together, separate]) expect(count).toBeGreaterThan(1000);
  });
});
