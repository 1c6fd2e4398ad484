import { z } from 'zod';
import { elasticsearchSchema } from './schema-elasticsearch.ts';
import { kafkaSchema } from './schema-kafka.ts';
import { tracingSchema } from './schema-tracing.ts';
import { bytes, hostNames, milliseconds, text } from './schema-values.ts';

/**
 * The schema of the configuration, with all defaults; docs/configuration.md is generated from it. Units are
 * in the names (`_ms`, `_bytes`). Familiar names come from Vector's settings. Every object is strict: an
 * unknown key is an error, since a misspelt key would silently have no effect.
 */

const TRANSFORM_ADVICE = 'must name a transform under use, like { use: parse-json }';

export const transformSchema = z.strictObject(
  {
    use: text.describe(
      'A built-in by name, a .ts or .js file by its path from the configuration file, or an npm package.',
    ),
    with: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("Options of the transform, checked by the transform's own schema."),
    on_error: z
      .enum(['dead_letter', 'drop', 'keep', 'hold'])
      .default('dead_letter')
      .describe(
        'What happens to an event that the transform fails for: dead-letter its record, drop the event, ' +
          'keep it as it was before this transform, or block its record until an operator acts.',
      ),
    timeout_ms: milliseconds(1, 3_600_000)
      .default(30_000)
      .describe(
        'Time that an asynchronous transform may take for one event, in milliseconds. ' +
          'After it the transform has failed.',
      ),
  },
  { error: ({ code }) => (code === 'invalid_type' ? TRANSFORM_ADVICE : undefined) },
);

const decoding = z.strictObject({
  codec: z
    .enum(['json', 'text'])
    .default('json')
    .describe(
      'Format of record values. `json`: a JSON object, which becomes the event. ' +
        '`text`: any UTF-8 text, which becomes the field `message`.',
    ),
});

const deadLetter = z.strictObject({
  to: z
    .enum(['topic', 'index', 'hold'])
    .default('topic')
    .describe(
      'Destination of rejected records: a Kafka topic, an Elasticsearch index, or none. ' +
        'With `hold` a rejected record is blocked, and its partition is paused.',
    ),
  topic: text
    .default('{{topic}}-dlq')
    .describe('Topic for `to: topic`. `{{topic}}` is the topic that the record came from.'),
  index: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,200}$/, 'must be an index name in lower case')
    .default('logweir-dead-letters')
    .describe('Index for `to: index`.'),
  hold_above_ratio: z
    .number()
    .gt(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      'If more than this ratio of the last 1,000 records was rejected for one reason, further records with ' +
        'that reason are blocked and not dead-lettered; null means never. Set it to keep a broken mapping ' +
        'from filling the dead-letter topic.',
    ),
});

const buffer = z.strictObject({
  max_bytes: bytes(1_048_576, 8_589_934_592)
    .default(33_554_432)
    .describe(
      'Memory of records that are consumed and not yet settled, in bytes, for each worker. ' +
        "At the limit consumption pauses. The Kafka client's own queue (4 MB) is not included.",
    ),
});

const componentIds = z.strictObject({
  source: text.max(200).default('kafka').describe('Of the Kafka source.'),
  transforms: z
    .record(text, text.max(200))
    .default({})
    .describe(
      'Of transforms, by the `use` of each; the second transform of the same `use` is `filter#2`. ' +
        'Others have their `use`.',
    ),
  sink: text.max(200).default('elasticsearch').describe('Of the Elasticsearch sink.'),
});

const admin = z.strictObject({
  listen: z
    .string()
    .regex(/^(.+:\d{1,5})?$/, 'must be host:port, or empty for none')
    .refine(
      (listen) => Number(listen.slice(listen.lastIndexOf(':') + 1)) <= 65_535,
      'the port is above 65535',
    )
    .default('127.0.0.1:8686')
    .describe(
      'Address of the endpoint, as host:port; empty for none. `0.0.0.0:8686` allows access from other hosts.',
    ),
  hosts: hostNames
    .default([])
    .describe(
      'Host names that requests may use, besides IP addresses, `localhost` and the host of `listen`: ' +
        '`logweir.example.org`, `*.example.org`, or `*` for any.',
    ),
  tap: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      'Whether the status page and `logweir tap` may show events as they pass, with all that they contain. ' +
        'null: only where `listen` is a loopback address.',
    ),
  metrics_prefix: z
    .string()
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'must be a Prometheus name')
    .default('logweir_')
    .describe(
      "Prefix of all metric names. With `vector_` the metrics also have Vector's labels: see metrics.md.",
    ),
  component_ids: componentIds
    .prefault({})
    .describe('Values of the label `component_id`, with `metrics_prefix: vector_`.'),
});

export const configSchema = z.strictObject({
  kafka: kafkaSchema.prefault({}).describe('Source of records.'),
  decoding: decoding.prefault({}).describe('Decoding of record values.'),
  transforms: z.array(transformSchema).default([]).describe('Transforms, applied in this order.'),
  elasticsearch: elasticsearchSchema.prefault({}).describe('Destination of documents.'),
  dead_letter: deadLetter
    .prefault({})
    .describe('Records that are rejected permanently, by Logweir, a transform or Elasticsearch.'),
  buffer: buffer.prefault({}).describe('Memory of records in flight.'),
  workers: z
    .union([z.int().min(1).max(64), z.literal('auto')])
    .default(1)
    .describe(
      'Number of processes under one supervisor, each a member of the group. ' +
        '`auto` means one for each core that the container may use.',
    ),
  stuck_after_ms: milliseconds(1000, 240_000)
    .default(30_000)
    .describe(
      'Time that a transform may block the event loop, in milliseconds. After it the log names the ' +
        'transform; a worker is killed and restarted.',
    ),
  admin: admin.prefault({}).describe('The HTTP endpoint for probes, metrics and status.'),
  shutdown_timeout_ms: milliseconds(0, 3_600_000)
    .default(30_000)
    .describe(
      'Time that a shutdown waits for records in flight, in milliseconds. Records that are not settled by ' +
        "then are delivered again. Keep it below the orchestrator's grace period.",
    ),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info')
        .describe('Lowest level that is logged.'),
      format: z
        .enum(['auto', 'json', 'pretty'])
        .default('auto')
        .describe('`json`: one object a line; `pretty`: for reading; `auto`: `pretty` on a terminal.'),
      transform_errors: z
        .enum(['place', 'message'])
        .default('place')
        .describe(
          'What the log says of an error of a transform. `place`: its name and its position in the code. ' +
            '`message`: also its message and stack, which may quote events.',
        ),
    })
    .prefault({})
    .describe('The log, on standard output.'),
  tracing: tracingSchema
    .prefault({})
    .describe('OpenTelemetry traces: a span for each bulk request, off by default. See tracing.md.'),
});

export type Config = z.output<typeof configSchema>;
export type TransformConfig = Config['transforms'][number];
