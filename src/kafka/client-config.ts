import { isBrokersProtocol, settingsFor } from '../config/librdkafka-properties.ts';
import { readSecret } from '../config/read-file.ts';
import type { Config } from '../config/schema.ts';
import { INTERNAL_TOPICS, deadLetterPattern, isPattern } from '../config/topics.ts';
import { saslPassword } from './credentials.ts';

type KafkaConfig = Config['kafka'];
type Options = Record<string, string | number | boolean>;

/**
 * The client's own prefetch queue, in KB; what is taken from it counts against `buffer.max_bytes`. A short one is as fast, since what was
 * fetched a moment ago is still in the processor's cache.
 */
const QUEUE_KBYTES = 4096;

/**
 * The same by their number, all partitions together, since the client counts values alone: 60,000 records of 12 bytes with 3 KB of
 * headers were 250 MB in a queue of 4 MB. Records of 800 bytes and more fill the other limit first.
 */
const QUEUE_RECORDS = 5000;

/**
 * What one fetch may bring from a broker, all partitions together. It is decompressed as a whole, whatever the queue still has room for: with
 * 16 MB of compressed records from 24 partitions the process took twice as much memory. Partitions that it has no room for get their turn; see `turns.ts`.
 */
const FETCH_BYTES = 2_097_152;

/** What the dead letters' producer waits for one acknowledgement. */
const DELIVERY_TIMEOUT_MS = 5000;

/** Settings that every client of ours shares: where the brokers are, and how to log in. The user's own come later, and win. */
function clientOptions(config: KafkaConfig): Options {
  return {
    'bootstrap.servers': config.bootstrap_servers.join(','),
    'client.id': 'logweir',
    // Its errors reach us as events; the log would say them again on stderr, where they are not JSON.
    log_level: 0,
    ...securityOptions(config),
  };
}

/** The settings of a client that asks about groups and topics. */
export function adminOptions(config: KafkaConfig): Options {
  return { ...clientOptions(config), ...settingsFor('admin', config.librdkafka_options) };
}

/** The settings of the dead letters' producer. */
export function producerOptions(config: KafkaConfig): Options {
  return {
    ...clientOptions(config),
    'delivery.timeout.ms': DELIVERY_TIMEOUT_MS,
    'linger.ms': 5,
    'compression.codec': 'lz4',
    ...settingsFor('producer', config.librdkafka_options),
    dr_cb: true,
    'request.required.acks': -1,
    // The broker's limit decides what is too large; the user's is about what is read.
    'message.max.bytes': 100_000_000,
  };
}

/** The settings of a consumer that asks about a group and reads, and never joins it. */
export function readerOptions(config: KafkaConfig): Options {
  return {
    ...clientOptions(config),
    'group.id': config.group_id,
    'fetch.max.bytes': fetchMaxBytes(config),
    'allow.auto.create.topics': false,
    ...settingsFor('consumer', config.librdkafka_options),
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
  };
}

/**
 * The settings of the consumer that is a member of the group. Those of the user win, except where the schema refuses them.
 *
 * @param deadLetterTopic template of the topic that a regular expression must never match, or null for none
 */
export function consumerOptions(config: KafkaConfig, deadLetterTopic: string | null): Options {
  const options: Options = {
    ...clientOptions(config),
    'group.id': config.group_id,
    ...membershipOptions(config),
    // What it logs of failing connections is listened to; see addresses.ts.
    log_level: 3,
    // librdkafka wants it to be at least the session's.
    'max.poll.interval.ms': Math.max(300_000, config.session_timeout_ms),
    'isolation.level': 'read_committed',
    'queued.max.messages.kbytes': QUEUE_KBYTES,
    'queued.min.messages': QUEUE_RECORDS,
    'fetch.max.bytes': fetchMaxBytes(config),
    // Once the queue is full librdkafka sleeps this long, by default a whole second.
    'fetch.queue.backoff.ms': 10,
    'fetch.wait.max.ms': 100,
    'fetch.error.backoff.ms': 100,
    'reconnect.backoff.max.ms': 2000,
    // Topics that are created later, and partitions that are added, are seen within this time.
    'topic.metadata.refresh.interval.ms': 10_000,
    'allow.auto.create.topics': false,
  };
  if (config.group_instance_id !== null) options['group.instance.id'] = config.group_instance_id;
  const own = settingsFor('consumer', config.librdkafka_options);
  if (config.topics.some(isPattern)) own['topic.blacklist'] = excluded(deadLetterTopic, own);
  return { ...options, ...own, 'enable.auto.commit': false, 'enable.auto.offset.store': false };
}

/** With the protocol of KIP-848 all this is the broker's to say, and the client refuses it. */
function membershipOptions({ session_timeout_ms, librdkafka_options }: KafkaConfig): Options {
  if (isBrokersProtocol(librdkafka_options)) return {};
  return {
    'session.timeout.ms': session_timeout_ms,
    'heartbeat.interval.ms': Math.max(300, Math.floor(session_timeout_ms / 5)),
    'partition.assignment.strategy': 'cooperative-sticky',
  };
}

/**
 * What a regular expression never matches: Kafka's own topics, whose every record would be a dead letter and its commit the next record;
 * and our own dead letters, which would go round in circles.
 */
function excluded(deadLetterTopic: string | null, own: Options): string {
  const patterns = INTERNAL_TOPICS.map((topic) => `^${topic}$`);
  if (deadLetterTopic !== null) patterns.push(deadLetterPattern(deadLetterTopic));
  const users = own['topic.blacklist'];
  return [...patterns, ...(users === undefined ? [] : [String(users)])].join(',');
}

/** What one fetch may bring, in bytes. librdkafka refuses to start where `message.max.bytes` is more. */
export function fetchMaxBytes({ librdkafka_options: own }: KafkaConfig): number {
  return Number(own['fetch.max.bytes']) || Math.max(FETCH_BYTES, Number(own['message.max.bytes']) || 0);
}

function securityOptions({ tls, sasl }: KafkaConfig): Options {
  const options: Options = {};
  const protocol =
    sasl.mechanism === null
      ? tls.enabled
        ? 'ssl'
        : 'plaintext'
      : tls.enabled
        ? 'sasl_ssl'
        : 'sasl_plaintext';
  if (protocol !== 'plaintext') options['security.protocol'] = protocol;
  if (tls.ca_file !== null) options['ssl.ca.location'] = tls.ca_file;
  if (tls.cert_file !== null) options['ssl.certificate.location'] = tls.cert_file;
  if (tls.key_file !== null) options['ssl.key.location'] = tls.key_file;
  if (tls.key_password_file !== null)
    options['ssl.key.password'] = readSecret(tls.key_password_file, 'kafka.tls.key_password_file');
  if (sasl.mechanism !== null) {
    options['sasl.mechanisms'] = sasl.mechanism;
    options['sasl.username'] = sasl.username ?? '';
    options['sasl.password'] = saslPassword(sasl);
  }
  return options;
}
