import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { Config } from '../config/schema.ts';
import type { DeadLetterReason, DeadLetters } from '../dead-letters.ts';
import { messageOf } from '../errors.ts';
import type { Holds } from '../holds.ts';
import type { Settlement, SourceRecord } from '../settlement.ts';
import { producerOptions } from './client-config.ts';
import { refreshLogin } from './credentials.ts';
import { answerDeliveries, deliver } from './deliveries.ts';
import { type Headers, headerOf, headerPairs } from './headers.ts';
import {
  ErrorCode,
  type NativeProducer,
  connect,
  createProducer,
  disconnect,
  hasCode,
  onError,
} from './native.ts';

const CONNECT_TIMEOUT_MS = 5000;
const RETRY_MS = 1000;
const POLL_MS = 50;

/** The broker, or the client by its own settings, finds the record too large. */
class TooLarge extends Error {}

/**
 * The dead-letter topic. The record goes there as it was (key, value, headers), and headers say why, where from and when; its
 * timestamp there is that of its writing. One
 * that is too large for the topic goes there with as much of its value as fits, and headers with the length and the
 * SHA-256 of the whole. The producer is made when the first dead letter comes: most processes never need one.
 */
export class DeadLetterTopic implements DeadLetters {
  readonly #config: Config['kafka'];
  readonly #topicTemplate: string;
  readonly #holds: Holds;
  readonly #closing = new AbortController();
  #producer: Promise<NativeProducer> | null = null;

  constructor(config: Config['kafka'], topicTemplate: string, holds: Holds) {
    this.#config = config;
    this.#topicTemplate = topicTemplate;
    this.#holds = holds;
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
    const freed = (): void => {
      if (cause !== null) this.#holds.remove(cause, settlement);
    };
    await pRetry(() => (settlement.settled ? undefined : this.#produceWhatFits(topic, record, headers)), {
      retries: Infinity,
      minTimeout: 0,
      signal: this.#closing.signal,
      onFailedAttempt: async ({ error }) => {
        const now = `dead letters cannot be written to ${topic}: ${error.message}`;
        if (now !== cause || settlement.settled) freed();
        if (settlement.settled) return;
        cause = now;
        this.#holds.add(cause, settlement);
        await delay(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => {});
      },
    });
    freed();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const producer = await this.#producer?.catch(() => null);
    if (producer) await disconnect(producer, CONNECT_TIMEOUT_MS);
  }

  async #produceWhatFits(topic: string, record: SourceRecord, headers: Headers): Promise<void> {
    // Taken once: when the record is given up meanwhile, its value is gone.
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
      // The next attempt begins anew, and reads passwords from their files again.
      if (this.#producer === connecting) this.#producer = null;
      throw failure(error);
    });
    // Its timestamp is now: retention goes by it, and brokers refuse what is too far ahead. The record's own is in the headers.
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

/** An Error of our own: p-retry gives up on a TypeError, and a dead letter is never given up. */
function failure(error: unknown): Error {
  if (hasCode(error, ErrorCode.MESSAGE_TOO_LARGE)) return new TooLarge('the record is too large');
  if (hasCode(error, ErrorCode.QUEUE_FULL)) return new Error("the client's queue is full");
  if (hasCode(error, ErrorCode.UNKNOWN_TOPIC) || hasCode(error, ErrorCode.UNKNOWN_TOPIC_OR_PART))
    return new Error('there is no such topic, and the brokers do not create it: somebody must');
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
