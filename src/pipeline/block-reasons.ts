interface BlockReason {
  readonly meaning: string;
  readonly action: string;
}

/**
 * The causes that block records: `reason` of the log code `blocked`, `holds` of /api/status, label of
 * `hold_seconds_total`. `<…>` stands for a part that varies; docs/errors.md is generated from this list.
 */
export const blockReasons = {
  'transform <use> failed': {
    meaning: 'A transform with `on_error: hold` failed for the record.',
    action: 'Fix the transform and reload it (SIGHUP), or dead-letter the record with `logweir dlq put`.',
  },
  'dead letters are off: <reason>': {
    meaning: 'The record is rejected, and `dead_letter.to` is `hold`.',
    action: 'Fix the transform or the mapping, or dead-letter the record with `logweir dlq put`.',
  },
  'more than <count> of the last <window> records were rejected: <reason>': {
    meaning: 'The ratio of rejected records is above `dead_letter.hold_above_ratio`.',
    action: 'Fix the common reason: the mapping, the transforms or the producers.',
  },
  'dead letters cannot be written to <topic>: <error>': {
    meaning:
      'The dead-letter topic rejects records, or no broker acknowledges them. It is retried every second.',
    action: 'Create the topic, grant Write on it, or check the brokers.',
  },
  'the dead-letter index rejects: <reason>': {
    meaning: 'The dead-letter index rejects documents.',
    action: 'Fix the mapping or the ingest pipeline of the index.',
  },
  '<status> <error type> (index <index>)': {
    meaning: 'Elasticsearch rejects documents for a reason outside of the documents.',
    action: 'Remove the cause: a privilege, a read-only block, a missing index, alias, template or pipeline.',
  },
  '<status> <error type>: <advice> (index <index>)': {
    meaning: 'The same, with what to do.',
    action: 'Follow the advice.',
  },
  '<status> <error type>, repeatedly (index <index>)': {
    meaning: 'A temporary error of one document lasts for more than ten attempts, while others pass.',
    action: 'Check the shards of the index and the load of their nodes.',
  },
  'HTTP <status> <error type> (index <index>)': {
    meaning: 'Elasticsearch or a proxy rejects every request, also with this document alone.',
    action: 'Check the proxy, and the logs of Elasticsearch.',
  },
  'HTTP <status> <error type>': {
    meaning: 'Elasticsearch or a proxy rejects whole requests, for instance with 401 or 403.',
    action: 'Check the login, the privileges and the proxy.',
  },
  'HTTP <status> <error type>: <advice>': {
    meaning: 'The same, with what to do.',
    action: 'Follow the advice.',
  },
  'every request with this document alone is interrupted, while others pass (index <index>)': {
    meaning: 'Something between Logweir and the index breaks off the connection for this document.',
    action: 'Check proxies and the logs of Elasticsearch.',
  },
  'document_too_large: <details> (index <index>)': {
    meaning: 'Requests with a large document break off while others pass. Later it is dead-lettered.',
    action: 'Check the limits of proxies, and `elasticsearch.request.timeout_ms`.',
  },
  'internal error: <error>': {
    meaning: 'A defect of Logweir while it sends documents. Nothing is lost.',
    action: 'Report the error, and restart the process.',
  },
  'further causes': {
    meaning: 'More causes block documents than Logweir distinguishes.',
    action: 'Remove the other causes.',
  },
  'other causes': {
    meaning: 'More than 1,000 causes block records; further ones are counted together.',
    action: 'Remove the other causes.',
  },
} as const satisfies Readonly<Record<string, BlockReason>>;
