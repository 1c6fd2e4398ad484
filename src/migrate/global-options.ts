import { check, dropped, handled, type RuleTable, todo } from './keys.ts';

const METRICS = dropped('left out: it is about the metrics of Vector.');

/** Every global option of Vector. */
export const globalRules: RuleTable = {
  data_dir: dropped('left out: Logweir has no disk buffer.'),
  api: dropped('left out: Logweir has `admin.listen`, with /api/status.'),
  schema: handled,
  healthchecks: dropped('left out: Logweir starts while Elasticsearch is away, and waits.'),
  provider: todo('Logweir reads its configuration from a file.'),
  secret: handled,
  wildcard_matching: dropped('left out: the inputs are resolved.'),
  log_schema: handled,
  telemetry: METRICS,
  timezone: handled,
  proxy: check('left out: Logweir uses no HTTP proxy.'),
  acknowledgements: dropped('left out: acknowledgement is always on.'),
  expire_metrics: METRICS,
  expire_metrics_secs: METRICS,
  expire_metrics_per_metric_set: METRICS,
  buffer_utilization_ewma_half_life_seconds: METRICS,
  latency_ewma_alpha: METRICS,
  metrics_storage_refresh_period: METRICS,
};
