import { setTimeout as delay } from 'node:timers/promises';
import type { OwnedPartition, TopicPartition } from './kafka/assignment.ts';

const DRAIN_CHECK_MS = 10;
const NONE: readonly OwnedPartition[] = [];

/**
 * The epochs of partitions that have records that are not settled. Mostly each partition has one; where its topic was created anew
 * while it was ours, records of the old epoch are still under way, and are given up together with those of the new one.
 */
export class Epochs {
  readonly #known = new Set<OwnedPartition>();

  /** Records of it are taken. @returns earlier epochs of the same partition, where this one is new */
  add(owned: OwnedPartition): readonly OwnedPartition[] {
    if (this.#known.has(owned)) return NONE;
    for (const one of this.#known) if (one.closed && one.unsettled === 0) this.#known.delete(one);
    const earlier = this.of([owned]).filter((one) => one !== owned);
    this.#known.add(owned);
    return earlier;
  }

  /** Those given, and all others of the same partitions. */
  of(partitions: readonly OwnedPartition[]): OwnedPartition[] {
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
    const epochs = this.of(partitions);
    while (epochs.some(isMoving) && performance.now() < deadline) await delay(DRAIN_CHECK_MS);
  }

  delete(epochs: readonly OwnedPartition[]): void {
    for (const one of epochs) this.#known.delete(one);
  }
}

function isMoving(epoch: OwnedPartition): boolean {
  return epoch.unsettled > 0 && epoch.someOpen((settlement) => settlement.isMoving);
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
