import type { Consumer } from './consumer.ts';
import { watermarks } from './native.ts';

const INTERVAL_MS = 5000;
const QUERY_TIMEOUT_MS = 5000;

/**
 * Asks the brokers for the offsets of the owned partitions: the lag is theirs and not our guess, and a position that they no
 * longer have is found, also where the client lost the error (it drops one that comes behind records).
 */
export class LagWatch {
  readonly #consumer: Consumer;
  readonly #timer: NodeJS.Timeout;
  #asking = false;

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
    this.#timer = setInterval(() => void this.#ask(), INTERVAL_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    const { native } = this.#consumer;
    if (native === null || this.#asking) return;
    this.#asking = true;
    // One after the other: each takes a thread of the pool that everything else shares.
    for (const owned of this.#consumer.assignment.all()) {
      try {
        // Read before the question: by the time of the answer the position may be above the end that it tells.
        const { position } = owned;
        const offsets = await watermarks(native, owned, QUERY_TIMEOUT_MS);
        owned.highWatermark = offsets.high;
        await this.#consumer.recover(owned, {
          low: offsets.low,
          high: Math.max(offsets.high, owned.position - position + offsets.high),
        });
      } catch {
        // A broker that is away shows in the client's own errors; the last known offsets stay.
      }
    }
    this.#asking = false;
  }
}
