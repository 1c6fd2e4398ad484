import type { OwnedPartition } from './assignment.ts';

/** A partition that has something to be read, is not paused, and has not moved for so long, is no longer fetched. */
const STALLED_AFTER_MS = 30_000;
/** As long as records of others lie in the client's queue, its own may lie behind them. */
const STALLED_BEHIND_OTHERS_MS = 300_000;
/** The questions to the brokers may take long; two of them far apart say nothing about the time between. */
const OBSERVATIONS_MIN = 4;

type Progress = Pick<OwnedPartition, 'position' | 'paused' | 'draining' | 'closed'>;

/**
 * Finds partitions that the client has silently stopped fetching, as librdkafka does after an error that ends a fetcher and is not
 * told to the application (vector#22006: partitions dead after a rebalance under backpressure). Asked every few seconds.
 */
export class StallWatch {
  readonly #seen = new WeakMap<Progress, { position: number; since: number; observations: number }>();

  /**
   * @param high the end up to which the broker delivers: an open transaction holds it back, and nothing is missing then
   * @param emptyAt when the client's queue was last empty
   * @param now in ms, both of a clock that only goes forward
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
    // Another chance before it is started anew once more.
    this.#seen.set(owned, { position, since: now, observations: 0 });
    return true;
  }
}
