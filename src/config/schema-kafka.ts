import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { librdkafkaProperties } from './librdkafka-properties.ts';
import { milliseconds, optionalSecret, optionalText, text, textList } from './schema-values.ts';
import { splitTopics, topicProblem } from './topics.ts';

/** librdkafka settings that the delivery guarantees depend on. Logweir sets them; the user may not. */
const reservedOptions = [
  'enable.auto.commit',
  'enable.auto.offset.store',
  'auto.offset.reset',
  'auto.commit.enable',
  'group.id',
  'acks',
  'request.required.acks',
  'delivery.report.only.error',
  'transactional.id',
  'rebalance_cb',
  'offset_commit_cb',
];

/** Reports each problem at its own key, with the nearest known name. */
function checkLibrdkafkaOptions(options: Record<string, unknown>, context: z.core.$RefinementCtx): void {
  for (const name of Object.keys(options)) {
    if (librdkafkaProperties.includes(name) && !reservedOptions.includes(name)) continue;
    const message = reservedOptions.includes(name)
      ? `may not set ${name}: the delivery guarantees depend on it`
      : `unknown to librdkafka, did you mean ${closest(name, librdkafkaProperties)}?`;
    context.addIssue({ code: 'custom', path: [name], message, input: options[name] });
  }
}

/** Topic names and regular expressions: see topics.ts. */
const topics = z.union([text, z.array(text).min(1)]).transform((value, context) => {
  const list = typeof value === 'string' ? splitTopics(value) : value.map((topic) => topic.trim());
  list.forEach((topic, index) => {
    const message = topicProblem(topic);
    const path = typeof value === 'string' ? [] : [index];
    if (message !== null) context.addIssue({ code: 'custom', message, path, input: topic });
  });
  return list;
});

const tls = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether connections to the brokers use TLS.'),
  ca_file: optionalText.describe(
    "PEM file with the authorities that sign the brokers' certificates. Without it the system's are used.",
  ),
  cert_file: optionalText.describe('PEM file with the client certificate, for brokers that require one.'),
  key_file: optionalText.describe('PEM file with the private key of `cert_file`.'),
  key_password_file: optionalText.describe('File with the password of `key_file`, if the key is encrypted.'),
});

const sasl = z.strictObject({
  mechanism: z
    .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
    .nullable()
    .default(null)
    .describe('SASL mechanism of the login; null means no login. Set the others in `librdkafka_options`.'),
  username: optionalText.describe('User name of the login.'),
  password: optionalSecret.describe('Password of the login. Prefer `password_file` or a variable.'),
  password_file: optionalText.describe('File with the password, for mounted secrets.'),
});

export const kafkaSchema = z.strictObject({
  bootstrap_servers: textList
    .default(['localhost:9092'])
    .describe('Brokers of the first connection, as host:port. In a text, commas separate them.'),
  group_id: text
    .default('vector-aggregator')
    .describe(
      'Consumer group. All instances of one deployment share it; the committed offsets belong to it. ' +
        'All members must use the same assignment protocol.',
    ),
  topics: topics
    .default(['app-logs'])
    .describe(
      'Topic names. A name that starts with `^` is a regular expression (POSIX, extended). ' +
        'In a text, commas separate them, except within (), [] and {}. ' +
        "A regular expression never matches Kafka's own topics or dead-letter topics.",
    ),
  auto_offset_reset: z
    .enum(['earliest', 'latest'])
    .default('earliest')
    .describe('Start position of a partition for which the group has no committed offset.'),
  commit_interval_ms: milliseconds(10, 600_000)
    .default(1000)
    .describe(
      'Time between two offset commits, in milliseconds. ' +
        'After a crash the records that were settled since the last commit are delivered again.',
    ),
  session_timeout_ms: milliseconds(1000, 1_800_000)
    .default(10_000)
    .describe(
      'Time without a heartbeat after which another member gets the partitions, in milliseconds. ' +
        'Raise it if members leave the group without a crash.',
    ),
  group_instance_id: optionalText.describe(
    'Static membership: a name that is unique in the group, so that a short restart causes no rebalance. ' +
      'With several workers each adds its number: `name-1`, `name-2`.',
  ),
  reader: z
    .enum(['native', 'client'])
    .prefault(() => (process.env['KAFKA_READER'] as 'native' | undefined) ?? 'native')
    .describe(
      'Reader of records. `client` uses the calls of the Kafka client, at half the speed. ' +
        'Without this key the variable `KAFKA_READER` decides.',
    ),
  librdkafka_options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .superRefine(checkLibrdkafkaOptions)
    .describe(
      'Any other setting of librdkafka. Each client (consumer, producer of dead letters, commands) ' +
        'gets the settings that it knows. The prefetch is kept small: if the brokers are far away, raise ' +
        '`fetch.max.bytes` (2097152) and `queued.max.messages.kbytes` (4096).',
    ),
  tls: tls.prefault({}).describe('Encryption of the connections to Kafka.'),
  sasl: sasl.prefault({}).describe('Login at Kafka.'),
});
