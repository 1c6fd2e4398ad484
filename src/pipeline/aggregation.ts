import type { ExactValue } from '../codec/exact-json.ts';
import type { OwnedPartition } from '../kafka/consumer/assignment.ts';
import type { PartitionOffsets } from '../kafka/consumer/offsets.ts';
import { RecordOrder } from './record-order.ts';
import type { Settlement } from './settlement.ts';
import type { Chain, ChainResult, Waiting } from '../transform/runtime/chain.ts';
import { type Group, Groups } from './groups.ts';

/**
 * All groups of a partition are closed at each multiple of this offset. An offset can only be committed where
 * no aggregated event spans it; with many interleaved sources there might be no other such offset. A replay
 * closes the groups at the same offsets.
 */
const BOUNDARY_EVERY = 10_000;
/** At the end of a partition a group waits so long beyond its gap, for a producer that is a little late. */
const GRACE_MS = 1000;

type Partition = PartitionOffsets<Settlement>;

/** The chain's result for an aggregated event; the first of its records stands for all. */
export type Resumed = (
  leader: Settlement,
  result: ChainResult,
  exact: ExactValue,
  outputs: Outputs,
  by: Aggregation,
) => void;

/**
 * Numbers of the documents of one record, which distinguish their ids: `first`, `first + stride`, and so on.
 * The numbers of an aggregated event start at the number of its first record's event; the stride keeps them
 * distinct from all others.
 */
export interface Outputs {
  readonly first: number;
  readonly stride: number;
}

/** Larger than the number of events that a chain makes of one record, and of one aggregated event. */
const STRIDE = { first: 1_000_000, further: 1000 };

/**
 * Aggregates events (N→1): keeps the events that wait for others, and runs each aggregated event through the
 * rest of the chain. Only records of the partition itself close a group, so a replay from any committed
 * offset makes the same events.
 */
export class Aggregation {
  readonly #chain: Chain;
  readonly #groups = new Map<number, Groups>();
  readonly #resumed: Resumed;
  readonly #bytesMax: number;
  readonly #order: RecordOrder;
  readonly #afterLate: () => void;
  /** Aggregated events that an asynchronous transform is processing. */
  readonly #late = new Set<Promise<void>>();
  /** For each partition, the number of the last boundary before its last record. */
  readonly #boundaries = new WeakMap<object, number>();
  /** The output number of each waiting event. */
  readonly #outputs = new WeakMap<object, number>();
  /**
   * When the last record of each partition came, by this machine's clock: timestamps of records may be
   * anything.
   */
  readonly #idleSince = new WeakMap<object, number>();

  /**
   * @param bytesMax memory of the waiting records of one partition; above it, its oldest groups are closed
   * @param afterLate called after an asynchronous result was handled
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
   * The next record of a partition, whether it waits for aggregation or not. Events that it completes are
   * resumed first.
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
      const part = Math.floor(offset / BOUNDARY_EVERY);
      const isBoundary = part > (this.#boundaries.get(partition) ?? part);
      this.#boundaries.set(partition, part);
      this.#idleSince.set(partition, performance.now());
      for (const groups of this.#groups.values()) {
        this.#order.within(undefined, () =>
          this.#close(groups, isBoundary ? groups.closeAll(partition) : groups.passed(partition, timestamp)),
        );
      }
      this.#order.within(settled, go);
    });
  }

  /** @param output the output number of the event */
  wait({ step, key, event }: Waiting, settlement: Settlement, exact: ExactValue, output: number): void {
    const groups = this.#groups.get(step);
    const outputs = this.#outputsOf(step, output);
    if (groups === undefined) throw new Error(`the transform at ${step} does not reduce`);
    settlement.detach();
    const member = { event, settlement, exact };
    let starts: boolean;
    try {
      starts = this.#chain.watched(step, settlement.record, () => groups.starts(key, member));
    } catch (error) {
      this.#resumed(settlement, this.#chain.failed(step, error), exact, outputs, this);
      return;
    }
    this.#outputs.set(member, output);
    this.#close(groups, groups.add(key, member, starts));
    this.#closeOldest(settlement.partition);
  }

  /** Closes groups of this partition only: other partitions must not influence its events. */
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
   * Closes groups that no more records come for: at the end of a partition, after a pause longer than the
   * gap; and in a partition whose epoch has ended because its topic was created again.
   */
  closeIdle(partitions: readonly OwnedPartition[], now: number): void {
    for (const groups of this.#groups.values()) {
      for (const partition of groups.open()) {
        const owned = partitions.find((one) => one === partition);
        if (owned === undefined) {
          if (partition.closed && !this.#order.isBusy(partition)) this.closeAll(partition);
          continue;
        }
        // No record can come while it is paused.
        if (owned.paused) this.#idleSince.set(owned, now);
        if (owned.paused || owned.draining || this.#order.isBusy(owned)) continue;
        const isAtEnd = owned.isAtEnd;
        const idleMs = now - (this.#idleSince.get(owned) ?? now);
        if (!isAtEnd || idleMs <= groups.maxGapMs + GRACE_MS) continue;
        this.#order.next(owned, undefined, () => this.#close(groups, groups.closeAll(owned)));
      }
    }
  }

  /** Closes all groups of the partition, after the actions of its earlier records. */
  closeAll(partition: Partition): void {
    this.#order.next(partition, undefined, () => {
      for (const groups of this.#groups.values())
        this.#order.within(undefined, () => this.#close(groups, groups.closeAll(partition)));
    });
  }

  /** Another chain gets the records from now on: closes all groups, including those of records in flight. */
  retire(): void {
    const open = [...this.#groups.values()].flatMap((groups) => groups.open());
    for (const partition of new Set([...open, ...this.#order.busy()])) this.closeAll(partition);
  }

  /** Resolves when only more records can complete anything. */
  async idle(): Promise<void> {
    while (this.#late.size > 0 || this.#order.busy().length > 0)
      await Promise.all([this.#order.idle(), ...this.#late]);
  }

  removeAbandoned(): void {
    for (const groups of this.#groups.values()) groups.removeAbandoned();
  }

  #close(groups: Groups, closed: readonly Group[]): void {
    for (const group of closed) {
      // Earlier transforms may have reordered the events. The record with the lowest offset leads: otherwise
      // two records could wait for each other.
      group.members.sort((a, b) => a.settlement.offset - b.settlement.offset);
      const [first] = group.members;
      if (first === undefined || first.settlement.settled) continue;
      const leader = first.settlement;
      if (group.reach > leader.offset) leader.until = Math.max(leader.until, group.reach);
      for (const { settlement } of group.members.slice(1)) {
        if (settlement === leader) leader.settle('skipped');
        else leader.leads(settlement);
      }
      this.#resume(groups, group, leader, this.#outputs.get(first) ?? 0);
    }
  }

  #resume(groups: Groups, group: Group, leader: Settlement, output: number): void {
    const outputs = this.#outputsOf(groups.step, output);
    let merged: ReturnType<Groups['merge']>;
    try {
      merged = this.#chain.merged(groups.step, leader.record, () => groups.merge(group));
    } catch (error) {
      const exact = { value: undefined };
      this.#resumed(leader, this.#chain.failed(groups.step, error), exact, outputs, this);
      return;
    }
    const result = this.#chain.resume(groups.step + 1, merged.event, leader.record);
    const go = (settled: ChainResult): void => this.#resumed(leader, settled, merged.exact, outputs, this);
    // Only a further reduce transform needs the order.
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

  /** Counts the event's memory while a transform processes it. @param pending never rejects */
  async #keep(leader: Settlement, { members }: Group, pending: Promise<ChainResult>): Promise<void> {
    const bytes = members.reduce((sum, { settlement }) => sum + settlement.eventBytes, 0);
    leader.detach();
    leader.charge(bytes);
    await pending;
    leader.charge(-bytes);
  }

  #outputsOf(step: number, first: number): Outputs {
    const before = [...this.#groups.keys()].filter((other) => other < step).length;
    return { first, stride: STRIDE.first * STRIDE.further ** before };
  }
}
