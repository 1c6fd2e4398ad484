import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { Config } from '../config/schema.ts';
import type { DeadLetterReason, DeadLetters } from './port.ts';
import { messageOf } from '../errors.ts';
import type { BlockedRecords } from '../pipeline/blocked-records.ts';
import type { SourceRecord } from '../record.ts';
import type { Settlement } from '../pipeline/settlement.ts';
import { producerOptions } from '../kafka/client-config.ts';
import { refreshLogin } from '../kafka/credentials.ts';
import { answerDeliveries, deliver } from '../kafka/deliveries.ts';
import { type Headers, headerOf, headerPairs } from '../kafka/headers.ts';
import {
  ErrorCode,
  type NativeProducer,
  connect,
  createProducer,
  disconnect,
  hasCode,
  onError,
} from '../kafka/native.ts';

const CONNECT_TIMEOUT_MS = 5000;
const RETRY_MS = 1000;
const POLL_MS = 50;

/** The broker, or the client's own settings, reject the record as too large. */
class TooLarge extends Error {}

/**
 * The dead-letter topic. The record is written unchanged (key, value, headers), with the current timestamp
 * and additional headers for reason, origin and time. The value of a record that is too large for the topic
 * is truncated to fit, with headers for its full length and SHA-256. The producer is created for the first
 * dead letter: most processes never need one.
 */
export class DeadLetterTopic implements DeadLetters {
  readonly #config: Config['kafka'];
  readonly #topicTemplate: string;
  readonly #blocked: BlockedRecords;
  readonly #closing = new AbortController();
  #producer: Promise<NativeProducer> | null = null;

  constructor(config: Config['kafka'], topicTemplate: string, blocked: BlockedRecords) {
    this.#config = config;
    this.#topicTemplate = topicTemplate;
    this.#blocked = blocked;
  }

  async send(settlement: Settlement, why: DeadLetterReason): Promise<void> {
    const { record } = settlement;
    const topic = this.#topicTemplate.replaceAll('{{topic}}', record.topic);
    const own = headerPairs(record.headers).map(([name, value]) => headerOf(name, value));
    await this.#deliver(settlement, topic, [...own, ...reasonHeaders(record, why)]);
  }

  async putBack(settlement: Settlement): Promise<void> {
    const { topic, headers } = settlement.record;
    await this.#deliver(
      settlement,
      topic,
      headerPairs(headers).map(([name, value]) => headerOf(name, value)),
    );
  }

  async #deliver(settlement: Settlement, topic: string, headers: Headers): Promise<void> {
    const { record } = settlement;
    let cause: string | null = null;
    const unblock = (): void => {
      if (cause !== null) this.#blocked.remove(cause, settlement);
    };
    await pRetry(() => (settlement.settled ? undefined : this.#produceWhatFits(topic, record, headers)), {
      retries: Infinity,
      minTimeout: 0,
      signal: this.#closing.signal,
      onFailedAttempt: async ({ error }) => {
        const now = `dead letters cannot be written to ${topic}: ${error.message}`;
        if (now !== cause || settlement.settled) unblock();
        if (settlement.settled) return;
        cause = now;
        this.#blocked.add(cause, settlement);
        await delay(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => {});
      },
    });
    unblock();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const producer = await this.#producer?.catch(() => null);
    if (producer) await disconnect(producer, CONNECT_TIMEOUT_MS);
  }

  async #produceWhatFits(topic: string, record: SourceRecord, headers: Headers): Promise<void> {
    // Read once: the value is gone if the record is abandoned meanwhile.
    const { value: whole } = record;
    let value = whole;
    for (let sent = headers; ; sent = [...headers, ...truncationHeaders(whole)]) {
      try {
        await this.#produce(topic, record, value, sent);
        return;
      } catch (error) {
        if (!(error instanceof TooLarge) || value === null || value.length === 0) throw error;
        value = value.subarray(0, Math.floor(value.length / 2));
      }
    }
  }

  async #produce(topic: string, record: SourceRecord, value: Buffer | null, headers: Headers): Promise<void> {
    const connecting = (this.#producer ??= this.#connect());
    const producer = await connecting.catch((error: unknown) => {
      // The next attempt connects again, and rereads the password files.
      if (this.#producer === connecting) this.#producer = null;
      throw failure(error);
    });
    // The current timestamp, since retention depends on it and brokers reject one too far ahead. The original
    // is in the headers.
    await deliver(producer, topic, value, record.key, headers).catch((error: unknown) => {
      throw failure(error);
    });
  }

  async #connect(): Promise<NativeProducer> {
    let producer: NativeProducer | undefined;
    try {
      producer = createProducer(producerOptions(this.#config));
      answerDeliveries(producer);
      const made = producer;
      onError(made, (error) => {
        if (error.code === ErrorCode.AUTHENTICATION) refreshLogin(made, this.#config);
      });
      await connect(producer, CONNECT_TIMEOUT_MS);
      producer.setPollInterval(POLL_MS);
      return producer;
    } catch (error) {
      if (producer !== undefined) await disconnect(producer, CONNECT_TIMEOUT_MS);
      throw error;
    }
  }
}

/** Wraps the error: p-retry stops at a TypeError, and a dead letter is retried indefinitely. */
function failure(error: unknown): Error {
  if (hasCode(error, ErrorCode.MESSAGE_TOO_LARGE)) return new TooLarge('the record is too large');
  if (hasCode(error, ErrorCode.QUEUE_FULL)) return new Error('the queue of the producer is full');
  if (hasCode(error, ErrorCode.UNKNOWN_TOPIC) || hasCode(error, ErrorCode.UNKNOWN_TOPIC_OR_PART))
    return new Error('the topic does not exist, and the brokers do not create it; create it');
  const { message } = error as { message?: unknown };
  return new Error(typeof message === 'string' ? message : messageOf(error), { cause: error });
}

function reasonHeaders(record: SourceRecord, { reason, message }: DeadLetterReason): Headers {
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

function truncationHeaders(value: Buffer | null): Headers {
  const whole = value ?? Buffer.alloc(0);
  return [
    { 'logweir-truncated-from': String(whole.length) },
    { 'logweir-sha256': createHash('sha256').update(whole).digest('hex') },
  ];
}
