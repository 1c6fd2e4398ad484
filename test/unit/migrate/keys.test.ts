import { describe, expect, it } from 'vitest';
import { elasticsearchSinkRules } from '../../../src/migrate/elasticsearch-sink.ts';
import { globalRules } from '../../../src/migrate/global-options.ts';
import { kafkaSourceRules } from '../../../src/migrate/kafka-source.ts';
import type { RuleTable } from '../../../src/migrate/keys.ts';

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

describe('reasons', () => {
  it('are sentences', () => {
    const rules = [kafkaSourceRules, elasticsearchSinkRules, globalRules].flatMap((table) =>
      Object.values(table),
    );
    const reasons = rules.flatMap((rule) => ('why' in rule ? [rule.why] : []));
    expect(reasons.filter((why) => !why.endsWith('.'))).toEqual([]);
  });
});
