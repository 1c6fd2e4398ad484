/**
 * When something began: a point in time for people to read, and how long it has lasted, which a clock that is set meanwhile does
 * not change. Every duration in Logweir is measured by `performance.now()`; `Date.now()` is for points in time alone.
 */
export class Beginning {
  /** Milliseconds since the epoch. */
  readonly at = Date.now();
  readonly #startedAt = performance.now();

  /** How long ago that was. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }
}
