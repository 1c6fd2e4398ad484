/** The first limit: an overloaded server does not receive the largest bodies first. */
const START_BYTES = 500_000;

/** A body within both limits is small: its size is not the reason for a failure. */
export const SMALL_DOCUMENTS = 100;
export const SMALL_BYTES = 64_000;

/**
 * After a failure the limit returns to the failed size in so many steps, then grows by an eighth at a time.
 */
const STEPS_TO_FAILED = 16;
const BEYOND_FAILED = 1 / 8;

export function isSmall(documents: number, bytes: number): boolean {
  return documents <= SMALL_DOCUMENTS && bytes <= SMALL_BYTES;
}

/**
 * The largest size of a body, in bytes, between a floor and the configured maximum. It doubles with each body
 * that passes until one fails. A failure halves it, and it then grows slowly. All batches share it, so that
 * one finding serves all.
 */
export class BodyLimit {
  readonly #max: number;
  #bytes: number;
  /** Size of the last body that lowered the limit; Infinity before the first failure. */
  #failed = Infinity;

  /** @param max bytes */
  constructor(max = 5_000_000) {
    this.#max = max;
    this.#bytes = Math.min(max, START_BYTES);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A body was answered. */
  passed(bytes: number): void {
    // A body far below the limit says nothing about it.
    if (bytes < this.#bytes / 2) return;
    const step =
      this.#failed === Infinity
        ? this.#bytes
        : this.#bytes < this.#failed
          ? this.#failed / STEPS_TO_FAILED
          : this.#bytes * BEYOND_FAILED;
    this.#bytes = Math.min(this.#max, this.#bytes + step);
  }

  /**
   * A request timed out, or its connection broke; its size is only a possible reason. The limit stays large
   * enough for small bodies, or other faults would reduce the throughput to nothing.
   */
  failed(bytes: number, documents: number): void {
    const floor = Math.min(SMALL_BYTES, (bytes / documents) * SMALL_DOCUMENTS);
    this.#lower(bytes, documents, Math.max(bytes / 2, floor));
  }

  /** The server says that the body is too large (413). */
  rejected(bytes: number, documents: number): void {
    this.#lower(bytes, documents, bytes / 2);
  }

  #lower(bytes: number, documents: number, to: number): void {
    // A single document cannot be divided. A body sent before the limit fell is no new evidence.
    if (documents <= 1 || to >= this.#bytes) return;
    this.#bytes = to;
    this.#failed = bytes;
  }
}
