import type { OwnedPartition } from './assignment.ts';

/** A partition that has records, is not paused, and has not moved for this time is stalled. */
const STALLED_AFTER_MS = 30_000;
/** The limit while the client's queue is never empty: records may wait there after those of others. */
const STALLED_BEHIND_OTHERS_MS = 300_000;
/** Queries to the brokers may take long, and two distant ones say nothing about the time between them. */
const OBSERVATIONS_MIN = 4;

type Progress = Pick<OwnedPartition, 'position' | 'paused' | 'draining' | 'closed'>;

/**
 * Finds partitions that the client has silently stopped fetching: librdkafka does so after an error that ends
 * a fetcher and is not reported to the application (vector#22006: partitions dead after a rebalance under
 * backpressure). Called every few seconds.
 */
export class StallWatch {
  readonly #seen = new WeakMap<Progress, { position: number; since: number; observations: number }>();

  /**
   * @param high the offset up to which the broker delivers. An open transaction keeps it low, which is no
   * stall.
   * @param emptyAt when the client's queue was last empty
   * @param now both in milliseconds of the same monotonic clock
   */
  isStalled(owned: Progress, high: number, emptyAt: number, now: number): boolean {
    const { position } = owned;
    const seen = this.#seen.get(owned);
    const idle = owned.paused || owned.draining || owned.closed || position >= high;
    if (idle || seen === undefined || seen.position !== position) {
      this.#seen.set(owned, { position, since: now, observations: 0 });
      return false;
    }
    seen.observations++;
    const limit = emptyAt > seen.since ? STALLED_AFTER_MS : STALLED_BEHIND_OTHERS_MS;
    if (seen.observations < OBSERVATIONS_MIN || now - seen.since < limit) return false;
    // The next restart comes after another full interval.
    this.#seen.set(owned, { position, since: now, observations: 0 });
    return true;
  }
}
