import { isBrokersProtocol, settingsFor } from '../config/librdkafka-properties.ts';
import { readSecret } from '../config/read-file.ts';
import type { Config } from '../config/schema.ts';
import { INTERNAL_TOPICS, deadLetterPattern, isPattern } from '../config/topics.ts';
import { saslPassword } from './credentials.ts';
import { pluginFor } from './consumer/native-reader.ts';

type KafkaConfig = Config['kafka'];
type Options = Record<string, string | number | boolean>;

/**
 * Size of the client's prefetch queue, in KB. Records that have left it count against `buffer.max_bytes`. A
 * short queue is as fast as a long one, because recently fetched records are still in the processor's cache.
 */
const QUEUE_KBYTES = 4096;

/**
 * Size of the same queue in records, of all partitions together, because the client only counts values in
 * bytes: 60,000 records of 12 bytes with 3 KB of headers used 250 MB in a queue of 4 MB. Records of 800 bytes
 * and more reach the limit in KB first.
 */
const QUEUE_RECORDS = 5000;

/**
 * Maximum bytes of one fetch from a broker, of all partitions together. A fetch is decompressed as a whole,
 * regardless of the room in the queue: with 16 MB of compressed records from 24 partitions, the process used
 * twice as much memory. `fair-fetch.ts` keeps the partitions that do not fit from starving.
 */
const FETCH_BYTES = 2_097_152;

/** How long the dead-letter producer waits for one acknowledgement. */
const DELIVERY_TIMEOUT_MS = 5000;

/** Settings of every client: brokers and login. The user's own settings are applied later, and win. */
function clientOptions(config: KafkaConfig): Options {
  return {
    'bootstrap.servers': config.bootstrap_servers.join(','),
    'client.id': 'logweir',
    // Errors arrive as events. The client's log would repeat them on stderr, not as JSON.
    log_level: 0,
    ...securityOptions(config),
  };
}

/** The settings of a client that queries groups and topics. */
export function adminOptions(config: KafkaConfig): Options {
  return { ...clientOptions(config), ...settingsFor('admin', config.librdkafka_options) };
}

/** The settings of the dead-letter producer. */
export function producerOptions(config: KafkaConfig): Options {
  return {
    ...clientOptions(config),
    'delivery.timeout.ms': DELIVERY_TIMEOUT_MS,
    'linger.ms': 5,
    'compression.codec': 'lz4',
    ...settingsFor('producer', config.librdkafka_options),
    dr_cb: true,
    'request.required.acks': -1,
    // The broker's limit decides which records are too large. The user's limit applies to consumption.
    'message.max.bytes': 100_000_000,
  };
}

/** The settings of a consumer that reads, and queries a group's offsets, without joining the group. */
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
 * The settings of the consumer that is a member of the group. The user's own settings win, unless the schema
 * rejects them.
 *
 * @param deadLetterTopic template of the topic that a regular expression must never match, or null for none
 */
export function consumerOptions(config: KafkaConfig, deadLetterTopic: string | null): Options {
  const options: Options = {
    ...clientOptions(config),
    'group.id': config.group_id,
    ...membershipOptions(config),
    // addresses.ts needs its log of failed connections.
    log_level: 3,
    // librdkafka requires at least the session timeout.
    'max.poll.interval.ms': Math.max(300_000, config.session_timeout_ms),
    'isolation.level': 'read_committed',
    'queued.max.messages.kbytes': QUEUE_KBYTES,
    'queued.min.messages': QUEUE_RECORDS,
    'fetch.max.bytes': fetchMaxBytes(config),
    // librdkafka sleeps this long when the queue is full, by default a whole second.
    'fetch.queue.backoff.ms': 10,
    'fetch.wait.max.ms': 100,
    'fetch.error.backoff.ms': 100,
    'reconnect.backoff.max.ms': 2000,
    // New topics and partitions are found within this time.
    'topic.metadata.refresh.interval.ms': 10_000,
    'allow.auto.create.topics': false,
  };
  if (config.group_instance_id !== null) options['group.instance.id'] = config.group_instance_id;
  const own = settingsFor('consumer', config.librdkafka_options);
  const plugins = [pluginFor(config), own['plugin.library.paths']].filter((one) => one !== undefined);
  if (plugins.length > 0) own['plugin.library.paths'] = plugins.join(';');
  if (config.topics.some(isPattern)) own['topic.blacklist'] = excluded(deadLetterTopic, own);
  return { ...options, ...own, 'enable.auto.commit': false, 'enable.auto.offset.store': false };
}

/** With the protocol of KIP-848, the broker decides these settings, and the client rejects them. */
function membershipOptions({ session_timeout_ms, librdkafka_options }: KafkaConfig): Options {
  if (isBrokersProtocol(librdkafka_options)) return {};
  return {
    'session.timeout.ms': session_timeout_ms,
    'heartbeat.interval.ms': Math.max(300, Math.floor(session_timeout_ms / 5)),
    'partition.assignment.strategy': 'cooperative-sticky',
  };
}

/**
 * Topics that a regular expression never matches: the dead-letter topics, whose records would loop, and
 * Kafka's internal topics, where every record would be a dead letter, and its commit another record.
 */
function excluded(deadLetterTopic: string | null, own: Options): string {
  const patterns = INTERNAL_TOPICS.map((topic) => `^${topic}$`);
  if (deadLetterTopic !== null) patterns.push(deadLetterPattern(deadLetterTopic));
  const users = own['topic.blacklist'];
  return [...patterns, ...(users === undefined ? [] : [String(users)])].join(',');
}

/** Maximum bytes of one fetch. librdkafka does not start if `message.max.bytes` is larger. */
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
