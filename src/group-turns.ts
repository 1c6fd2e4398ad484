import type { OwnedPartition } from './kafka/assignment.ts';

/** Who brings nothing for so long, though there is more of it, is waited for no longer: it may have no leader. */
const STALLED_MS = 10_000;

type Reader = Pick<
  OwnedPartition,
  'position' | 'highWatermark' | 'held' | 'draining' | 'waitingBytes' | 'awaitsGroups'
>;

/**
 * Bounds what waits in open groups of all partitions together. No group may be closed for that, since what a group is made of
 * would hang on other partitions then (promise P3). Instead all partitions but one are paused.
 *
 * The one that goes on ends: its groups have a limit of their own (see `reducing.ts`), so that it needs no more memory than that, and
 * all of them are closed where its offset is a multiple of 10,000, or at its end, when nothing comes for longer than their gap. Then
 * it is the next one's turn, until little enough waits. So never more waits than the limit, that of one partition, and what
 * two polls bring. One that is held or has no leader keeps what it has, and gets no more.
 */
export class GroupTurns {
  readonly #bytesMax: number;
  #isOn = false;
  #turn: Reader | null = null;
  /** Whether something of it waited since its turn began. */
  #hasWaited = false;
  #position = -1;
  #movedAt = 0;

  /** @param bytesMax of all partitions; below half of it all go on again */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Sets who `awaitsGroups`.
   *
   * @param partitions in the same order each time
   * @param now in ms, of any clock that only goes forward
   */
  update(partitions: readonly Reader[], now: number): void {
    let bytes = 0;
    for (const { waitingBytes } of partitions) bytes += waitingBytes;
    const isOn = bytes > (this.#isOn ? this.#bytesMax / 2 : this.#bytesMax);
    if (!isOn && !this.#isOn) return;
    // The next one in order, also after a time in which all went on: or the first ones would always be first.
    if (isOn && (!this.#isOn || this.#isOver(partitions, now))) this.#begin(this.#next(partitions), now);
    this.#isOn = isOn;
    for (const one of partitions) one.awaitsGroups = isOn && one !== this.#turn;
  }

  #isOver(partitions: readonly Reader[], now: number): boolean {
    const one = this.#turn;
    if (one === null || !partitions.includes(one) || !canGoOn(one)) return true;
    if (one.position !== this.#position) {
      this.#position = one.position;
      this.#movedAt = now;
    }
    this.#hasWaited ||= one.waitingBytes > 0;
    if (this.#hasWaited && one.waitingBytes === 0) return true;
    const isAtEnd = one.highWatermark >= 0 && one.position >= one.highWatermark;
    // At its end the clock closes what waits. Where nothing waits there is nothing to wait for.
    return now - this.#movedAt > STALLED_MS && !(isAtEnd && one.waitingBytes > 0);
  }

  /** The next one in order; those first of which something waits, since only that becomes less. */
  #next(partitions: readonly Reader[]): Reader | null {
    const at = this.#turn === null ? -1 : partitions.indexOf(this.#turn);
    const order = [...partitions.slice(at + 1), ...partitions.slice(0, at + 1)].filter(canGoOn);
    return order.find(({ waitingBytes }) => waitingBytes > 0) ?? order[0] ?? null;
  }

  #begin(one: Reader | null, now: number): void {
    this.#turn = one;
    this.#hasWaited = false;
    this.#position = one?.position ?? -1;
    this.#movedAt = now;
  }
}

function canGoOn({ held, draining }: Reader): boolean {
  return held === 0 && !draining;
}
