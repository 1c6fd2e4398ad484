import { setTimeout as delay } from 'node:timers/promises';
import { agentEvent } from '../../test/support/events.ts';
import type { Ledger, LedgerEntry } from '../../test/support/ledger.ts';

/** An event as it was sent, and its position in Kafka. */
export interface Sample {
  readonly event: Record<string, unknown>;
  readonly entry: LedgerEntry;
}

export interface LoadOptions {
  readonly ledger: Ledger;
  readonly topic: string;
  readonly partitions: number;
  readonly events: number;
  readonly overMs: number;
  readonly signal: AbortSignal;
}

const STEP_MS = 100;

/** Produces events of Vector agents at a steady rate, independent of the consumer. */
export class Load {
  /** The offsets of the next records, by partition. */
  readonly ends: number[];
  /** One JSON line of an application from each step. */
  readonly samples: Sample[] = [];
  /** Resolves when the broker has acknowledged everything. */
  readonly finished: Promise<void>;
  readonly #options: LoadOptions;
  #sent = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.ends = Array.from({ length: options.partitions }, () => 0);
    this.finished = this.#run();
  }

  /** Acknowledged by the broker. */
  get produced(): number {
    return this.#options.ledger.entries.size;
  }

  async #run(): Promise<void> {
    const { ledger, topic, events, overMs, signal } = this.#options;
    const started = performance.now();
    while (this.#sent < events) {
      await delay(STEP_MS, undefined, { signal });
      const due = Math.min(events, Math.floor((events * (performance.now() - started)) / overMs));
      const chunk: Record<string, unknown>[] = [];
      while (this.#sent < due) chunk.push(newEvent(this.#sent++));
      this.#note(chunk, await ledger.produce(topic, chunk));
    }
    if (this.produced !== events) {
      throw new Error(
        `Kafka has acknowledged ${this.produced} of ${events} events: the ledger is incomplete`,
      );
    }
  }

  #note(chunk: readonly Record<string, unknown>[], entries: readonly LedgerEntry[]): void {
    for (const { partition, offset } of entries) {
      this.ends[partition] = Math.max(this.ends[partition] ?? 0, offset + 1);
    }
    const event = chunk.find(({ message }) => String(message).includes('payment authorised'));
    const entry = entries.find(({ sequence }) => sequence === event?.['seq']);
    if (event !== undefined && entry !== undefined) this.samples.push({ event, entry });
  }
}

/** An event with the current time: the generated times are of a fixed day. */
function newEvent(sequence: number): Record<string, unknown> {
  return { ...agentEvent(sequence), timestamp: new Date().toISOString() };
}
