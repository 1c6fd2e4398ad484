import type { OwnedPartition } from './assignment.ts';

/**
 * Length of a round, in fetches. The client discards what it has fetched of a deprioritised partition: with
 * rounds of this length, 6 % of all records.
 */
const ROUND_FETCHES = 16;
/** A round in which partitions are deprioritised lasts no longer. */
const ROUND_MS_MAX = 5000;
/** After so many unfilled polls in a round, the preferred partitions have no records, or deliver slowly. */
const UNFILLED_POLLS_MAX = 10;
/** A partition is served if it has read at least this fraction (1 / n) of the average. */
const AVERAGE_DIVISOR = 4;

type Reader = Pick<OwnedPartition, 'position' | 'highWatermark' | 'paused' | 'draining' | 'deprioritised'>;

/**
 * Fair fetch: deprioritises served partitions until the starved ones have been served, where one fetch does
 * not bring records of all partitions with a backlog.
 *
 * A broker fills an answer in the order of the request's partitions, up to `fetch.max.bytes`. After the first
 * one, it leaves out partitions whose next batch is larger than `max.partition.fetch.bytes`. librdkafka
 * rotates the order of the partitions, but restarts at the same one whenever its queue was full, which under
 * load is always. The first partitions are then served until they have no more records, and the others are
 * not served at all.
 */
export class FairFetch {
  readonly #roundBytes: number;
  /** Positions at the start of the round. */
  readonly #positions = new WeakMap<Reader, number>();
  /** Positions of partitions that delivered nothing while preferred (e.g. no leader): none waits for them. */
  readonly #stalled = new WeakMap<Reader, number>();
  #bytes = 0;
  #startedAt = 0;
  #unfilledPolls = 0;
  #isActive = false;

  /** @param fetchBytes `fetch.max.bytes` of the client */
  constructor(fetchBytes: number) {
    this.#roundBytes = fetchBytes * ROUND_FETCHES;
  }

  /**
   * Sets which partitions are `deprioritised`. Called after each poll.
   *
   * @param isFull whether the poll has returned as many records as it requested
   * @param bytes size of their values
   * @param now milliseconds of any monotonic clock
   */
  polled(isFull: boolean, bytes: number, now: number, partitions: () => readonly Reader[]): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#roundBytes || (this.#isActive && now - this.#startedAt > ROUND_MS_MAX)) {
      this.#evaluate(partitions(), now);
    } else if (this.#isActive && !isFull) this.#unfilled(partitions(), now);
  }

  #evaluate(all: readonly Reader[], now: number): void {
    const reading = all.filter((one) => isRead(one) && this.#positions.has(one));
    const total = reading.reduce((sum, one) => sum + this.#progress(one), 0);
    const enough = total / reading.length / AVERAGE_DIVISOR;
    const starved = reading.some(
      (one) => this.#progress(one) < Math.min(enough, behind(one)) && !this.#wasStalled(one),
    );
    this.#startRound(all, now, (one) => starved && (one.deprioritised || this.#progress(one) >= enough));
  }

  /** Ends the round if the preferred partitions are read to their end, or deliver too little. */
  #unfilled(all: readonly Reader[], now: number): void {
    const awaited = all.filter((one) => isRead(one) && behind(one) > 0 && !this.#wasStalled(one));
    if (++this.#unfilledPolls < UNFILLED_POLLS_MAX && awaited.length > 0) return;
    for (const one of awaited) if (this.#progress(one) === 0) this.#stalled.set(one, one.position);
    this.#startRound(all, now, () => false);
  }

  /** Offsets read in this round. */
  #progress(one: Reader): number {
    return one.position - (this.#positions.get(one) ?? one.position);
  }

  #wasStalled(one: Reader): boolean {
    return this.#stalled.get(one) === one.position;
  }

  #startRound(all: readonly Reader[], now: number, waits: (one: Reader) => boolean): void {
    this.#bytes = 0;
    this.#startedAt = now;
    this.#unfilledPolls = 0;
    this.#isActive = false;
    for (const one of all) {
      one.deprioritised = waits(one);
      this.#isActive ||= one.deprioritised;
      this.#positions.set(one, one.position);
    }
  }
}

function isRead({ deprioritised, paused, draining }: Reader): boolean {
  return !deprioritised && !paused && !draining;
}

/** Offsets between the position and the last known end. */
function behind({ position, highWatermark }: Reader): number {
  return highWatermark - position;
}
