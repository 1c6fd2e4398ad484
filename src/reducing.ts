import type { ExactValue } from './codec/exact-json.ts';
import type { OwnedPartition } from './kafka/assignment.ts';
import type { PartitionOffsets } from './kafka/offsets.ts';
import { RecordOrder } from './record-order.ts';
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
  result: ChainResult,
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

/**
 * Keeps the events that wait for others, and sends what is made of them on along the chain. What closes a group lies in the records
 * of its partition, so that reading them again, from any offset that was committed, makes the same events.
 */
export class Reducing {
  readonly #chain: Chain;
  readonly #groups = new Map<number, Groups>();
  readonly #resumed: Resumed;
  readonly #bytesMax: number;
  readonly #order: RecordOrder;
  readonly #afterLate: () => void;
  /** Events that were made of several and that a transform has in hand. */
  readonly #late = new Set<Promise<void>>();
  /** The part of each partition, by that measure, that its last record was in. */
  readonly #cuts = new WeakMap<object, number>();
  /** The number that a waiting event has among what its record became. */
  readonly #outputs = new WeakMap<object, number>();
  /** Since when nothing of each partition has come though it was read, by this machine's clock: those of records may be anything. */
  readonly #idleSince = new WeakMap<object, number>();

  /**
   * @param bytesMax memory of the records of one partition that may wait; beyond, its oldest groups are closed
   * @param afterLate called when something has gone on that was waited for
   */
  constructor(chain: Chain, bytesMax: number, resumed: Resumed, afterLate: () => void) {
    this.#chain = chain;
    this.#bytesMax = bytesMax;
    this.#resumed = resumed;
    this.#afterLate = afterLate;
    this.#order = new RecordOrder(afterLate);
    for (const [step, { reduce }] of chain.steps.entries()) {
      if (reduce !== undefined) this.#groups.set(step, new Groups(step, reduce, this.#groups.size === 0));
    }
  }

  get isNeeded(): boolean {
    return this.#groups.size > 0;
  }

  /**
   * The next record of a partition, whether it will wait here or not. What is complete because of it goes on first.
   *
   * @param go called in the order of the records
   */
  next(
    settlement: Settlement,
    result: ChainResult | Promise<ChainResult>,
    go: (result: ChainResult) => void,
  ): void {
    const { partition } = settlement;
    const { offset, timestamp } = settlement.record;
    const isLate = result instanceof Promise || this.#order.isBusy(partition);
    if (isLate) {
      settlement.detach();
      settlement.keepEvent();
    }
    this.#order.next(partition, result, (settled) => {
      if (isLate) settlement.releaseEvent();
      const part = Math.floor(offset / CUT_EVERY);
      const isCut = part > (this.#cuts.get(partition) ?? part);
      this.#cuts.set(partition, part);
      this.#idleSince.set(partition, performance.now());
      for (const groups of this.#groups.values()) {
        this.#order.within(undefined, () =>
          this.#close(groups, isCut ? groups.closeAll(partition) : groups.passed(partition, timestamp)),
        );
      }
      this.#order.within(settled, go);
    });
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
    this.#closeOldest(settlement.partition);
  }

  /** The oldest groups of this partition alone: what others have open must not change what an event is made of. */
  #closeOldest(partition: Partition): void {
    while (partition.waitingBytes > this.#bytesMax) {
      let oldest: Groups | undefined;
      for (const groups of this.#groups.values()) {
        if (groups.oldest(partition) < (oldest?.oldest(partition) ?? Infinity)) oldest = groups;
      }
      if (oldest === undefined) return;
      this.#close(oldest, oldest.closeOldest(partition));
    }
  }

  /**
   * Closes what nothing more will come for: at the end of its partition, when nothing has come for longer than its gap; and
   * where the partition's epoch is over, since its topic was created anew.
   */
  closeIdle(partitions: readonly OwnedPartition[], now: number): void {
    for (const groups of this.#groups.values()) {
      for (const partition of groups.open()) {
        const owned = partitions.find((one) => one === partition);
        if (owned === undefined) {
          if (partition.closed && !this.#order.isBusy(partition)) this.closeAll(partition);
          continue;
        }
        // While it is paused, nothing can come.
        if (owned.paused) this.#idleSince.set(owned, now);
        if (owned.paused || owned.draining || this.#order.isBusy(owned)) continue;
        const isAtEnd = owned.isAtEnd;
        const idleMs = now - (this.#idleSince.get(owned) ?? now);
        if (!isAtEnd || idleMs <= groups.maxGapMs + GRACE_MS) continue;
        this.#order.next(owned, undefined, () => this.#close(groups, groups.closeAll(owned)));
      }
    }
  }

  /** Closes all groups of the partition, once all that comes before is through. */
  closeAll(partition: Partition): void {
    this.#order.next(partition, undefined, () => {
      for (const groups of this.#groups.values())
        this.#order.within(undefined, () => this.#close(groups, groups.closeAll(partition)));
    });
  }

  /** Another chain takes the records from now on: closes everything, also what is still to come. */
  retire(): void {
    const open = [...this.#groups.values()].flatMap((groups) => groups.open());
    for (const partition of new Set([...open, ...this.#order.busy()])) this.closeAll(partition);
  }

  /** Resolves when nothing is waited for any more but records. */
  async idle(): Promise<void> {
    while (this.#late.size > 0 || this.#order.busy().length > 0)
      await Promise.all([this.#order.idle(), ...this.#late]);
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
      if (group.reach > leader.offset) leader.until = Math.max(leader.until, group.reach);
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
    const go = (settled: ChainResult): void => this.#resumed(leader, settled, merged.exact, outputs, this);
    // Only another transform that reduces asks for the order.
    if ([...this.#groups.keys()].some((step) => step > groups.step)) this.#order.within(result, go);
    else if (result instanceof Promise) this.#goLate(result, go);
    else go(result);
    if (result instanceof Promise) void this.#keep(leader, group, result);
  }

  /** @param pending never rejects */
  #goLate(pending: Promise<ChainResult>, go: (result: ChainResult) => void): void {
    const late = pending.then((result) => {
      this.#late.delete(late);
      go(result);
      this.#afterLate();
    });
    this.#late.add(late);
  }

  /** Counts the event's memory for as long as a transform has it in hand. @param pending never rejects */
  async #keep(leader: Settlement, { members }: Group, pending: Promise<ChainResult>): Promise<void> {
    const bytes = members.reduce((sum, { settlement }) => sum + settlement.eventBytes, 0);
    leader.detach();
    leader.charge(bytes);
    await pending;
    leader.charge(-bytes);
  }

  #outputsOf(step: number, first: number): Outputs {
    const before = [...this.#groups.keys()].filter((other) => other < step).length;
    return { first, apart: APART.first * APART.further ** before };
  }
}
