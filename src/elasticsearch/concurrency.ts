/** The limit on bulk requests in flight. */
export interface ConcurrencyLimit {
  readonly limit: number;
  /**
   * A request was answered and settled documents.
   *
   * @param inFlight open requests, including this one
   * @param ms from sending to the answer
   * @param bytes size of the body
   */
  succeeded(inFlight: number, ms: number, bytes: number): void;
  /** Elasticsearch asked for less load (429, 503) or did not answer. */
  overloaded(): void;
}

const ADAPTIVE_START = 2;
const ADAPTIVE_MAX = 8;

/** As in Vector's adaptive concurrency: weight of an answer, deviations that are slow, factor of decrease. */
const EWMA_WEIGHT = 0.4;
const DEVIATIONS_SLOW = 2.5;
const DECREASE = 0.9;
/**
 * The deviations of a steady server are tiny: an answer counts as slow only above this multiple of the mean.
 */
const SLOW_AT_LEAST = 1.5;
/** Below this size the time of a request hardly depends on its size. */
const BYTES_MIN = 100_000;

/** A fixed number. */
export function fixedConcurrency(limit: number): ConcurrencyLimit {
  return { limit, succeeded: () => {}, overloaded: () => {} };
}

/**
 * Additive increase by one for each full round of successes. Multiplicative decrease: by half if
 * Elasticsearch is overloaded, and by a tenth if it slows down, since more requests would only queue there.
 */
export class AdaptiveConcurrency implements ConcurrencyLimit {
  #limit = ADAPTIVE_START;
  /** Mean time per byte, in ms; undefined before the first answer under load. */
  #mean: number | undefined;
  #variance = 0;

  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  succeeded(inFlight: number, ms: number, bytes: number): void {
    // Below the limit, answers say nothing about the capacity of Elasticsearch.
    if (inFlight < this.limit) return;
    if (this.#isSlow(ms / Math.max(bytes, BYTES_MIN))) this.#limit = Math.max(1, this.#limit * DECREASE);
    else this.#limit = Math.min(ADAPTIVE_MAX, this.#limit + 1 / this.limit);
  }

  overloaded(): void {
    this.#limit = Math.max(1, this.#limit / 2);
  }

  /** Compares with earlier answers and adapts: after some answers a lasting slowness is the norm. */
  #isSlow(pace: number): boolean {
    const mean = this.#mean ?? pace;
    const slow = mean + DEVIATIONS_SLOW * Math.sqrt(this.#variance);
    const difference = pace - mean;
    this.#mean = mean + EWMA_WEIGHT * difference;
    this.#variance = (1 - EWMA_WEIGHT) * (this.#variance + EWMA_WEIGHT * difference ** 2);
    return pace > slow && pace > mean * SLOW_AT_LEAST;
  }
}

/** The limit for `elasticsearch.request.concurrency`. */
export function createConcurrency(setting: 'adaptive' | number): ConcurrencyLimit {
  return setting === 'adaptive' ? new AdaptiveConcurrency() : fixedConcurrency(setting);
}
