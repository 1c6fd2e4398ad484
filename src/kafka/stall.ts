import type { OwnedPartition } from './assignment.ts';

/** A partition that has something to be read, is not paused, and has not moved for so long, is no longer fetched. */
const STALLED_AFTER_MS = 30_000;

type Progress = Pick<OwnedPartition, 'position' | 'paused' | 'draining' | 'closed'>;

/**
 * Finds partitions that the client has silently stopped fetching, as librdkafka does after an error that ends a fetcher and is not
 * told to the application (vector#22006: partitions dead after a rebalance under backpressure). Asked every few seconds.
 */
export class StallWatch {
  readonly #seen = new WeakMap<Progress, { position: number; since: number }>();

  /**
   * @param high the broker's end of the partition
   * @param now milliseconds since the epoch
   */
  isStalled(owned: Progress, high: number, now: number): boolean {
    const { position } = owned;
    const before = this.#seen.get(owned);
    const idle = owned.paused || owned.draining || owned.closed || position >= high;
    if (idle || before === undefined || before.position !== position) {
      this.#seen.set(owned, { position, since: now });
      return false;
    }
    if (now - before.since < STALLED_AFTER_MS) return false;
    // Another chance before it is started anew once more.
    this.#seen.set(owned, { position, since: now });
    return true;
  }
}
