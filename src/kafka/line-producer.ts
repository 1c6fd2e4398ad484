import type { Config } from '../config/schema.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { adminOptions, producerOptions } from './client-config.ts';
import { answerDeliveries, deliver } from './deliveries.ts';
import { explain } from './explain.ts';
import {
  ErrorCode,
  type NativeProducer,
  connect,
  createAdmin,
  createProducer,
  disconnect,
  hasCode,
  metadataOf,
  onError,
  promised,
} from './native.ts';
import { checked, isRefusal, refused } from './options-check.ts';

const TIMEOUT_MS = 10_000;
const DELIVERY_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const TOPIC_ALREADY_EXISTS = 36;

/** Writes records for a command. */
export interface LineProducer {
  /** The names of all topics on the brokers. */
  topics(): Promise<string[]>;
  /** Resolves when all replicas in sync have the record. Rejects with an Error whose message says why not. */
  send(topic: string, value: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** @throws LogweirError UNAVAILABLE where no broker answers, CONFIG where the Kafka client refuses its settings */
export async function openLineProducer(config: Config['kafka']): Promise<LineProducer> {
  const producer = await connected(config, {});
  /** Brokers refuse a batch as a whole that is too large for the topic: each record of it is tried by itself then. */
  let single: Promise<NativeProducer> | undefined;
  const inBatchOrAlone = async (topic: string, value: Buffer): Promise<void> => {
    try {
      await deliver(producer, topic, value);
    } catch (error) {
      if (!hasCode(error, ErrorCode.MESSAGE_TOO_LARGE)) throw error;
      single ??= connected(config, { 'batch.num.messages': 1 });
      await deliver(await single, topic, value);
    }
  };
  return {
    topics: async () => (await metadataOf(producer, TIMEOUT_MS)).topics.map(({ name }) => name),
    send: (topic, value) =>
      inBatchOrAlone(topic, value).catch((cause: unknown) => {
        throw new Error(reasonOf(cause, topic), { cause });
      }),
    async close() {
      const other = await single?.catch(() => undefined);
      await Promise.all(
        [producer, ...(other === undefined ? [] : [other])].map((one) => disconnect(one, TIMEOUT_MS)),
      );
    },
  };
}

async function connected(config: Config['kafka'], settings: Record<string, number>): Promise<NativeProducer> {
  const options = { ...producerOptions(config), 'delivery.timeout.ms': DELIVERY_TIMEOUT_MS, ...settings };
  const producer = checked(config, () => createProducer(options));
  /** What is wrong between us and the brokers, where that is more than that none answers. */
  let trouble: string | undefined;
  onError(producer, (error) => {
    if (error.code === ErrorCode.AUTHENTICATION) trouble = explain(error, config);
  });
  answerDeliveries(producer);
  try {
    await connect(producer, TIMEOUT_MS);
  } catch (error) {
    await disconnect(producer, TIMEOUT_MS);
    if (isRefusal(error)) throw refused(error, config);
    const servers = config.bootstrap_servers.join(',');
    const why = trouble ?? messageOf(error);
    throw new LogweirError('UNAVAILABLE', `cannot reach Kafka at ${servers}: ${why}`, { cause: error });
  }
  producer.setPollInterval(POLL_MS);
  return producer;
}

function reasonOf(error: unknown, topic: string): string {
  if (hasCode(error, ErrorCode.MESSAGE_TOO_LARGE))
    return `it is larger than the topic takes (max.message.bytes of ${topic})`;
  if (hasCode(error, ErrorCode.TOPIC_AUTHORIZATION)) return `the ACL Write on topic ${topic} is missing`;
  return messageOf(error);
}

/**
 * Creates a topic, with as many replicas as the brokers give by themselves, where there is none.
 *
 * @param partitions undefined for as many as the brokers give by themselves
 * @returns what became of it, in words
 * @throws LogweirError UNAVAILABLE
 */
export async function createTopic(
  config: Config['kafka'],
  topic: string,
  partitions: number | undefined,
): Promise<string> {
  const admin = createAdmin(adminOptions(config));
  try {
    await promised<void>((callback) =>
      admin.createTopic(
        { topic, num_partitions: partitions ?? -1, replication_factor: -1 },
        TIMEOUT_MS,
        (error) => callback(error, undefined),
      ),
    );
    return `the topic ${topic} is created`;
  } catch (error) {
    if (hasCode(error, TOPIC_ALREADY_EXISTS))
      return `the topic ${topic} is there already, and stays as it is`;
    throw new LogweirError('UNAVAILABLE', `cannot create the topic ${topic}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    admin.disconnect();
  }
}
