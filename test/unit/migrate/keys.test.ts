import { describe, expect, it } from 'vitest';
import { elasticsearchSinkRules } from '../../../src/migrate/elasticsearch-sink.ts';
import { globalRules } from '../../../src/migrate/global-options.ts';
import { kafkaSourceRules } from '../../../src/migrate/kafka-source.ts';
import type { RuleTable } from '../../../src/migrate/keys.ts';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { transformRules } from '../../../src/migrate/transforms/options.ts';
import { migratedText, said } from './lab.ts';

/** The settings of Vector 0.58, from its documentation. */
const KAFKA = `
  acknowledgements acknowledgements.enabled auto_offset_reset bootstrap_servers commit_interval_ms decoding.codec
  decoding.avro.schema decoding.gelf.lossy decoding.influxdb.lossy decoding.json.lossy decoding.protobuf.desc_file
  decoding.protobuf.message_type decoding.syslog.lossy decoding.vrl.source decoding.vrl.timezone
  decompression.codec drain_timeout_ms fetch_wait_max_ms framing.method framing.character_delimited.delimiter
  framing.newline_delimited.max_length framing.octet_counting.max_length group_id headers_key key_field
  librdkafka_options.client.id log_namespace metrics.topic_lag_metric offset_key partition_key sasl.enabled
  sasl.mechanism sasl.password sasl.username session_timeout_ms socket_timeout_ms tls.alpn_protocols tls.ca_file
  tls.crt_file tls.enabled tls.key_file tls.key_pass tls.server_name tls.verify_certificate tls.verify_hostname
  topic_key topics`;
const ELASTICSEARCH = `
  acknowledgements acknowledgements.enabled api_version auth.strategy auth.user auth.password auth.access_key_id
  auth.secret_access_key auth.session_token auth.assume_role auth.external_id auth.session_name
  auth.credentials_file auth.profile auth.region auth.imds.connect_timeout_seconds auth.imds.max_attempts
  auth.imds.read_timeout_seconds auth.load_timeout_secs aws.region aws.endpoint batch.max_bytes batch.max_events
  batch.timeout_secs buffer.type buffer.max_events buffer.max_size buffer.when_full bulk.action bulk.index
  bulk.template_fallback_index bulk.version bulk.version_type compression data_stream.auto_routing
  dangerously_allow_unconfined_template_resolution data_stream.dataset data_stream.namespace
  data_stream.sync_fields data_stream.type distribution.retry_initial_backoff_secs
  distribution.retry_max_duration_secs doc_type encoding.except_fields encoding.only_fields
  encoding.timestamp_format endpoint endpoints graph.node_attributes healthcheck healthcheck.enabled
  healthcheck.uri healthcheck_uri id_key metrics.host_tag metrics.metric_tag_values metrics.timezone mode
  opensearch_service_type pipeline proxy.enabled proxy.http proxy.https proxy.no_proxy query.X
  request.adaptive_concurrency.decrease_ratio request.adaptive_concurrency.ewma_alpha
  request.adaptive_concurrency.initial_concurrency request.adaptive_concurrency.max_concurrency_limit
  request.adaptive_concurrency.rtt_deviation_scale request.concurrency request.headers.X
  request.rate_limit_duration_secs request.rate_limit_num request.retry_attempts
  request.retry_initial_backoff_secs request.retry_jitter_mode request.retry_max_duration_secs
  request.timeout_secs request_retry_partial suppress_type_name tls.alpn_protocols tls.ca_file tls.crt_file
  tls.key_file tls.key_pass tls.server_name tls.verify_certificate tls.verify_hostname`;
/** Of releases before 0.20. */
const OLD = 'host index bulk_action batch_size batch.max_size request.in_flight_limit normal.index headers.X';
const GLOBAL = `
  acknowledgements api buffer_utilization_ewma_half_life_seconds data_dir expire_metrics
  expire_metrics_per_metric_set expire_metrics_secs healthchecks latency_ewma_alpha log_schema
  metrics_storage_refresh_period provider proxy schema secret telemetry timezone wildcard_matching`;

function withTransform(options: string): Migration {
  return migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json} } }",
      `transforms: { t: { inputs: [k], ${options} } }`,
      "sinks: { es: { type: elasticsearch, inputs: [t], endpoints: ['http://es:9200'], bulk: {index: a} } }",
    ].join('\n'),
  );
}

function missing(keys: string, table: RuleTable): string[] {
  const isKnown = (key: string): boolean => {
    const parts = key.split('.');
    const above = parts.map((_part, index) => `${parts.slice(0, index).join('.')}.*`);
    return [key, ...above].some((name) => Object.hasOwn(table, name));
  };
  return keys
    .trim()
    .split(/\s+/)
    .filter((key) => !isKnown(key));
}

describe('every documented setting is mapped, or named with the reason', () => {
  it('of the kafka source', () => expect(missing(KAFKA, kafkaSourceRules)).toEqual([]));
  it('of the elasticsearch sink', () => expect(missing(ELASTICSEARCH, elasticsearchSinkRules)).toEqual([]));
  it('of the sink, in old releases', () => expect(missing(OLD, elasticsearchSinkRules)).toEqual([]));
  it('of the configuration as a whole', () => expect(missing(GLOBAL, globalRules)).toEqual([]));
});

/** The options of the transforms, from the same documentation; then those of releases before 0.20. */
const TRANSFORMS: Readonly<Record<string, string>> = {
  remap: 'drop_on_abort drop_on_error file files metric_tag_values reroute_dropped source timezone',
  filter: 'condition',
  route: 'route reroute_unmatched',
  exclusive_route: 'routes',
  throttle:
    'exclude internal_metrics.emit_events_discarded_per_key internal_metrics.include_group_tag key_field threshold ' +
    'window_secs',
  dedupe:
    'cache.num_events fields.ignore fields.match time_settings.max_age_ms time_settings.refresh_on_drop',
  sample: 'exclude group_by key_field rate rate_field ratio ratio_field sample_rate_key',
  reduce:
    'end_every_period_ms ends_when expire_after_ms flush_period_ms group_by max_events merge_strategies starts_when',
  json_parser: 'drop_field drop_invalid field overwrite_target target_field',
  regex_parser: 'drop_failed drop_field field overwrite_target patterns regex target_field types',
  add_fields: 'fields overwrite',
  remove_fields: 'drop_empty fields',
  rename_fields: 'drop_empty fields',
  swimlanes: 'lanes',
};

describe('options of transforms', () => {
  it('that are documented are mapped, or named with the reason', () => {
    expect(Object.keys(transformRules).toSorted()).toEqual(Object.keys(TRANSFORMS).toSorted());
    for (const [type, keys] of Object.entries(TRANSFORMS))
      expect([type, ...missing(keys, transformRules[type] ?? {})]).toEqual([type]);
  });

  it.each([
    [
      "type: remap, source: '.a = 1', drop_on_eror: true",
      "`drop_on_eror`: Vector's remap does not document it; left out. Did you mean `drop_on_error`?",
    ],
    [
      'type: throttle, threshold: 5, window_secs: 1, bogus: 1',
      "`bogus`: Vector's throttle does not document it",
    ],
    ['type: dedupe, bogus: 1', "`bogus`: Vector's dedupe does not document it"],
    [
      'type: dedupe, fields: {macth: [a]}',
      "`fields.macth`: Vector's dedupe does not document it; left out. Did you mean `fields.match`?",
    ],
    ["type: filter, condition: '.a == 1', bogus: 1", "`bogus`: Vector's filter does not document it"],
    ['type: sample, rate: 5, bogus: 1', "`bogus`: Vector's sample does not document it"],
    ['type: json_parser, bogus: 1', "`bogus`: Vector's json_parser does not document it"],
    [
      'type: sample, rate: 5, rate_field: r',
      '`rate_field`: left out: Logweir samples all events at one rate.',
    ],
    [
      'type: dedupe, fields: {ignore: [a]}, time_settings: {max_age_ms: 5}',
      '`time_settings.max_age_ms`: left out',
    ],
  ])('as in `%s` are to do where they are not translated', (options, sentence) => {
    expect(said(withTransform(options), 'todo').join('\n')).toContain(`transforms.t: ${sentence}`);
  });

  it('about metrics are named as left out', () => {
    const done = [
      "type: remap, source: '.a = 1', metric_tag_values: full",
      'type: throttle, threshold: 5, window_secs: 1, internal_metrics: {include_group_tag: true}',
    ].flatMap((options) => said(withTransform(options), 'done'));
    expect(done).toContain('transforms.t: `metric_tag_values`: left out: it is about metrics.');
    expect(done).toContain(
      'transforms.t: `internal_metrics.include_group_tag`: left out: it is about metrics.',
    );
  });
});

describe('reasons', () => {
  it('are sentences', () => {
    const tables = [kafkaSourceRules, elasticsearchSinkRules, globalRules, ...Object.values(transformRules)];
    const rules = tables.flatMap((table) => Object.values(table));
    const reasons = rules.flatMap((rule) => ('why' in rule ? [rule.why] : []));
    expect(reasons.filter((why) => !why.endsWith('.'))).toEqual([]);
  });
});
