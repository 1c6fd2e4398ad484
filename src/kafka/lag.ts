import type { Consumer } from './consumer.ts';
import { watermarks } from './native.ts';

const INTERVAL_MS = 5000;
const QUERY_TIMEOUT_MS = 5000;

/** Asks the brokers for the end offsets of the owned partitions, so that lag is theirs and not our guess. */
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
    try {
      // One after the other: each takes a thread of the pool that everything else shares.
      for (const owned of this.#consumer.assignment.all()) {
        owned.highWatermark = (await watermarks(native, owned, QUERY_TIMEOUT_MS)).high;
      }
    } catch {
      // A broker that is away shows in the client's own errors; the last known offsets stay.
    } finally {
      this.#asking = false;
    }
  }
}
