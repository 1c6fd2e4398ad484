/**
 * A start: a point in time for display, and the duration since, which a change of the system clock does not
 * affect. Logweir measures every duration with `performance.now()`; `Date.now()` is for points in time only.
 */
export class Beginning {
  /** Milliseconds since the epoch. */
  readonly at = Date.now();
  readonly #startedAt = performance.now();

  /** Time since the start. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }
}
