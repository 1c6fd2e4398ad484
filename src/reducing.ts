import type { ExactValue } from './codec/exact-json.ts';
import type { OwnedPartition } from './kafka/assignment.ts';
import type { PartitionOffsets } from './kafka/offsets.ts';
import type { Settlement } from './settlement.ts';
import type { Chain, ChainResult, Waiting } from './transform/chain.ts';
import { type Group, Groups } from './transform/groups.ts';

/**
 * Where an offset is a multiple of this all groups of the partition are closed. Offsets may only move where no event reaches
 * from one side to the other, and with many sources side by side there might be no such place else. By the offset, so that
 * reading again closes them at the same place.
 */
const CUT_EVERY = 10_000;
/** At the end of a partition a group waits for so long beyond its gap, for a producer that is a little late. */
const GRACE_MS = 1000;

type Partition = PartitionOffsets<Settlement>;

/** What the chain made of an event that was made of several records; the first one of them stands for all. */
export type Resumed = (
  leader: Settlement,
  result: ChainResult | Promise<ChainResult>,
  exact: ExactValue,
  outputs: Outputs,
  by: Reducing,
) => void;

/**
 * Documents of one record are told apart by a number: `first`, `first + apart`, and so on. Those of an event that was made of
 * several begin at the number that it had before, and lie so far apart that they never meet the others.
 */
export interface Outputs {
  readonly first: number;
  readonly apart: number;
}

/** More events than a transform makes of one record, and than one makes of what another one has reduced. */
const APART = { first: 1_000_000, further: 1000 };

/** Keeps the events that wait for others, and sends what is made of them on along the chain. */
export class Reducing {
  readonly #chain: Chain;
  readonly #groups = new Map<number, Groups>();
  readonly #resumed: Resumed;
  readonly #bytesMax: number;
  /** The part of each partition, by that measure, that its last record was in. */
  readonly #cuts = new WeakMap<object, number>();
  /** The number that a waiting event has among what its record became. */
  readonly #outputs = new WeakMap<object, number>();
  /** The last result of each partition that is not there yet, or that waits for one that is not. */
  readonly #tails = new Map<Partition, Promise<void>>();
  /** When the last record of each partition came, by this machine's clock: those of records may be anything. */
  readonly #cameAt = new WeakMap<object, number>();

  /** @param bytesMax memory of records that may wait; they count against the buffer, which must not be full of them */
  constructor(chain: Chain, bytesMax: number, resumed: Resumed) {
    this.#chain = chain;
    this.#bytesMax = bytesMax;
    this.#resumed = resumed;
    for (const [step, { reduce }] of chain.steps.entries()) {
      if (reduce !== undefined) this.#groups.set(step, new Groups(step, reduce));
    }
  }

  get isNeeded(): boolean {
    return this.#groups.size > 0;
  }

  /** @param output the number that the event has among what its record became */
  wait({ step, key, event }: Waiting, settlement: Settlement, exact: ExactValue, output: number): void {
    const groups = this.#groups.get(step);
    const outputs = this.#outputsOf(step, output);
    if (groups === undefined) throw new Error(`the transform at ${step} does not reduce`);
    settlement.detach();
    const member = { event, settlement, exact };
    let begins: boolean;
    try {
      begins = this.#chain.watched(step, settlement.record, () => groups.begins(key, member));
    } catch (error) {
      this.#resumed(settlement, this.#chain.failed(step, error), exact, outputs, this);
      return;
    }
    this.#outputs.set(member, output);
    this.#close(groups, groups.add(key, member, begins));
    while (groups.bytes > this.#bytesMax && groups.size > 0) this.#close(groups, groups.closeOldest());
  }

  /**
   * Hands results on in the order of their records: what one event is made of must not depend on how long a transform before
   * took for each.
   */
  inOrder(
    partition: Partition,
    result: ChainResult | Promise<ChainResult>,
    go: (result: ChainResult, isLate: boolean) => void,
  ): void {
    const before = this.#tails.get(partition);
    if (before === undefined && !(result instanceof Promise)) {
      go(result, false);
      return;
    }
    const tail = Promise.all([result, before]).then(([late]) => {
      if (this.#tails.get(partition) === tail) this.#tails.delete(partition);
      go(late, true);
    });
    this.#tails.set(partition, tail);
  }

  /** The next record of a partition, whether it will wait here or not: what is complete because of it goes on. */
  next(partition: Partition, { offset, timestamp }: { offset: number; timestamp: number }): void {
    const part = Math.floor(offset / CUT_EVERY);
    const isCut = part > (this.#cuts.get(partition) ?? part);
    this.#cuts.set(partition, part);
    this.#cameAt.set(partition, performance.now());
    for (const groups of this.#groups.values()) {
      this.#close(groups, isCut ? groups.closeAll(partition) : groups.passed(partition, timestamp));
    }
  }

  /** Closes what nothing more will come for: at the end of its partition, when nothing has come for longer than its gap. */
  closeIdle(partitions: readonly OwnedPartition[], now: number): void {
    for (const groups of this.#groups.values()) {
      for (const partition of groups.open()) {
        const owned = partitions.find((one) => one === partition);
        if (owned === undefined || owned.paused || owned.draining) continue;
        const isAtEnd = owned.highWatermark >= 0 && owned.position >= owned.highWatermark;
        const idleMs = now - (this.#cameAt.get(owned) ?? now);
        if (isAtEnd && idleMs > groups.maxGapMs + GRACE_MS) this.#close(groups, groups.closeAll(owned));
      }
    }
  }

  /** Closes everything: another chain takes the records from now on. */
  closeAll(): void {
    for (const groups of this.#groups.values()) this.#close(groups, groups.closeAll());
  }

  removeGivenUp(): void {
    for (const groups of this.#groups.values()) groups.removeGivenUp();
  }

  #close(groups: Groups, closed: readonly Group[]): void {
    for (const group of closed) {
      // Transforms before this one may have taken different times. Always the lowest, or two records could wait for each other.
      group.members.sort((a, b) => a.settlement.offset - b.settlement.offset);
      const [first] = group.members;
      if (first === undefined || first.settlement.settled) continue;
      const leader = first.settlement;
      const last = group.members.at(-1)?.settlement.offset ?? leader.offset;
      if (last > leader.offset) leader.until = Math.max(leader.until, last);
      for (const { settlement } of group.members.slice(1)) {
        if (settlement === leader) leader.settle('skipped');
        else leader.leads(settlement);
      }
      this.#goOn(groups, group, leader, this.#outputs.get(first) ?? 0);
    }
  }

  #goOn(groups: Groups, group: Group, leader: Settlement, output: number): void {
    const outputs = this.#outputsOf(groups.step, output);
    let merged: ReturnType<Groups['merge']>;
    try {
      merged = this.#chain.watched(groups.step, leader.record, () => groups.merge(group));
    } catch (error) {
      const exact = { value: undefined };
      this.#resumed(leader, this.#chain.failed(groups.step, error), exact, outputs, this);
      return;
    }
    const result = this.#chain.goOn(groups.step + 1, merged.event, leader.record);
    this.#resumed(leader, result, merged.exact, outputs, this);
  }

  #outputsOf(step: number, first: number): Outputs {
    const before = [...this.#groups.keys()].filter((other) => other < step).length;
    return { first, apart: APART.first * APART.further ** before };
  }
}
