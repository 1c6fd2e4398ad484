import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { librdkafkaProperties } from './librdkafka-properties.ts';
import { splitTopics, topicProblem } from './topics.ts';

/**
 * The configuration, keys and defaults in one place. Units are in the names (`_ms`, `_bytes`). Familiar names come from
 * Vector's settings. Strict everywhere: an unknown key is an error, since a misspelt one would silently do nothing.
 */

const text = z.string().min(1);
const optionalText = text.nullable().default(null);
/** Never printed: see secrets.ts. A transform's own options may be marked so too. */
const optionalSecret = text.meta({ secret: true }).nullable().default(null);
const milliseconds = (least: number, most: number) => z.int().min(least).max(most);
const bytes = (least: number, most: number) => z.int().min(least).max(most);

/** A list, a single string, or a comma-separated string, which is how lists come from an environment variable. */
const textList = z
  .union([text, z.array(text).min(1)])
  .transform((value) => (typeof value === 'string' ? value.split(',') : value).map((item) => item.trim()))
  .refine(
    (items) => items.length > 0 && items.every((item) => item !== ''),
    'must name at least one, and none may be empty',
  );

/** Names of hosts as they stand in a URL, without scheme and port; from an environment variable also none at all. */
const hostNames = z
  .union([z.string(), z.array(text)])
  .transform((value) =>
    (typeof value === 'string' ? value.split(',') : value)
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .refine((names) => names.every((name) => /^(\*|(\*\.)?[\w-]+(\.[\w-]+)*\.?)$/.test(name)), {
    error:
      'each must be the name of a host without scheme and port, *.example.org for all below one, or * for any',
  });

/** librdkafka settings that delivery guarantees hang on; they are ours to set. */
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

/** Told at its own key, with the nearest name that there is. */
function checkLibrdkafkaOptions(options: Record<string, unknown>, context: z.core.$RefinementCtx): void {
  for (const name of Object.keys(options)) {
    if (librdkafkaProperties.includes(name) && !reservedOptions.includes(name)) continue;
    const message = reservedOptions.includes(name)
      ? `may not set ${name}: the delivery guarantees depend on it`
      : `unknown to librdkafka, did you mean ${closest(name, librdkafkaProperties)}?`;
    context.addIssue({ code: 'custom', path: [name], message, input: options[name] });
  }
}

/** Topics and regular expressions for them; see topics.ts. */
const topics = z.union([text, z.array(text).min(1)]).transform((value, context) => {
  const list = typeof value === 'string' ? splitTopics(value) : value.map((topic) => topic.trim());
  list.forEach((topic, index) => {
    const message = topicProblem(topic);
    const path = typeof value === 'string' ? [] : [index];
    if (message !== null) context.addIssue({ code: 'custom', message, path, input: topic });
  });
  return list;
});

const kafka = z.strictObject({
  bootstrap_servers: textList.default(['localhost:9092']),
  group_id: text.default('vector-aggregator'),
  topics: topics
    .default(['app-logs'])
    .describe(
      'Topic names; one that starts with ^ is a regular expression (POSIX, extended). In a text, commas separate them, except within ' +
        "(), [] and {}. A regular expression never matches Kafka's own topics, nor those of dead letters.",
    ),
  auto_offset_reset: z.enum(['earliest', 'latest']).default('earliest'),
  commit_interval_ms: milliseconds(10, 600_000).default(1000),
  session_timeout_ms: milliseconds(1000, 1_800_000)
    .default(10_000)
    .describe('After a kill -9 the partitions move to another member within this time.'),
  group_instance_id: optionalText,
  librdkafka_options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .superRefine(checkLibrdkafkaOptions)
    .describe(
      'Any other setting of librdkafka, for each client that has a use for it: the consumer, the producer of dead letters, and those of the ' +
        'commands. What it prefetches is kept small: with brokers far away raise fetch.max.bytes (2097152) and queued.max.messages.kbytes (4096).',
    ),
  tls: z
    .strictObject({
      enabled: z.boolean().default(false),
      ca_file: optionalText,
      cert_file: optionalText,
      key_file: optionalText,
      key_password_file: optionalText,
    })
    .prefault({}),
  sasl: z
    .strictObject({
      mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).nullable().default(null),
      username: optionalText,
      password: optionalSecret,
      password_file: optionalText,
    })
    .prefault({}),
});

const TRANSFORM_ADVICE = 'must name a transform under use, like { use: parse-json }';

export const transformSchema = z.strictObject(
  {
    use: text.describe(
      'A built-in by name, the path of a .ts or .js file, relative to the configuration file, or an npm package.',
    ),
    with: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("Checked against the transform's own schema."),
    on_error: z.enum(['dead_letter', 'drop', 'keep', 'hold']).default('dead_letter'),
    timeout_ms: milliseconds(1, 3_600_000)
      .default(30_000)
      .describe('An asynchronous transform that takes longer for an event has failed for it.'),
  },
  { error: ({ code }) => (code === 'invalid_type' ? TRANSFORM_ADVICE : undefined) },
);

const PERCENT_ADVICE =
  "write % as %25, : as %3A, / as %2F, @ as %40, or give elasticsearch.auth's username and password_file instead";

/** What is wrong with the URL of an endpoint, without its password. */
function endpointProblem(endpoint: string): string | undefined {
  const example = 'each must be a URL like http://host:9200';
  if (!/^https?:\/\/[^/?#]/.test(endpoint)) return example;
  const url = URL.parse(endpoint);
  // A character of the password that ends the host makes a port of its beginning.
  if (url === null) return endpoint.includes('@') ? `${example}; in a password ${PERCENT_ADVICE}` : example;
  if (url.hostname.includes(',')) return example;
  const isCut = url.username === '' && endpoint.includes('@');
  const isEncoded = [url.username, url.password].every((part) => {
    try {
      return decodeURIComponent(part) !== undefined;
    } catch {
      return false;
    }
  });
  if (isCut || !isEncoded)
    return `the user and password in the URL must be percent-encoded: ${PERCENT_ADVICE}`;
  return undefined;
}

/** As {@link textList}; a comma that no URL follows belongs to a password. */
const endpoints = z
  .union([text, z.array(text).min(1)])
  .default(['http://localhost:9200'])
  .transform((value) =>
    (typeof value === 'string' ? value.split(/,(?=\s*(?:https?:\/\/|$))/i) : value).map((item) =>
      item.trim(),
    ),
  )
  .check(({ value, issues }) => {
    const problem = value.map(endpointProblem).find((one) => one !== undefined);
    if (problem !== undefined) issues.push({ code: 'custom', message: problem, input: value });
  });

const elasticsearch = z.strictObject({
  endpoints,
  mode: z.enum(['index', 'data_stream']).default('index'),
  index: text.default('app-logs').describe('May hold {{field}} and {{@timestamp|yyyy.MM.dd}}, in UTC.'),
  data_stream: z
    .strictObject({
      type: text.default('logs'),
      dataset: text.default('app'),
      namespace: text.default('default'),
    })
    .prefault({}),
  require_alias: z
    .boolean()
    .default(false)
    .describe(
      'For mode: index, where all targets are aliases (rollover): documents for a name that is no alias are held, and no index of that name is made.',
    ),
  pipeline: optionalText,
  batch: z
    .strictObject({
      max_bytes: bytes(1024, 100_000_000).default(5_000_000),
      max_events: z.int().min(1).max(100_000).default(10_000),
      max_age_ms: milliseconds(0, 60_000).default(200),
    })
    .prefault({}),
  request: z
    .strictObject({
      timeout_ms: milliseconds(100, 600_000).default(20_000),
      concurrency: z.union([z.literal('adaptive'), z.int().min(1).max(200)]).default('adaptive'),
      backoff: z
        .strictObject({
          initial_ms: milliseconds(1, 60_000).default(200),
          max_ms: milliseconds(1, 600_000).default(5000),
        })
        .prefault({}),
    })
    .prefault({}),
  compression: z.enum(['none', 'gzip']).default('none'),
  auth: z
    .strictObject({
      username: optionalText,
      password: optionalSecret,
      password_file: optionalText,
      api_key: optionalSecret,
      api_key_file: optionalText,
    })
    .prefault({}),
  tls: z
    .strictObject({
      ca_file: optionalText,
      cert_file: optionalText,
      key_file: optionalText,
      verify: z.boolean().default(true),
    })
    .prefault({}),
});

export const configSchema = z.strictObject({
  kafka: kafka.prefault({}),
  decoding: z.strictObject({ codec: z.enum(['json', 'text']).default('json') }).prefault({}),
  transforms: z.array(transformSchema).default([]).describe('In order.'),
  elasticsearch: elasticsearch.prefault({}),
  dead_letter: z
    .strictObject({
      to: z.enum(['topic', 'index', 'hold']).default('topic'),
      topic: text.default('{{topic}}-dlq').describe('{{topic}} is the topic that the record came from.'),
      index: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_.-]{0,200}$/, 'must be an index name in lower case')
        .default('logweir-dead-letters')
        .describe('For to: index.'),
      hold_above_ratio: z
        .number()
        .gt(0)
        .lt(1)
        .nullable()
        .default(null)
        .describe(
          'When more than this share of the last 1,000 records was refused for one reason, further ones are held and not ' +
            'dead-lettered; null for never.',
        ),
    })
    .prefault({}),
  buffer: z
    .strictObject({ max_bytes: bytes(1_048_576, 8_589_934_592).default(33_554_432) })
    .prefault({})
    .describe(
      "Everything taken from Kafka and not yet settled; the Kafka client's own queue (4 MB) comes on top.",
    ),
  workers: z
    .union([z.int().min(1).max(64), z.literal('auto')])
    .default(1)
    .describe(
      'Processes, each a member of the group, under one supervisor; auto for as many as there are cores for this container.',
    ),
  stuck_after_ms: milliseconds(1000, 240_000)
    .default(30_000)
    .describe(
      'When a transform has kept the process from everything else for so long, it is named in the log; a worker is killed and started again.',
    ),
  admin: z
    .strictObject({
      listen: z
        .string()
        .regex(/^(.+:\d{1,5})?$/, 'must be host:port, or empty for none')
        .refine(
          (listen) => Number(listen.slice(listen.lastIndexOf(':') + 1)) <= 65_535,
          'the port is above 65535',
        )
        .default('127.0.0.1:8686'),
      hosts: hostNames
        .default([])
        .describe(
          'Names by which the endpoint may be asked, besides those of this machine itself and any IP address: logweir.example.org, *.example.org, or * for any.',
        ),
      metrics_prefix: z
        .string()
        .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'must be a Prometheus name')
        .default('logweir_')
        .describe("'vector_' keeps dashboards that were made for Vector working."),
    })
    .prefault({}),
  shutdown_timeout_ms: milliseconds(0, 3_600_000).default(30_000),
  log: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    })
    .prefault({}),
});

export type Config = z.output<typeof configSchema>;
export type TransformConfig = Config['transforms'][number];
