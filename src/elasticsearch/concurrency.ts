/** How many bulk requests may be in flight. */
export interface ConcurrencyLimit {
  readonly limit: number;
  /**
   * An answer came that settled documents.
   *
   * @param inFlight open requests, itself included
   * @param ms from sending to the answer
   * @param bytes of the body
   */
  succeeded(inFlight: number, ms: number, bytes: number): void;
  /** Elasticsearch asked for less (429, 503) or did not answer. */
  overloaded(): void;
}

const ADAPTIVE_START = 2;
const ADAPTIVE_MAX = 8;

/** As in Vector's adaptive concurrency: how much an answer counts, how far off is slow, and what is given up then. */
const EWMA_WEIGHT = 0.4;
const DEVIATIONS_SLOW = 2.5;
const DECREASE = 0.9;
/** Deviations of a steady server are tiny; what is not half as slow again is no sign of anything. */
const SLOW_AT_LEAST = 1.5;
/** What a small request takes has little to do with its size. */
const BYTES_MIN = 100_000;

/** A fixed number. */
export function fixedConcurrency(limit: number): ConcurrencyLimit {
  return { limit, succeeded: () => {}, overloaded: () => {} };
}

/**
 * Additive increase by one for each full round of successes; multiplicative decrease by half where Elasticsearch refuses, and by a
 * tenth where it has become slow: more requests would wait in it, and not here.
 */
export class AdaptiveConcurrency implements ConcurrencyLimit {
  #limit = ADAPTIVE_START;
  /** Of the time that a byte takes, in ms; undefined before the first answer under load. */
  #mean: number | undefined;
  #variance = 0;

  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  succeeded(inFlight: number, ms: number, bytes: number): void {
    // A limit that is not reached says nothing about what Elasticsearch could bear.
    if (inFlight < this.limit) return;
    if (this.#isSlow(ms / Math.max(bytes, BYTES_MIN))) this.#limit = Math.max(1, this.#limit * DECREASE);
    else this.#limit = Math.min(ADAPTIVE_MAX, this.#limit + 1 / this.limit);
  }

  overloaded(): void {
    this.#limit = Math.max(1, this.#limit / 2);
  }

  /** Compares with the answers before, and learns: what stays slow is what is usual, after some answers. */
  #isSlow(pace: number): boolean {
    const mean = this.#mean ?? pace;
    const slow = mean + DEVIATIONS_SLOW * Math.sqrt(this.#variance);
    const difference = pace - mean;
    this.#mean = mean + EWMA_WEIGHT * difference;
    this.#variance = (1 - EWMA_WEIGHT) * (this.#variance + EWMA_WEIGHT * difference ** 2);
    return pace > slow && pace > mean * SLOW_AT_LEAST;
  }
}

/** What `elasticsearch.request.concurrency` asks for. */
export function createConcurrency(setting: 'adaptive' | number): ConcurrencyLimit {
  return setting === 'adaptive' ? new AdaptiveConcurrency() : fixedConcurrency(setting);
}
