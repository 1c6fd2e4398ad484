import { setTimeout as delay } from 'node:timers/promises';
import { GroupTurns } from './group-turns.ts';
import type { Assignment, OwnedPartition, TopicPartition } from './kafka/assignment.ts';

const DRAIN_CHECK_MS = 10;
const NONE: readonly OwnedPartition[] = [];

/**
 * The epochs of partitions that have records that are not settled. Mostly each partition has one; where its topic was created anew
 * while it was ours, records of the old epoch are still under way, and are given up together with those of the new one.
 */
export class Epochs {
  readonly #known = new Set<OwnedPartition>();
  readonly #assignment: () => Assignment;
  readonly #groupTurns: GroupTurns;

  /** @param waitingBytesMax memory of records that may wait for others, of all partitions */
  constructor(assignment: () => Assignment, waitingBytesMax: number) {
    this.#assignment = assignment;
    this.#groupTurns = new GroupTurns(waitingBytesMax);
  }

  /**
   * The present epoch of a partition that is ours, of which records are taken now.
   *
   * @param ended called for each of the earlier ones, the first time: the topic was created anew, and nothing more comes of them
   */
  find(
    { topic, partition }: TopicPartition,
    ended: (earlier: OwnedPartition) => void,
  ): OwnedPartition | undefined {
    const owned = this.#assignment().find(topic, partition);
    if (owned !== undefined) for (const earlier of this.#add(owned)) ended(earlier);
    return owned;
  }

  /** Pauses partitions where too much waits in open groups. @param now by `performance.now()` */
  limitGroups(now: number): void {
    this.#groupTurns.update(this.#assignment().all(), now);
  }

  /** @returns earlier epochs of the same partition, where this one is new */
  #add(owned: OwnedPartition): readonly OwnedPartition[] {
    if (this.#known.has(owned)) return NONE;
    for (const one of this.#known) if (one.closed && one.unsettled === 0) this.#known.delete(one);
    const earlier = this.#of([owned]).filter((one) => one !== owned);
    this.#known.add(owned);
    return earlier;
  }

  /** Those given, and all others of the same partitions. */
  #of(partitions: readonly OwnedPartition[]): OwnedPartition[] {
    const names = new Set(partitions.map(nameOf));
    const others = [...this.#known].filter((one) => names.has(nameOf(one)));
    return [...new Set([...partitions, ...others])];
  }

  /** Memory of records that wait for others to be made into one event with. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const one of this.#known) bytes += one.waitingBytes;
    return bytes;
  }

  /** Whether there are records that wait for more of them, and nothing else that goes on by itself. */
  get needsMore(): boolean {
    let waiting = 0;
    for (const one of this.#known) {
      if (isMoving(one)) return false;
      if (!one.closed) waiting += one.waiting;
    }
    return waiting > 0;
  }

  /** Resolves when nothing of these partitions is in flight but what waits for somebody or for more records, or after the time. */
  async drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const epochs = this.#of(partitions);
    while (epochs.some(isMoving) && performance.now() < deadline) await delay(DRAIN_CHECK_MS);
  }

  /** Ends what is open of these partitions, and of earlier epochs of them. */
  giveUp(partitions: readonly OwnedPartition[]): void {
    for (const epoch of this.#of(partitions)) {
      this.#known.delete(epoch);
      // First: what is given up moves the watermark, which must never be committed.
      epoch.closed = true;
      for (const settlement of epoch.open()) settlement.giveUp();
    }
  }
}

function isMoving(epoch: OwnedPartition): boolean {
  return epoch.unsettled > 0 && epoch.someOpen((settlement) => settlement.isMoving);
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
