import type { ConcurrencyLimit } from './concurrency.ts';

/**
 * Lets no more requests be open than the concurrency allows at the moment. Batches that were begun when it allowed more wait
 * with what is left of them.
 */
export class RequestSlots {
  readonly #concurrency: ConcurrencyLimit;
  #open = 0;
  #waiting: (() => void)[] = [];

  constructor(concurrency: ConcurrencyLimit) {
    this.#concurrency = concurrency;
  }

  /** Waits for a slot, to be given back with {@link free}. After the signal it is given at once: nothing is sent then. */
  async take(signal: AbortSignal): Promise<void> {
    while (this.#open >= this.#concurrency.limit && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
        this.#waiting.push(wake);
      });
    }
    this.#open++;
  }

  free(): void {
    this.#open--;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
