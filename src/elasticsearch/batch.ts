import type { Config } from '../config/schema.ts';
import type { BodyLimit } from './body-limit.ts';
import type { BulkSender } from './bulk.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import type { Document } from './document.ts';

type Limits = Config['elasticsearch']['batch'];

/**
 * Gathers documents into batches bounded by bytes, count and age. Adaptive: when no request is in flight a batch leaves at
 * once, so a lone record does not wait; under load the batches fill while the requests before them are answered.
 */
export class Batcher {
  readonly #limits: Limits;
  readonly #sender: BulkSender;
  readonly #concurrency: ConcurrencyLimit;
  readonly #bodyLimit: BodyLimit | undefined;
  #pending: Document[] = [];
  #pendingBytes = 0;
  #oldest = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param bodyLimit what the sender has found out about the size of bodies; none if left out */
  constructor(limits: Limits, sender: BulkSender, concurrency: ConcurrencyLimit, bodyLimit?: BodyLimit) {
    this.#limits = limits;
    this.#sender = sender;
    this.#concurrency = concurrency;
    this.#bodyLimit = bodyLimit;
  }

  /** Takes a document; call {@link flush} when the records at hand are through. */
  add(document: Document): void {
    if (this.#pending.length === 0) this.#oldest = performance.now();
    this.#pending.push(document);
    this.#pendingBytes += document.bytes;
    if (this.#isFull()) this.flush();
  }

  /** Takes documents that come by themselves. */
  addAtOnce(documents: readonly Document[]): void {
    for (const document of documents) this.add(document);
    this.flush();
  }

  /** Sends what is due, as far as the concurrency allows. */
  flush(): void {
    while (this.#pending.length > 0 && this.#sender.inFlight < this.#concurrency.limit) {
      const age = performance.now() - this.#oldest;
      if (!this.#isFull() && this.#sender.inFlight > 0 && age < this.#limits.max_age_ms) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.flush();
        }, this.#limits.max_age_ms - age);
        return;
      }
      // send() never rejects, and the next batch leaves when it is through.
      void this.#sender.send(this.#take()).then(() => this.flush());
    }
  }

  /** Releases the timer. Documents that were not sent are forgotten; their records are not settled. */
  close(): void {
    clearTimeout(this.#timer);
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  get #bytesMax(): number {
    return Math.min(this.#limits.max_bytes, this.#bodyLimit?.bytes ?? Infinity);
  }

  #isFull(): boolean {
    return this.#pendingBytes >= this.#bytesMax || this.#pending.length >= this.#limits.max_events;
  }

  #take(): Document[] {
    const bytesMax = this.#bytesMax;
    let bytes = 0;
    let count = 0;
    for (const document of this.#pending) {
      if (count > 0 && (bytes + document.bytes > bytesMax || count >= this.#limits.max_events)) break;
      bytes += document.bytes;
      count++;
    }
    const batch = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    this.#pendingBytes -= bytes;
    this.#oldest = performance.now();
    return batch;
  }
}
