import { check, dropped, handled, type Rule, type RuleTable, same, todo } from './keys.ts';

const KEY_OF_FIELDS = handled;
const isOff = 'Logweir always commits after the acknowledgement of Elasticsearch.';

function librdkafka(name: string): Rule {
  return { is: 'set', to: `kafka.librdkafka_options.${name}` };
}

/** Vector's values are those of librdkafka, of which Logweir has two. */
function startOf(value: unknown): unknown {
  if (value === 'smallest' || value === 'beginning') return 'earliest';
  return value === 'largest' || value === 'end' ? 'latest' : value;
}

const ofCodec = todo('Logweir decodes `json` and text. Use a codec of these in the agent.');

/** Every setting of Vector's kafka source. */
export const kafkaSourceRules: RuleTable = {
  bootstrap_servers: same('kafka.bootstrap_servers'),
  group_id: same('kafka.group_id'),
  topics: handled,
  auto_offset_reset: { is: 'set', to: 'kafka.auto_offset_reset', value: startOf },
  session_timeout_ms: same('kafka.session_timeout_ms'),
  socket_timeout_ms: librdkafka('socket.timeout.ms'),
  fetch_wait_max_ms: librdkafka('fetch.wait.max.ms'),
  commit_interval_ms: same('kafka.commit_interval_ms'),
  drain_timeout_ms: dropped('left out: Logweir settles the records in flight before a rebalance by itself.'),
  key_field: KEY_OF_FIELDS,
  topic_key: KEY_OF_FIELDS,
  partition_key: KEY_OF_FIELDS,
  offset_key: KEY_OF_FIELDS,
  headers_key: KEY_OF_FIELDS,
  'librdkafka_options.*': handled,
  'sasl.enabled': handled,
  'sasl.username': handled,
  'sasl.password': handled,
  'sasl.mechanism': handled,
  'tls.enabled': same('kafka.tls.enabled'),
  'tls.ca_file': same('kafka.tls.ca_file'),
  'tls.ca_path': same('kafka.tls.ca_file'),
  'tls.crt_file': same('kafka.tls.cert_file'),
  'tls.crt_path': same('kafka.tls.cert_file'),
  'tls.key_file': same('kafka.tls.key_file'),
  'tls.key_path': same('kafka.tls.key_file'),
  'tls.key_pass': librdkafka('ssl.key.password'),
  'tls.alpn_protocols': dropped('left out: Kafka does not negotiate a protocol.'),
  'tls.server_name': check('left out: the name of the broker is sent.'),
  'tls.verify_certificate': librdkafka('enable.ssl.certificate.verification'),
  'tls.verify_hostname': {
    is: 'set',
    to: 'kafka.librdkafka_options.ssl.endpoint.identification.algorithm',
    value: (value) => (value === false ? 'none' : 'https'),
  },
  'decompression.*': todo(
    'Logweir decompresses what Kafka compresses, not what a producer packs into values.',
  ),
  'framing.method': handled,
  'framing.*': handled,
  'decoding.codec': handled,
  'decoding.json.*': dropped('left out: a record that is not UTF-8 is dead-lettered.'),
  'decoding.avro.*': ofCodec,
  'decoding.protobuf.*': ofCodec,
  'decoding.gelf.*': ofCodec,
  'decoding.influxdb.*': ofCodec,
  'decoding.syslog.*': ofCodec,
  'decoding.vrl.*': ofCodec,
  acknowledgements: dropped(isOff),
  'acknowledgements.*': dropped(isOff),
  log_namespace: handled,
  'metrics.*': dropped('left out: `kafka_consumer_lag` is always there.'),
};

/** Settings of librdkafka that Logweir sets itself, and why. */
export const reservedOptions: Readonly<Record<string, string>> = {
  'enable.auto.commit': isOff,
  'auto.commit.enable': isOff,
  'enable.auto.offset.store': isOff,
  'auto.offset.reset': 'it is `auto_offset_reset`.',
  'group.id': 'it is `group_id`.',
  acks: 'dead letters are written with all acknowledgements.',
  'request.required.acks': 'dead letters are written with all acknowledgements.',
  'delivery.report.only.error': 'Logweir needs the reports.',
  'transactional.id': 'Logweir writes without transactions.',
  'partition.assignment.strategy': 'Logweir uses cooperative-sticky.',
};
