import type { ItemVerdict } from './verdict.ts';

/** What Elasticsearch says of a document that it has not taken. */
export interface ItemError {
  readonly type: string;
  readonly reason: string;
  /** The reason of the error behind it; empty where there is none. */
  readonly cause: string;
}

/** Errors of these types are the environment's fault whatever their status. */
const HOLD_TYPES = new Set([
  'cluster_block_exception',
  'security_exception',
  'index_not_found_exception',
  'index_closed_exception',
  'index_creation_exception',
  'invalid_index_name_exception',
  'invalid_alias_name_exception',
  'invalid_index_template_exception',
  'alias_not_found_exception',
  'no_such_remote_cluster_exception',
  'settings_exception',
  // The index wants a routing value from everybody; no document has one.
  'routing_missing_exception',
]);

/** Errors of these types pass by themselves whatever their status. */
const RETRY_TYPES = new Set([
  'es_rejected_execution_exception',
  'circuit_breaking_exception',
  'unavailable_shards_exception',
  'process_cluster_event_timeout_exception',
  'no_shard_available_action_exception',
  'primary_missing_action_exception',
  'node_closed_exception',
  'node_not_connected_exception',
  'not_master_exception',
  'master_not_discovered_exception',
  'retry_on_primary_exception',
  'resource_already_exists_exception',
]);

/**
 * What messages of the environment begin with, under types and statuses that documents' own errors have too. Only the beginning:
 * further on there may be text of the document, and a log line must not be able to hold a partition.
 */
const HOLD_MESSAGES: readonly RegExp[] = [
  // The target: an alias, a data stream, a full shard, too many shards.
  /^no write index is defined for alias/,
  /^alias \[.*?\] has more than one/i,
  /^data stream \[.*?\] (not found|has no write index|is a replicated)/,
  /^only write ops with an op_type of create are allowed in data streams/,
  /^cannot create index with name \[.*?\], because it matches with template/,
  /^(Validation Failed: \d+: )?this action would add \[\d+\] (total )?shards/,
  /^number of documents in the index can(not|'t) exceed/i,
  /^indices .*use and access is reserved for system operations/i,
  /^rejecting mapping update to \[.*?\] as the final mapping would have more than 1 type/i,
  // Templates, from which the index could not be made.
  /^no matching index template found for data stream/,
  /^matching index template \[.*?\] for data stream \[.*?\] has no data stream template/,
  /^(composable|component|index|legacy) template \[.*?\]/i,
  /^invalid composite (mappings|settings|template)/,
  /^failed to parse mapping/i,
  /^(no handler for type|the mapper type) \[.*?\] declared on field/i,
  /^root mapping definition has unsupported parameters/i,
  /^analyzer \[.*?\] (not found|has not been configured)/,
  /^(unknown setting \[|failed to parse value( \[.*?\])? for setting \[|unknown index sort field)/i,
  // Pipelines, and what they need.
  /^pipeline with id \[.*?\] (does not exist|could not be loaded)/,
  /^pipeline processor configured for non-existent pipeline/i,
  /^(no enrich index exists for policy|policy \[.*?\] does not exist)/,
  /^there are no ingest nodes in this cluster/i,
];

/** Java puts the class in front of the message of an error that it passes on. */
const CLASSES = /^(?:[a-z_$][\w$]*\.)+\w+(?:Exception|Error): /i;

/** What somebody can do about it, where Elasticsearch does not say it. */
const ADVICE: readonly [RegExp, (name: string) => string][] = [
  [
    /^no such index \[(.*?)\] and the index creation request requires a data stream/,
    (name) =>
      `no template makes a data stream of ${name}; install one: PUT _index_template/… with "index_patterns": ["${name}"] and "data_stream": {}`,
  ],
  [
    /^\[require_data_stream\] request flag is \[true\] and \[(.*?)\] is not a data stream/,
    (name) => `${name} is not a data stream, and with mode: data_stream nothing else is written to`,
  ],
  [
    /^(?:no such index \[.*?\] and )?\[require_alias\] request flag is \[true\] and \[(.*?)\] is not an alias/,
    (name) =>
      `there is no alias ${name}, which require_alias asks for; make it again, with a write index behind it`,
  ],
  [
    /^number of documents in the index can(?:not|'t) exceed/i,
    () => 'a shard is full; roll the index over, or write to another one',
  ],
  [
    /^no matching index template found for data stream \[(.*?)\]/,
    (name) => `no template makes a data stream of ${name}; install one`,
  ],
];

const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const HOLD_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 406]);

/** Whose fault an error is, the environment's or the document's, and whether it passes by itself. */
export function judgeError(status: number, error: ItemError): ItemVerdict {
  const reason = `${status} ${error.type}`;
  const message = error.reason.replace(CLASSES, '');
  const advice = adviceOn(message);
  const hold: ItemVerdict = { kind: 'hold', reason: advice === undefined ? reason : `${reason}: ${advice}` };
  if (error.type === 'cluster_block_exception' && status === 503) return { kind: 'retry', reason };
  if (HOLD_TYPES.has(error.type)) return hold;
  if (RETRY_TYPES.has(error.type)) return { kind: 'retry', reason };
  if (HOLD_STATUSES.has(status)) return hold;
  if (HOLD_MESSAGES.some((pattern) => pattern.test(message))) return hold;
  if (RETRY_STATUSES.has(status) || status >= 500) return { kind: 'retry', reason };
  const cause = error.cause === '' ? '' : `; ${error.cause}`;
  return { kind: 'reject', reason: error.type, message: (error.reason + cause).slice(0, 1000) };
}

function adviceOn(message: string): string | undefined {
  for (const [pattern, advice] of ADVICE) {
    const match = pattern.exec(message);
    if (match !== null) return advice(match[1] ?? '');
  }
  return undefined;
}
