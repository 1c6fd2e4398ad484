import { check, dropped, handled, type Rule, type RuleTable, same, todo } from './keys.ts';

const VERSIONS = dropped('left out: Logweir asks Elasticsearch for its version, and writes without types.');
const AWS = todo('Logweir does not sign requests for AWS. Use a user of the domain, or a proxy that signs.');
const ADAPTIVE = dropped("left out: Logweir's adaptive concurrency has no settings.");
const HEALTH = dropped('left out: Logweir spreads requests over the endpoints that answer.');
const BUFFER = dropped('left out: Kafka is the buffer. Logweir reads less when Elasticsearch is slow.');
const RATE = check('left out: Logweir limits the number of requests in flight, `request.concurrency`.');

function ofSeconds(to: string, min: number, max: number): Rule {
  return { is: 'number', to, scale: { by: 1000, min, max } };
}

function ofNumber(to: string, min: number, max: number): Rule {
  return { is: 'number', to, scale: { by: 1, min, max } };
}

function concurrencyOf(value: unknown): unknown {
  if (value === 'none') return 1;
  return typeof value === 'number' ? Math.min(200, Math.max(1, Math.round(value))) : value;
}

/** Every setting of Vector's elasticsearch sink. */
export const elasticsearchSinkRules: RuleTable = {
  endpoint: handled,
  endpoints: handled,
  host: handled,
  index: handled,
  bulk_action: handled,
  doc_type: VERSIONS,
  api_version: VERSIONS,
  suppress_type_name: VERSIONS,
  request_retry_partial: dropped('left out: Logweir retries the documents of a request one by one.'),
  id_key: handled,
  pipeline: handled,
  mode: handled,
  compression: handled,
  'compression.algorithm': handled,
  'compression.level': dropped('left out: gzip has one level.'),
  'encoding.except_fields': handled,
  'encoding.only_fields': handled,
  'encoding.timestamp_format': handled,
  'encoding.codec': dropped('left out: documents are JSON.'),
  'batch.max_bytes': ofNumber('elasticsearch.batch.max_bytes', 1024, 100_000_000),
  'batch.max_events': ofNumber('elasticsearch.batch.max_events', 1, 100_000),
  'batch.timeout_secs': ofSeconds('elasticsearch.batch.max_age_ms', 0, 60_000),
  'batch.max_size': ofNumber('elasticsearch.batch.max_bytes', 1024, 100_000_000),
  batch_size: ofNumber('elasticsearch.batch.max_bytes', 1024, 100_000_000),
  batch_timeout: ofSeconds('elasticsearch.batch.max_age_ms', 0, 60_000),
  'request.concurrency': { is: 'set', to: 'elasticsearch.request.concurrency', value: concurrencyOf },
  'request.in_flight_limit': { is: 'set', to: 'elasticsearch.request.concurrency', value: concurrencyOf },
  'request.timeout_secs': ofSeconds('elasticsearch.request.timeout_ms', 100, 600_000),
  'request.retry_initial_backoff_secs': ofSeconds('elasticsearch.request.backoff.initial_ms', 1, 60_000),
  'request.retry_max_duration_secs': ofSeconds('elasticsearch.request.backoff.max_ms', 1, 600_000),
  'request.retry_attempts': check('left out: Logweir tries until Elasticsearch answers. Nothing is lost.'),
  'request.retry_jitter_mode': dropped('left out: the delay is always random.'),
  'request.rate_limit_duration_secs': RATE,
  'request.rate_limit_num': RATE,
  'request.adaptive_concurrency.*': ADAPTIVE,
  'request.headers.*': todo('Logweir sends no headers of your own. Set them in a proxy.'),
  'headers.*': todo('Logweir sends no headers of your own. Set them in a proxy.'),
  'auth.strategy': handled,
  'auth.user': same('elasticsearch.auth.username'),
  'auth.username': same('elasticsearch.auth.username'),
  'auth.password': handled,
  'auth.access_key_id': AWS,
  'auth.secret_access_key': AWS,
  'auth.session_token': AWS,
  'auth.assume_role': AWS,
  'auth.external_id': AWS,
  'auth.region': AWS,
  'auth.session_name': AWS,
  'auth.credentials_file': AWS,
  'auth.profile': AWS,
  'auth.imds.*': AWS,
  'auth.load_timeout_secs': AWS,
  'aws.*': AWS,
  opensearch_service_type: AWS,
  'query.*': handled,
  'tls.enabled': dropped('left out: the `https` of the endpoint decides.'),
  'tls.ca_file': same('elasticsearch.tls.ca_file'),
  'tls.ca_path': same('elasticsearch.tls.ca_file'),
  'tls.crt_file': same('elasticsearch.tls.cert_file'),
  'tls.crt_path': same('elasticsearch.tls.cert_file'),
  'tls.key_file': same('elasticsearch.tls.key_file'),
  'tls.key_path': same('elasticsearch.tls.key_file'),
  'tls.key_pass': todo('Logweir reads a key without a password. Decrypt it: openssl pkey -in … -out ….'),
  'tls.verify_certificate': same('elasticsearch.tls.verify'),
  'tls.verify_hostname': todo(
    'Logweir verifies the host name with the certificate. Use the name of the certificate in `endpoints`, ' +
      'or `tls.verify: false`.',
  ),
  'tls.alpn_protocols': dropped('left out: requests use HTTP/1.1.'),
  'tls.server_name': check('left out: the host of the endpoint is sent.'),
  'distribution.*': HEALTH,
  'bulk.action': handled,
  'bulk.index': handled,
  'bulk.template_fallback_index': handled,
  'bulk.version': todo(
    'Logweir takes no version from an event. With `id_key` the newest record of an id stays, by the time of ' +
      'its record in Kafka.',
  ),
  'bulk.version_type': todo('Logweir takes no version from an event.'),
  'normal.action': handled,
  'normal.index': handled,
  'data_stream.type': handled,
  'data_stream.dataset': handled,
  'data_stream.namespace': handled,
  'data_stream.auto_routing': handled,
  'data_stream.sync_fields': handled,
  'metrics.*': todo('Logweir processes logs only.'),
  acknowledgements: dropped('left out: acknowledgement is always on.'),
  'acknowledgements.*': dropped('left out: acknowledgement is always on.'),
  dangerously_allow_unconfined_template_resolution: dropped(
    'left out: names of indices are always sanitised.',
  ),
  'buffer.when_full': check('left out: Logweir never drops an event because it is slow.'),
  'buffer.*': BUFFER,
  buffers: BUFFER,
  healthcheck: dropped('left out: /health/ready tells the state of Elasticsearch.'),
  'healthcheck.*': dropped('left out: /health/ready tells the state of Elasticsearch.'),
  healthcheck_uri: dropped('left out: /health/ready tells the state of Elasticsearch.'),
  'proxy.*': todo('Logweir connects without a proxy. Give the address of a reverse proxy in `endpoints`.'),
  'graph.*': dropped("left out: it is for Vector's drawing."),
};
