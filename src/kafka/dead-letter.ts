import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import { type Log, RepeatGate } from '../log.ts';
import type { SourceRecord } from '../settlement.ts';
import { clientOptions } from './client-config.ts';
import {
  ErrorCode,
  type KafkaError,
  type NativeProducer,
  connect,
  createProducer,
  disconnect,
  hasCode,
} from './native.ts';

/** Why a record cannot become a document. */
export interface DeadLetterReason {
  /** A short name, the same for all records of a kind; label of a metric. */
  readonly reason: string;
  /** One sentence about this record. */
  readonly message: string;
}

/** Where records go that cannot become documents. */
export interface DeadLetters {
  /** Resolves when the dead letter is acknowledged. Tries for ever; rejects only once `close` was called. */
  send(record: SourceRecord, why: DeadLetterReason): Promise<void>;
  /** Why dead letters cannot be written at the moment, or null. */
  readonly blocked: string | null;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
const DELIVERY_TIMEOUT_MS = 30_000;
const RETRY_MS = 1000;
const POLL_MS = 50;

/**
 * The dead-letter topic. The record goes there as it was (key, value, headers), and headers say why, where from and when.
 * The producer is made when the first dead letter comes: most processes never need one.
 */
export class DeadLetterTopic implements DeadLetters {
  blocked: string | null = null;
  readonly #config: Config['kafka'];
  readonly #topicTemplate: string;
  readonly #log: Log;
  readonly #gate = new RepeatGate();
  readonly #closing = new AbortController();
  #producer: Promise<NativeProducer> | null = null;

  constructor(config: Config['kafka'], topicTemplate: string, log: Log) {
    this.#config = config;
    this.#topicTemplate = topicTemplate;
    this.#log = log;
  }

  async send(record: SourceRecord, why: DeadLetterReason): Promise<void> {
    const topic = this.#topicTemplate.replaceAll('{{topic}}', record.topic);
    const headers = [...(record.headers ?? []), ...reasonHeaders(record, why)];
    await pRetry(() => this.#produce(topic, record, headers), {
      retries: Infinity,
      minTimeout: 0,
      signal: this.#closing.signal,
      onFailedAttempt: async ({ error }) => {
        this.blocked = `dead letters cannot be written to ${topic}: ${error.message}`;
        const held = this.#gate.pass();
        if (held !== undefined)
          this.#log.error({ topic, reason: error.message, repeated: held }, 'dead letters are held');
        await delay(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => {});
      },
    });
    this.blocked = null;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const producer = await this.#producer?.catch(() => null);
    if (producer) await disconnect(producer, CONNECT_TIMEOUT_MS);
  }

  async #produce(
    topic: string,
    record: SourceRecord,
    headers: Record<string, string | Buffer>[],
  ): Promise<void> {
    const producer = await (this.#producer ??= this.#connect());
    await new Promise<void>((resolve, reject) => {
      const answered = (error: KafkaError | null | undefined): void =>
        error ? reject(new Error(error.message)) : resolve();
      try {
        producer.produce(
          topic,
          null,
          record.value,
          record.key,
          record.timestamp < 0 ? null : record.timestamp,
          answered,
          headers,
        );
      } catch (error) {
        reject(new Error(hasCode(error, ErrorCode.QUEUE_FULL) ? 'the queue is full' : messageOf(error)));
      }
    });
  }

  async #connect(): Promise<NativeProducer> {
    const producer = createProducer({
      ...clientOptions(this.#config),
      dr_cb: true,
      'enable.idempotence': true,
      'delivery.timeout.ms': DELIVERY_TIMEOUT_MS,
      'linger.ms': 5,
      'compression.codec': 'lz4',
      // The broker's limit decides what is too large.
      'message.max.bytes': 100_000_000,
    });
    producer.on('delivery-report', (error: KafkaError | null | undefined, report) => {
      const answered: unknown = report.opaque;
      if (typeof answered === 'function') (answered as (error: KafkaError | null | undefined) => void)(error);
    });
    producer.on('event.error', () => {});
    try {
      await connect(producer, CONNECT_TIMEOUT_MS);
      producer.setPollInterval(POLL_MS);
      return producer;
    } catch (error) {
      this.#producer = null;
      await disconnect(producer, CONNECT_TIMEOUT_MS);
      throw error;
    }
  }
}

/** Where the operator wants no dead letters: such a record holds its partition until the cause is mended. */
export class NoDeadLetters implements DeadLetters {
  blocked: string | null = null;
  readonly #log: Log;
  readonly #gate = new RepeatGate();

  constructor(log: Log) {
    this.#log = log;
  }

  async send(record: SourceRecord, why: DeadLetterReason): Promise<void> {
    const { topic, partition, offset } = record;
    this.blocked = `${topic}[${partition}] is held at offset ${offset}: ${why.reason}`;
    const held = this.#gate.pass();
    if (held !== undefined)
      this.#log.error({ topic, partition, offset, ...why, repeated: held }, 'a record is held');
    return new Promise(() => {});
  }

  async close(): Promise<void> {}
}

function reasonHeaders(
  record: SourceRecord,
  { reason, message }: DeadLetterReason,
): Record<string, string>[] {
  return [
    { 'logweir-reason': reason },
    { 'logweir-message': message.slice(0, 1000) },
    { 'logweir-topic': record.topic },
    { 'logweir-partition': String(record.partition) },
    { 'logweir-offset': String(record.offset) },
    { 'logweir-timestamp': String(record.timestamp) },
    { 'logweir-time': new Date().toISOString() },
  ];
}
