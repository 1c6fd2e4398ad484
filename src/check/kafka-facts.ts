import type { Config } from '../config/schema.ts';
import { sourceTopics } from '../config/topics.ts';
import { messageOf } from '../errors.ts';
import { type Address, FailingAddresses, addressOf, reasonOf } from '../kafka/addresses.ts';
import { Brokers, type TopicState } from '../kafka/brokers.ts';
import { readerOptions } from '../kafka/client-config.ts';
import {
  ErrorCode,
  type NativeConsumer,
  connect,
  createConsumer,
  disconnect,
  metadataOf,
  onError,
  onFailure,
} from '../kafka/native.ts';
import { checked, isConfigError, settingsError } from '../kafka/options-check.ts';
import type { AddressFact, KafkaFacts } from './kafka-results.ts';
import { type TopicFact, topicsToAsk } from './topic-results.ts';

const CONNECT_MS = 6000;
const METADATA_MS = 4000;
const CLOSE_MS = 1000;
/** Age of failed connections to advertised addresses. */
const FAILURES_MS = 60_000;
/** Advertised addresses that are tried. */
const ADDRESSES_MAX = 50;
/** Topics that are described, with their dead-letter topics. */
const TOPICS_MAX = 200;

/**
 * Connects to Kafka and collects facts. Changes nothing on the brokers, and joins no group.
 *
 * @throws LogweirError CONFIG if the client rejects its settings
 */
export async function kafkaFacts(config: Config): Promise<KafkaFacts> {
  const { kafka } = config;
  const security = securityOf(kafka);
  const bootstrap = await addressFacts(kafka.bootstrap_servers.map(addressOf));
  const isAway = bootstrap.every(({ reason }) => reason !== null);
  // The client would wait for its timeout. It may know other brokers by its own settings.
  if (isAway && !OTHER_BROKERS.some((name) => name in kafka.librdkafka_options))
    return { ...security, bootstrap, connection: { reason: null, isLogin: false }, ...NOTHING };
  const options = { ...readerOptions(kafka), log_level: 3 };
  const consumer = checked(kafka, () => createConsumer(options));
  const trouble: Trouble = { failure: null, isLogin: false };
  onError(consumer, ({ code, message }) => {
    if (code !== ErrorCode.AUTHENTICATION) return;
    trouble.isLogin = true;
    trouble.failure ??= message;
  });
  const failing = new FailingAddresses();
  onFailure(consumer, (text) => {
    failing.note(text);
    noteFailure(trouble, text);
  });
  try {
    await connect(consumer, CONNECT_MS);
  } catch (error) {
    if (isConfigError(error)) throw settingsError(error, kafka);
    const reason = trouble.failure ?? messageOf(error);
    const connection = { reason, isLogin: trouble.isLogin };
    void disconnect(consumer, CLOSE_MS);
    // A broker may have told an address, at which the client then fails.
    const advertised = await addressFacts(failing.recent(FAILURES_MS));
    return { ...security, bootstrap, connection, ...NOTHING, advertised };
  }
  try {
    return {
      ...security,
      bootstrap,
      connection: null,
      ...(await clusterFacts(consumer, config, failing)),
    };
  } finally {
    void disconnect(consumer, CLOSE_MS);
  }
}

const NOTHING = { advertised: [], matched: null, topics: null };
const OTHER_BROKERS = ['bootstrap.servers', 'metadata.broker.list'];

interface Trouble {
  failure: string | null;
  isLogin: boolean;
}

/** The client logs `[thrd:…]: host:port/id: reason (after 3ms in state …)`. */
function noteFailure(trouble: Trouble, text: string): void {
  const reason = text
    .replace(/^\[thrd:[^\]]*\]: /, '')
    .replace(/ \(after \d+ms in state [^)]*\)/, '')
    .replace(/\s+/g, ' ')
    .slice(0, 300);
  if (/authentication/i.test(reason)) trouble.isLogin = true;
  // A reason of the TLS or SASL handshake says more than a closed connection.
  if (trouble.failure === null || /ssl|sasl|certificate/i.test(reason)) trouble.failure = reason;
}

function securityOf({ tls, sasl, librdkafka_options }: Config['kafka']): {
  tls: boolean;
  sasl: string | null;
} {
  const protocol = String(librdkafka_options['security.protocol'] ?? '').toLowerCase();
  const mechanism =
    librdkafka_options['sasl.mechanisms'] ?? librdkafka_options['sasl.mechanism'] ?? sasl.mechanism;
  if (protocol === '') return { tls: tls.enabled, sasl: sasl.mechanism };
  return {
    tls: protocol.endsWith('ssl'),
    sasl: protocol.startsWith('sasl') ? String(mechanism ?? 'GSSAPI') : null,
  };
}

async function clusterFacts(
  consumer: NativeConsumer,
  config: Config,
  failing: FailingAddresses,
): Promise<Pick<KafkaFacts, 'advertised' | 'matched' | 'topics'>> {
  const metadata = await metadataOf(consumer, METADATA_MS).catch(() => null);
  // The brokers are known by their first answer; then their advertised addresses may not work.
  if (metadata === null) return { ...NOTHING, advertised: await addressFacts(failing.recent(FAILURES_MS)) };
  const choice = sourceTopics(
    config.kafka.topics,
    config.dead_letter.to === 'topic' ? config.dead_letter.topic : null,
  );
  const matched = metadata.topics.map(({ name }) => name).filter((name) => choice.matches(name));
  const [advertised, topics] = await Promise.all([
    addressFacts(metadata.brokers.slice(0, ADDRESSES_MAX)),
    topicFacts(config, matched, partitionsIn(metadata.topics)).catch(() => null),
  ]);
  return { advertised, matched, topics };
}

type Partitions = Pick<TopicFact, 'partitions' | 'leaderless'>;

function partitionsIn(
  topics: readonly { name: string; partitions: readonly { id: number; leader?: number }[] }[],
): Map<string, Partitions> {
  return new Map(
    topics.map(({ name, partitions }) => {
      const leaderless = partitions.filter(({ leader }) => leader === -1).map(({ id }) => id);
      return [name, { partitions: partitions.length, leaderless }];
    }),
  );
}

async function topicFacts(
  config: Config,
  matched: readonly string[],
  partitions: ReadonlyMap<string, Partitions>,
): Promise<Map<string, TopicFact>> {
  const brokers = new Brokers(config.kafka, () => {});
  try {
    const states = await brokers.topics(topicsToAsk(config, matched).slice(0, TOPICS_MAX));
    return new Map([...states].map(([name, state]) => [name, topicFact(state, partitions.get(name))]));
  } finally {
    brokers.close();
  }
}

function topicFact({ name, error, operations }: TopicState, partitions: Partitions | undefined): TopicFact {
  return { name, state: stateOf(error), operations, partitions: 0, leaderless: [], ...partitions };
}

function stateOf(error: TopicState['error']): TopicFact['state'] {
  switch (error?.code) {
    case undefined:
      return 'exists';
    case ErrorCode.TOPIC_AUTHORIZATION:
      return 'forbidden';
    case ErrorCode.UNKNOWN_TOPIC_OR_PART:
    case ErrorCode.UNKNOWN_TOPIC:
      return 'missing';
    default:
      return 'unknown';
  }
}

async function addressFacts(addresses: readonly Address[]): Promise<AddressFact[]> {
  return await Promise.all(
    addresses.map(async (address) => ({
      address: `${address.host}:${address.port}`,
      reason: await reasonOf(address),
    })),
  );
}
