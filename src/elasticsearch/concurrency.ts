/** How many bulk requests may be in flight. */
export interface ConcurrencyLimit {
  readonly limit: number;
  /** An answer came that settled documents, while `inFlight` requests (itself included) were open. */
  succeeded(inFlight: number): void;
  /** Elasticsearch asked for less (429, 503) or did not answer. */
  overloaded(): void;
}

const ADAPTIVE_START = 2;
const ADAPTIVE_MAX = 8;

/** A fixed number. */
export function fixedConcurrency(limit: number): ConcurrencyLimit {
  return { limit, succeeded: () => {}, overloaded: () => {} };
}

/** Additive increase by one for each full round of successes, multiplicative decrease by half. */
export class AdaptiveConcurrency implements ConcurrencyLimit {
  #limit = ADAPTIVE_START;

  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  succeeded(inFlight: number): void {
    // A limit that is not reached says nothing about what Elasticsearch could bear.
    if (inFlight >= this.limit) this.#limit = Math.min(ADAPTIVE_MAX, this.#limit + 1 / this.limit);
  }

  overloaded(): void {
    this.#limit = Math.max(1, this.#limit / 2);
  }
}

/** What `elasticsearch.request.concurrency` asks for. */
export function createConcurrency(setting: 'adaptive' | number): ConcurrencyLimit {
  return setting === 'adaptive' ? new AdaptiveConcurrency() : fixedConcurrency(setting);
}
