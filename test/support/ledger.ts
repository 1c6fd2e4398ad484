import { hash, randomUUID } from 'node:crypto';
import { documentId, type Coordinates } from '../../src/elasticsearch/document-id.ts';
import { checkIndex, sequenceOf, type CheckOptions, type CheckResult } from './ledger-check.ts';
import { LedgerProducer, type Compression, type Delivered, type OutgoingRecord } from './ledger-producer.ts';

export type { CheckOptions, CheckResult, Stray } from './ledger-check.ts';

/** An object is sent as JSON; null is a tombstone. */
export type Payload = Readonly<Record<string, unknown>> | string | Buffer | null;

export interface ProduceOptions {
  /** @default the partitioner's choice */
  readonly partition?: number;
  readonly key?: string | Buffer;
  /** Of all records, in ms since the epoch. @default now */
  readonly timestamp?: number;
  /** Of all records. */
  readonly headers?: readonly Record<string, string | Buffer>[];
  /** @default 'none' */
  readonly compression?: Compression;
}

/** A record that the broker has acknowledged. */
export interface LedgerEntry extends Coordinates {
  /** The payload's top-level `seq`, where it has one. */
  readonly sequence: number | undefined;
  /** SHA-256 of the bytes, in base64. */
  readonly hash: string;
  /** When it was handed to the producer, in ms since the epoch. */
  readonly sentAt: number;
}

/**
 * Keeps books of what was produced, to be compared with what was indexed. The client under test has no part in it.
 */
export class Ledger {
  /** Acknowledged records that must reach the index (or the dead letter), by document id. */
  readonly entries = new Map<string, LedgerEntry>();
  /** Records of aborted transactions, which no consumer may read. */
  readonly aborted: LedgerEntry[] = [];
  readonly tombstones: Coordinates[] = [];
  /** Sequences of records whose delivery failed: the broker may have them or not. */
  readonly unknown = new Set<number>();
  readonly #bootstrapServers: string;
  readonly #producers = new Map<Compression, Promise<LedgerProducer>>();
  readonly #idBySequence = new Map<number, string>();
  #bytes = 0;

  constructor(bootstrapServers: string) {
    this.#bootstrapServers = bootstrapServers;
  }

  /** Resolves with the entries in the order of `payloads` when the broker has acknowledged all of them. */
  async produce(
    topic: string,
    payloads: Iterable<Payload>,
    options: ProduceOptions = {},
  ): Promise<LedgerEntry[]> {
    const { compression = 'none' } = options;
    const connecting =
      this.#producers.get(compression) ?? LedgerProducer.connect(this.#bootstrapServers, compression);
    this.#producers.set(compression, connecting);
    const producer = await connecting;
    const delivered: LedgerEntry[] = [];
    await producer.send(this.#records(topic, payloads, options, delivered));
    this.#enter(delivered);
    return Object.values(delivered);
  }

  /** As `produce`, in one transaction. An aborted one leaves its records in the log, followed by a control record. */
  async produceInTransaction(
    topic: string,
    payloads: Iterable<Payload>,
    { abort, ...options }: ProduceOptions & { readonly abort: boolean },
  ): Promise<LedgerEntry[]> {
    const id = `ledger-${randomUUID()}`;
    const producer = await LedgerProducer.connect(this.#bootstrapServers, options.compression ?? 'none', id);
    const delivered: LedgerEntry[] = [];
    try {
      await producer.transaction(abort, () =>
        producer.send(this.#records(topic, payloads, options, delivered)),
      );
    } finally {
      await producer.close();
    }
    if (abort) this.aborted.push(...Object.values(delivered));
    else this.#enter(delivered);
    return Object.values(delivered);
  }

  /** Reads the whole index and compares it with the books, both ways. */
  async check(elasticsearchUrl: string, index: string, options: CheckOptions): Promise<CheckResult> {
    const books = {
      byId: this.entries,
      idBySequence: this.#idBySequence,
      unknown: this.unknown,
      averageBytes: this.#bytes / Math.max(1, this.entries.size),
    };
    return await checkIndex(elasticsearchUrl, index, books, options);
  }

  async close(): Promise<void> {
    for (const producer of this.#producers.values()) await (await producer).close();
    this.#producers.clear();
  }

  *#records(
    topic: string,
    payloads: Iterable<Payload>,
    { partition, key, timestamp, headers = [] }: ProduceOptions,
    into: LedgerEntry[],
  ): Generator<readonly [OutgoingRecord, Delivered]> {
    let position = 0;
    for (const payload of payloads) {
      const value = bytesOf(payload);
      const sequence = value === null ? undefined : sequenceOf(value.toString());
      const at = position++;
      const sentAt = Date.now();
      const sent = timestamp ?? sentAt;
      const digest = value === null ? '' : hash('sha256', value, 'base64');
      this.#bytes += value?.length ?? 0;
      const delivered: Delivered = (where) => {
        if (where === undefined) {
          if (sequence !== undefined) this.unknown.add(sequence);
          return;
        }
        const coordinates = {
          topic,
          partition: where.partition,
          offset: where.offset,
          // Not the report's: for a retry that the broker had already it has the time of another record of the batch.
          timestamp: sent,
        };
        if (value === null) this.tombstones.push(coordinates);
        else into[at] = { ...coordinates, sequence, hash: digest, sentAt };
      };
      const to = { topic, partition: partition ?? null, key: key ?? null };
      yield [{ ...to, value, timestamp: sent, headers }, delivered];
    }
  }

  #enter(entries: readonly LedgerEntry[]): void {
    // A record that was not delivered has left a hole.
    for (const entry of Object.values(entries)) {
      const id = documentId(entry);
      this.entries.set(id, entry);
      if (entry.sequence !== undefined) this.#idBySequence.set(entry.sequence, id);
    }
  }
}

function bytesOf(payload: Payload): Buffer | null {
  if (payload === null || Buffer.isBuffer(payload)) return payload;
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}
