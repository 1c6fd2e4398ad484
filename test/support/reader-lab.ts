import { inject, onTestFinished } from 'vitest';
import { ClientReader } from '../../src/kafka/consumer/client-reader.ts';
import {
  type KafkaError,
  type NativeConsumer,
  type PartitionOffset,
  connect,
  createConsumer,
  disconnect,
} from '../../src/kafka/native.ts';
import { NativeReader, nativePlugin } from '../../src/kafka/consumer/native-reader.ts';
import type { Polled, RecordReader } from '../../src/kafka/consumer/record-reader.ts';
import type { SourceRecord } from '../../src/record.ts';
import { type Compression, LedgerProducer } from './ledger-producer.ts';
import { createTopic, uniqueName } from './topics.ts';

/** The sources of record batches. Both have the same contract. */
export const SOURCES = ['native', 'client'] as const;
export type Source = (typeof SOURCES)[number];

const POLL_MS = 50;
/** The number of rows of a chunk. */
export const POLL_COUNT = 4096;
const PATIENCE_MS = 30_000;

/** `READER_SOURCES=native` runs the contract for this source only, e.g. with sanitizers. */
export const sources: readonly Source[] = SOURCES.filter((source) =>
  (process.env['READER_SOURCES'] ?? SOURCES.join(',')).split(',').includes(source),
);

/** A record of a batch, with its gap before the value, and its size. */
export interface Row extends SourceRecord {
  readonly gap: number;
  readonly size: number;
}

export interface ReadingOptions {
  /** Overrides of the consumer's settings. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** Bytes left free before each value. @default 0 */
  readonly room?: number;
  /** `auto.offset.reset` of the consumer. @default error */
  readonly reset?: 'error' | 'earliest';
}

/** A consumer with a reader of one of the two sources, and all records of the reader so far. */
export class Reading {
  readonly consumer: NativeConsumer;
  readonly reader: RecordReader;
  readonly rows: Row[] = [];
  readonly errors: KafkaError[] = [];
  readonly #room: number;

  private constructor(consumer: NativeConsumer, reader: RecordReader, room: number) {
    this.consumer = consumer;
    this.reader = reader;
    this.#room = room;
  }

  /** Connects the consumer. It is closed when the test ends. */
  static async open(
    source: Source,
    { options = {}, room = 0, reset = 'error' }: ReadingOptions = {},
  ): Promise<Reading> {
    const plugin = source === 'native' ? { 'plugin.library.paths': nativePlugin() } : {};
    const consumer = createConsumer(
      {
        'bootstrap.servers': inject('kafka'),
        'group.id': uniqueName('reader'),
        'enable.auto.commit': false,
        'isolation.level': 'read_committed',
        'fetch.wait.max.ms': 50,
        ...plugin,
        ...options,
      },
      { 'auto.offset.reset': reset },
    );
    for (const event of ['event.error', 'event.log']) consumer.on(event as 'event.error', () => {});
    consumer.setDefaultConsumeTimeout(POLL_MS);
    consumer.setDefaultIsTimeoutOnlyForFirstMessage(true);
    await connect(consumer, PATIENCE_MS);
    const reader = source === 'native' ? new NativeReader(consumer, POLL_MS) : new ClientReader(consumer);
    const reading = new Reading(consumer, reader, room);
    onTestFinished(() => reading.close());
    return reading;
  }

  assign(...partitions: PartitionOffset[]): this {
    this.consumer.assign(partitions.map(({ topic, partition, offset }) => ({ topic, partition, offset })));
    return this;
  }

  close(): Promise<void> {
    return disconnect(this.consumer, PATIENCE_MS);
  }

  /** Polls once. Copies the records, and releases their memory. */
  async poll(count = POLL_COUNT): Promise<Row[]> {
    return this.consume(await this.reader.poll(count, this.#room));
  }

  consume({ batches, error }: Polled): Row[] {
    if (error !== null) this.errors.push(error);
    const rows = batches.flatMap(({ chunk, from, to }) => {
      const consumed = Array.from({ length: to - from }, (_, at): Row => {
        const row = from + at;
        const leaderEpoch = chunk.leaderEpoch(row);
        const epoch = leaderEpoch === undefined ? {} : { leaderEpoch };
        return { ...chunk.record(row), ...epoch, gap: chunk.gap(row), size: chunk.size(row) };
      });
      chunk.release();
      return consumed;
    });
    this.rows.push(...rows);
    return rows;
  }

  /** Polls until there are at least `count` records in all. The test must check for more. */
  async until(count: number): Promise<Row[]> {
    await this.pollUntil(() => this.rows.length >= count, `${count} records`);
    return this.rows;
  }

  async pollUntil(condition: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > deadline)
        throw new Error(
          `gave up polling for ${what}; there are ${this.rows.length} records, and ${JSON.stringify(this.errors)}`,
        );
      await this.poll();
    }
  }

  /** Polls for `ms` milliseconds. */
  async idle(ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    while (Date.now() < deadline) await this.poll();
  }
}

/** A record to produce. All fields except topic and value have defaults. */
export interface Outgoing {
  readonly topic: string;
  readonly partition?: number;
  readonly key?: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp?: number;
  readonly headers?: readonly Record<string, Buffer | string>[];
}

/** Produces in order, and waits until the broker has all records. */
export async function produce(
  records: readonly Outgoing[],
  { compression = 'lz4' }: { compression?: Compression } = {},
): Promise<void> {
  const producer = await LedgerProducer.connect(inject('kafka'), compression);
  try {
    await send(producer, records);
  } finally {
    await producer.close();
  }
}

export async function send(producer: LedgerProducer, records: readonly Outgoing[]): Promise<void> {
  const failures: unknown[] = [];
  await producer.send(
    records.map((record) => [
      { partition: 0, key: null, timestamp: 1_700_000_000_000, headers: [], ...record },
      (_where, error) => {
        if (error !== undefined) failures.push(error);
      },
    ]),
  );
  if (failures.length > 0) throw new Error('records were not consumed', { cause: failures[0] });
}

export async function newTopic(
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = uniqueName('reader');
  await createTopic(inject('kafka'), topic, partitions, config);
  return topic;
}

/** All partitions of a topic, from their beginning. */
export function fromStart(topic: string, partitions = 1): PartitionOffset[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }));
}
