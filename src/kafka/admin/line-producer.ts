import type { Config } from '../../config/schema.ts';
import { LogweirError, messageOf } from '../../errors.ts';
import { adminOptions, producerOptions } from '../client-config.ts';
import { answerDeliveries, deliver } from '../deliveries.ts';
import { errorMessage } from '../error-messages.ts';
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
} from '../native.ts';
import { checked, isConfigError, settingsError } from '../options-check.ts';

const TIMEOUT_MS = 10_000;
const DELIVERY_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const TOPIC_ALREADY_EXISTS = 36;

/** Produces records for a command. */
interface LineProducer {
  /** The names of all topics on the brokers. */
  topics(): Promise<string[]>;
  /** Resolves when all in-sync replicas have the record. @throws Error whose message gives the reason */
  send(topic: string, value: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** @throws LogweirError UNAVAILABLE if no broker answers, CONFIG if the Kafka client rejects its settings */
export async function openLineProducer(config: Config['kafka']): Promise<LineProducer> {
  const producer = await connected(config, {});
  /** Brokers reject a too large batch as a whole: then each of its records is sent alone. */
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
  /** The reason of a failed login, which is more exact than a missing answer. */
  let trouble: string | undefined;
  onError(producer, (error) => {
    if (error.code === ErrorCode.AUTHENTICATION) trouble = errorMessage(error, config);
  });
  answerDeliveries(producer);
  try {
    await connect(producer, TIMEOUT_MS);
  } catch (error) {
    await disconnect(producer, TIMEOUT_MS);
    if (isConfigError(error)) throw settingsError(error, config);
    const servers = config.bootstrap_servers.join(',');
    const why = trouble ?? messageOf(error);
    throw new LogweirError('UNAVAILABLE', `cannot reach Kafka at ${servers}: ${why}`, { cause: error });
  }
  producer.setPollInterval(POLL_MS);
  return producer;
}

function reasonOf(error: unknown, topic: string): string {
  if (hasCode(error, ErrorCode.MESSAGE_TOO_LARGE))
    return `it is larger than the topic allows (max.message.bytes of ${topic})`;
  if (hasCode(error, ErrorCode.TOPIC_AUTHORIZATION)) return `the ACL Write on topic ${topic} is missing`;
  return messageOf(error);
}

/**
 * Creates a topic unless it exists, with the brokers' default number of replicas.
 *
 * @param partitions undefined for the brokers' default
 * @returns one sentence about the result
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
    if (hasCode(error, TOPIC_ALREADY_EXISTS)) return `the topic ${topic} exists already, and stays unchanged`;
    throw new LogweirError('UNAVAILABLE', `cannot create the topic ${topic}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    admin.disconnect();
  }
}
