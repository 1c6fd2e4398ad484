import { z } from 'zod';

/**
 * The fields of `/api/status` that the status page and `logweir top` show. It is parsed from JSON, since
 * `top` may ask an instance of another version: a field that is missing is unknown.
 */

const count = z.number().nullish();
const words = z.string().nullish();

const partition = z.object({
  topic: z.string(),
  partition: z.number(),
  committed: count,
  position: count,
  lag: count,
  unsettled: count,
  paused: z.boolean().nullish(),
  pause_reason: words,
  waits_for: words,
  worker: count,
});

const hold = z.object({
  reason: z.string(),
  since: words,
  seconds: count,
  records: count,
  partitions: z.array(z.string()).default([]),
  /** Of the first blocked record. */
  offset: count,
  message: words,
  action: words,
});

const rates = z.object({
  received_per_second: z.number(),
  indexed_per_second: z.number(),
  dead_lettered_per_second: z.number(),
  dropped_per_second: z.number().default(0),
});

const elasticsearch = z.object({
  state: z.string(),
  reason: words,
  since: words,
  next_try: words,
  product: words,
  version: words,
  endpoints: z
    .array(z.object({ url: z.string(), state: z.string(), reason: words, since: words, failures: count }))
    .nullish(),
});

const kafka = z.object({
  connected: z.boolean(),
  reason: words,
  group: words,
  topics: z.array(z.string()).default([]),
  paused: z.array(z.string()).default([]),
  lag: count,
  backlog_seconds: count,
  partitions: z.array(partition).default([]),
});

const transform = z.object({
  name: z.string(),
  in: count,
  out: count,
  dropped: count,
  failed: count,
  seconds: count,
});

const warning = z.object({
  cause: z.string(),
  transform: words,
  message: z.string(),
  action: z.string(),
  since: words,
});

export const statusViewSchema = z.object({
  version: words,
  uptime_seconds: count,
  state: z.string(),
  reason: words,
  kafka,
  elasticsearch,
  holds: z.array(hold).default([]),
  reject_storm: z.object({ reason: z.string(), since: words }).nullish(),
  warnings: z.array(warning).default([]),
  records: z.record(z.string(), z.number()).default({}),
  buffer: z.object({ bytes: z.number(), max_bytes: z.number() }).nullish(),
  transforms: z.array(transform).nullish(),
  dead_letters: z.array(z.object({ reason: z.string(), count, last: words })).nullish(),
  oldest_unsettled: z
    .object({ topic: z.string(), partition: z.number(), offset: z.number(), seconds: z.number() })
    .nullish(),
  chain: z
    .object({
      loaded_at: words,
      hash: words,
      failed_reload: z.object({ at: words, reason: z.string() }).nullish(),
    })
    .nullish(),
  workers: z
    .array(z.object({ worker: z.number(), state: z.string(), reason: words, restarts: count }))
    .nullish(),
  rates: rates.nullish(),
  lag_growth: count,
  requests: z
    .object({
      documents: count,
      seconds: count,
      end_to_end_p50_seconds: count,
      end_to_end_p95_seconds: count,
    })
    .nullish(),
  summary: z
    .object({
      level: z.enum(['ok', 'warning', 'blocked']),
      sentence: z.string(),
      action: z.string().nullable(),
    })
    .nullish(),
});

export type StatusView = z.output<typeof statusViewSchema>;
