import type { OwnedPartition } from '../kafka/consumer/assignment.ts';

/**
 * A partition that brings no records for so long, though it has more, is passed over: it may have no leader.
 */
const STALLED_MS = 10_000;

type Reader = Pick<
  OwnedPartition,
  'position' | 'highWatermark' | 'blocked' | 'draining' | 'waitingBytes' | 'awaitsGroups'
>;

/**
 * Bounds the memory of open groups over all partitions. It must not close groups, since a group would then
 * depend on other partitions (promise P3). It pauses all partitions but one instead.
 *
 * The active partition makes progress: its groups have a limit of their own (`aggregation.ts`), and all of
 * them are closed at the next multiple of 10,000, or at the end of the partition after a pause longer than
 * their gap. Then the next partition becomes active, until the groups hold little enough. The total never
 * exceeds the limit plus that of one partition plus the records of two polls. A blocked partition, or one
 * without a leader, keeps its groups and gets no more records.
 */
export class GroupMemory {
  readonly #bytesMax: number;
  #isOn = false;
  #active: Reader | null = null;
  /** Whether it had open groups since it became active. */
  #hasWaited = false;
  #position = -1;
  #movedAt = 0;

  /** @param bytesMax of all partitions; below half of it no partition is paused any more */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Sets `awaitsGroups` of each partition.
   *
   * @param partitions in the same order at each call
   * @param now in ms, of a monotonic clock
   */
  update(partitions: readonly Reader[], now: number): void {
    let bytes = 0;
    for (const { waitingBytes } of partitions) bytes += waitingBytes;
    const isOn = bytes > (this.#isOn ? this.#bytesMax / 2 : this.#bytesMax);
    if (!isOn && !this.#isOn) return;
    // Continues in order, also after a time without pauses: otherwise the first partitions would always be
    // first.
    if (isOn && (!this.#isOn || this.#isOver(partitions, now))) this.#begin(this.#next(partitions), now);
    this.#isOn = isOn;
    for (const one of partitions) one.awaitsGroups = isOn && one !== this.#active;
  }

  #isOver(partitions: readonly Reader[], now: number): boolean {
    const one = this.#active;
    if (one === null || !partitions.includes(one) || !canProceed(one)) return true;
    if (one.position !== this.#position) {
      this.#position = one.position;
      this.#movedAt = now;
    }
    this.#hasWaited ||= one.waitingBytes > 0;
    if (this.#hasWaited && one.waitingBytes === 0) return true;
    const isAtEnd = one.highWatermark >= 0 && one.position >= one.highWatermark;
    // At the end of the partition the clock closes its groups. Without groups there is nothing to wait for.
    return now - this.#movedAt > STALLED_MS && !(isAtEnd && one.waitingBytes > 0);
  }

  /**
   * The next partition in order, with preference for those with open groups: only these can release memory.
   */
  #next(partitions: readonly Reader[]): Reader | null {
    const at = this.#active === null ? -1 : partitions.indexOf(this.#active);
    const order = [...partitions.slice(at + 1), ...partitions.slice(0, at + 1)].filter(canProceed);
    return order.find(({ waitingBytes }) => waitingBytes > 0) ?? order[0] ?? null;
  }

  #begin(one: Reader | null, now: number): void {
    this.#active = one;
    this.#hasWaited = false;
    this.#position = one?.position ?? -1;
    this.#movedAt = now;
  }
}

function canProceed({ blocked, draining }: Reader): boolean {
  return blocked === 0 && !draining;
}
