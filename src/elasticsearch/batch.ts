import type { Config } from '../config/schema.ts';
import type { BodyLimit } from './body-limit.ts';
import type { BulkSender } from './bulk.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import { type Document, within } from './document.ts';

type Limits = Config['elasticsearch']['batch'];

/**
 * Collects documents into batches that are limited by bytes, count and age. While no request is in flight, a
 * batch is sent at once, so that a lone record does not wait. Under load, batches fill meanwhile.
 */
export class Batcher {
  readonly #limits: Limits;
  readonly #sender: BulkSender;
  readonly #concurrency: ConcurrencyLimit;
  readonly #bodyLimit: BodyLimit | undefined;
  #pending: Document[] = [];
  /** Pending documents, those of runs counted, and their bytes. */
  #pendingCount = 0;
  #pendingBytes = 0;
  #oldest = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param bodyLimit the sender's limit on the size of bodies; none if omitted */
  constructor(limits: Limits, sender: BulkSender, concurrency: ConcurrencyLimit, bodyLimit?: BodyLimit) {
    this.#limits = limits;
    this.#sender = sender;
    this.#concurrency = concurrency;
    this.#bodyLimit = bodyLimit;
  }

  /** Adds a document; call {@link flush} after the last document of a poll. */
  add(document: Document): void {
    const { count, bytes } = document;
    if (count > 1 && (count > this.#limits.max_events || bytes > this.#bytesMax)) {
      for (const part of document.split()) this.add(part);
      return;
    }
    if (this.#pending.length === 0) this.#oldest = performance.now();
    this.#pending.push(document);
    this.#pendingCount += count;
    this.#pendingBytes += bytes;
    if (this.#isFull()) this.flush();
  }

  /** Adds documents that come from outside a poll, and flushes. */
  addAtOnce(documents: readonly Document[]): void {
    for (const document of documents) this.add(document);
    this.flush();
  }

  /** Sends the batches that are due, within the concurrency limit. */
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
      // send() never rejects; the next batch is sent when it resolves.
      void this.#sender.send(this.#nextBatch()).then(() => this.flush());
    }
  }

  /** Clears the timer and drops the pending documents; their records stay unsettled. */
  close(): void {
    clearTimeout(this.#timer);
    this.#pending = [];
    this.#pendingCount = 0;
    this.#pendingBytes = 0;
  }

  get #bytesMax(): number {
    return Math.min(this.#limits.max_bytes, this.#bodyLimit?.bytes ?? Infinity);
  }

  #isFull(): boolean {
    return this.#pendingBytes >= this.#bytesMax || this.#pendingCount >= this.#limits.max_events;
  }

  #nextBatch(): Document[] {
    const { length, count, bytes } = within(this.#pending, this.#limits.max_events, this.#bytesMax);
    const batch = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    this.#pendingCount -= count;
    this.#pendingBytes -= bytes;
    this.#oldest = performance.now();
    return batch;
  }
}
