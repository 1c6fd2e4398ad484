import { notReadyCauses } from './readiness.ts';
import { warningCauses } from './warnings/warning.ts';
import type { TransformConfig } from '../config/schema.ts';
import type { RequestOutcome } from '../elasticsearch/bulk-events.ts';
import type { Outcome } from '../pipeline/outcome.ts';

/** The values of a label, each with its meaning, or a description of an open set. */
export type LabelValues = Readonly<Record<string, string>> | string;

const recordOutcomes: Readonly<Record<Outcome, string>> = {
  indexed: 'Elasticsearch has acknowledged all its documents',
  failure_store: 'a document is in the failure store of its data stream',
  dead_lettered: 'its dead letter is acknowledged',
  dropped: 'a transform or an ingest pipeline dropped it',
  skipped: 'a tombstone (null value), or another record without an output',
  returned: 'its partition was revoked before it settled; the next owner consumes it again',
};

const requestOutcomes: Readonly<Record<RequestOutcome, string>> = {
  ok: 'all documents are accepted',
  partial: 'some documents are rejected or sent again',
  retry: 'the whole request is sent again',
  hold: 'the whole request is rejected; an operator must act',
  split: 'the request is divided (413 or 400)',
};

const policies: Readonly<Record<TransformConfig['on_error'], string>> = {
  dead_letter: 'the record is dead-lettered',
  drop: 'the event is dropped',
  keep: 'the event stays as it was before the transform',
  hold: 'the record is blocked',
};

const TRANSFORM =
  'the `use` of the transform; the second one of the same `use` is `filter#2`; up to 200, then `other`';

const errorTypes = {
  reader_failed: 'the Kafka client reports an error',
  parser_failed: 'a record can never be a document',
  conversion_failed: 'a transform failed for an event',
  request_failed: 'Elasticsearch answers with an error, or rejects a document',
  connection_failed: 'no connection to Elasticsearch, or it broke off',
  timed_out: 'Elasticsearch does not answer in time',
};

/** The label values of each metric, by `metric.label`; docs/metrics.md is generated from them. */
export const labelValues: Readonly<Record<string, LabelValues>> = {
  'records_total.outcome': recordOutcomes,
  'bulk_requests_total.outcome': requestOutcomes,
  'transform_errors_total.policy': policies,
  'transform_errors_total.transform': TRANSFORM,
  'transform_custom_total.transform': TRANSFORM,
  'transform_received_events_total.transform': TRANSFORM,
  'transform_sent_events_total.transform': TRANSFORM,
  'transform_dropped_events_total.transform': TRANSFORM,
  'transform_failed_events_total.transform': TRANSFORM,
  'transform_seconds_total.transform': TRANSFORM,
  'component_errors_total.error_type': errorTypes,
  'component_errors_total.stage': {
    receiving: 'reading from Kafka',
    processing: 'decoding, and the transforms',
    sending: 'requests to Elasticsearch',
  },
  'http_client_responses_total.status': 'the HTTP status',
  'http_client_errors_total.error_kind': {
    connection_failed: 'no connection, or it broke off',
    timed_out: 'no answer within `request.timeout_ms`',
  },
  'build_info.version': 'of Logweir',
  'build_info.node_version': 'of Node',
  'build_info.arch': 'of the machine',
  'workers.state': {
    running: 'the worker has loaded its transforms',
    down: 'it starts, or waits for its restart',
  },
  'transform_custom_total.name':
    'the name in `metrics.count(name)`; up to 100 names for a transform, then `other`',
  'dead_letters_total.reason': 'see [errors.md](errors.md#dead-letters); up to 100 reasons, then `other`',
  'hold_seconds_total.reason': 'see [errors.md](errors.md#blocked-records); up to 100 reasons, then `other`',
  'paused.reason': {
    elasticsearch: 'Elasticsearch does not accept documents',
    'buffer full': '`buffer.max_bytes` is reached',
    shutdown: 'the process stops',
  },
  'not_ready.cause': notReadyCauses,
  'warning.cause': warningCauses,
  'warning.transform': `${TRANSFORM}; empty if the cause is of no transform`,
  'elasticsearch_endpoint_up.endpoint': 'the URL of the endpoint, without its password',
  'kafka_consumer_lag.topic': 'the topic',
  'kafka_consumer_lag.partition': 'the number of the partition',
};
