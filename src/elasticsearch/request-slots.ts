import type { ConcurrencyLimit } from './concurrency.ts';
import { WaitList } from './wait-list.ts';

/**
 * Limits the open requests to the current concurrency. When the concurrency falls, batches that have already
 * started wait before their next request.
 */
export class RequestSlots {
  readonly #concurrency: ConcurrencyLimit;
  #open = 0;
  readonly #waiting = new WaitList();

  constructor(concurrency: ConcurrencyLimit) {
    this.#concurrency = concurrency;
  }

  /**
   * Waits for a slot; return it with {@link release}. After an abort it resolves at once, beyond the limit:
   * the caller sends nothing then.
   */
  async acquire(signal: AbortSignal): Promise<void> {
    while (this.#open >= this.#concurrency.limit && !signal.aborted) {
      await this.#waiting.wait(signal);
    }
    this.#open++;
  }

  release(): void {
    this.#open--;
    this.#waiting.wake();
  }
}
