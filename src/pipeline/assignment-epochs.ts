import { setTimeout as delay } from 'node:timers/promises';
import { GroupMemory } from './group-memory.ts';
import type { TopicPartition } from '../record.ts';
import type { Assignment, OwnedPartition } from '../kafka/consumer/assignment.ts';

const DRAIN_CHECK_MS = 10;
const NONE: readonly OwnedPartition[] = [];

/**
 * The assignment epochs of partitions that have unsettled records. A partition usually has one. If its topic
 * was created again while it was owned, records of the previous epoch are still in flight, and are abandoned
 * together with those of the new one.
 */
export class AssignmentEpochs {
  readonly #known = new Set<OwnedPartition>();
  readonly #assignment: () => Assignment;
  readonly #groupMemory: GroupMemory;

  /** @param waitingBytesMax memory of records that may wait for aggregation, of all partitions */
  constructor(assignment: () => Assignment, waitingBytesMax: number) {
    this.#assignment = assignment;
    this.#groupMemory = new GroupMemory(waitingBytesMax);
  }

  /**
   * The current epoch of an owned partition.
   *
   * @param ended called once for each earlier epoch: the topic was created again, and no more records come
   * from that epoch
   */
  find(
    { topic, partition }: TopicPartition,
    ended: (earlier: OwnedPartition) => void,
  ): OwnedPartition | undefined {
    const owned = this.#assignment().find(topic, partition);
    if (owned !== undefined) for (const earlier of this.#add(owned)) ended(earlier);
    return owned;
  }

  /** Pauses partitions while open groups hold too much memory. @param now by `performance.now()` */
  limitGroups(now: number): void {
    this.#groupMemory.update(this.#assignment().all(), now);
  }

  /** @returns earlier epochs of the same partition, where this one is new */
  #add(owned: OwnedPartition): readonly OwnedPartition[] {
    if (this.#known.has(owned)) return NONE;
    for (const one of this.#known) if (one.closed && one.unsettled === 0) this.#known.delete(one);
    const earlier = this.#of([owned]).filter((one) => one !== owned);
    this.#known.add(owned);
    return earlier;
  }

  /** The given epochs, and all other epochs of the same partitions. */
  #of(partitions: readonly OwnedPartition[]): OwnedPartition[] {
    const names = new Set(partitions.map(nameOf));
    const others = [...this.#known].filter((one) => names.has(nameOf(one)));
    return [...new Set([...partitions, ...others])];
  }

  /** Memory of records that wait for aggregation. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const one of this.#known) bytes += one.waitingBytes;
    return bytes;
  }

  /** Whether all open records wait for more records, so that nothing settles by itself. */
  get needsMore(): boolean {
    let waiting = 0;
    for (const one of this.#known) {
      if (isMoving(one)) return false;
      if (!one.closed) waiting += one.waiting;
    }
    return waiting > 0;
  }

  /**
   * Resolves when these partitions have nothing in flight but blocked or waiting records, or after the
   * timeout.
   */
  async drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const epochs = this.#of(partitions);
    while (epochs.some(isMoving) && performance.now() < deadline) await delay(DRAIN_CHECK_MS);
  }

  /** Abandons the open records of these partitions, and of earlier epochs of them. */
  abandon(partitions: readonly OwnedPartition[]): void {
    for (const epoch of this.#of(partitions)) {
      this.#known.delete(epoch);
      // Set first: abandoned records move the watermark, which must never be committed.
      epoch.closed = true;
      for (const settlement of epoch.open()) settlement.abandon();
    }
  }
}

function isMoving(epoch: OwnedPartition): boolean {
  return epoch.unsettled > 0 && epoch.someOpen((settlement) => settlement.isMoving);
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
