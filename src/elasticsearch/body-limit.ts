/** Bodies begin with this size: a server that is slow for its load is not met with the largest ones first. */
const START_BYTES = 500_000;

/** A body of so few documents in so few bytes is small: where it fails, its size is not the reason. */
export const SMALL_DOCUMENTS = 100;
export const SMALL_BYTES = 64_000;

/** After a failure the limit comes back to the size that failed in so many steps, and goes on beyond it by an eighth at a time. */
const STEPS_TO_FAILED = 16;
const BEYOND_FAILED = 1 / 8;

export function isSmall(documents: number, bytes: number): boolean {
  return documents <= SMALL_DOCUMENTS && bytes <= SMALL_BYTES;
}

/**
 * How many bytes a body may have, between a floor and what is configured: doubled by bodies that pass until one fails; half of
 * what fails, and then slowly more again. All batches share it, so that what one of them has found out costs the others nothing.
 */
export class BodyLimit {
  readonly #max: number;
  #bytes: number;
  /** The size that made the limit what it is; Infinity before the first failure. */
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
    // What is far below the limit says nothing about it.
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
   * No answer came in time, or the connection broke. Its size may be the reason and may not: the limit stays large enough for
   * small bodies, or faults of another kind would leave nothing of the throughput.
   */
  failed(bytes: number, documents: number): void {
    const floor = Math.min(SMALL_BYTES, (bytes / documents) * SMALL_DOCUMENTS);
    this.#lower(bytes, documents, Math.max(bytes / 2, floor));
  }

  /** It is too large, in so many words (413). */
  refused(bytes: number, documents: number): void {
    this.#lower(bytes, documents, bytes / 2);
  }

  #lower(bytes: number, documents: number, to: number): void {
    // A single document cannot be sent in parts. A body from before the limit was lowered tells nothing new.
    if (documents <= 1 || to >= this.#bytes) return;
    this.#bytes = to;
    this.#failed = bytes;
  }
}
