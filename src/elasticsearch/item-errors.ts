import { withoutValues } from './error-text.ts';
import type { ItemVerdict } from './item-verdict.ts';

/** The error of a document in a bulk answer. */
export interface ItemError {
  readonly type: string;
  readonly reason: string;
  /** The reason of the underlying error; empty if there is none. */
  readonly cause: string;
}

/** Errors of the environment, with any status. */
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
  // The index requires a routing value, and no document has one.
  'routing_missing_exception',
]);

/** Temporary errors, with any status. */
const RETRY_TYPES = new Set([
  'es_rejected_execution_exception',
  // OpenSearch's names for it, by version.
  'rejected_execution_exception',
  'opensearch_rejected_execution_exception',
  'open_search_rejected_execution_exception',
  'circuit_breaking_exception',
  'unavailable_shards_exception',
  'process_cluster_event_timeout_exception',
  'no_shard_available_action_exception',
  'primary_missing_action_exception',
  'node_closed_exception',
  'node_not_connected_exception',
  'not_master_exception',
  'master_not_discovered_exception',
  'not_cluster_manager_exception',
  'cluster_manager_not_discovered_exception',
  'cluster_manager_throttling_exception',
  'retry_on_primary_exception',
  'resource_already_exists_exception',
]);

/**
 * The start of messages about the environment whose types and statuses are ambiguous. The patterns match only
 * the start: the rest may contain text of the document, and a log line must not be able to block a partition.
 */
const HOLD_MESSAGES: readonly RegExp[] = [
  // The target: an alias, a data stream, a full shard, too many shards.
  /^no write index is defined for alias/,
  /^alias \[.*?\] has more than one/i,
  /^data stream \[.*?\] (not found|has no write index|is a replicated)/,
  /^only write ops with an op_type of create are allowed in data streams/,
  /^cannot create index with name \[.*?\], because it matches with template/,
  /^(Validation Failed: \d+: )?this action would add \[\d+\] (total )?(LOCAL_ONLY |REMOTE_CAPABLE )?shards/i,
  /^number of documents in the index can(not|'t) exceed/i,
  /^indices .*use and access is reserved for system operations/i,
  /^rejecting mapping update to \[.*?\] as the final mapping would have more than 1 type/i,
  // Templates from which the index could not be created.
  /^no matching index template found for data stream/,
  /^matching index template \[.*?\] for data stream \[.*?\] has no data stream template/,
  /^(composable|component|index|legacy) template \[.*?\]/i,
  /^invalid composite (mappings|settings|template)/,
  /^failed to parse mapping/i,
  /^(no handler for type|the mapper type) \[.*?\] declared on field/i,
  /^root mapping definition has unsupported parameters/i,
  /^analyzer \[.*?\] (not found|has not been configured)/,
  /^(unknown setting \[|failed to parse value( \[.*?\])? for setting \[|unknown index sort field)/i,
  // Pipelines and their resources.
  /^pipeline with id \[.*?\] (does not exist|could not be loaded)/,
  /^pipeline processor configured for non-existent pipeline/i,
  /^(no enrich index exists for policy|policy \[.*?\] does not exist)/,
  /^there are no ingest nodes in this cluster/i,
];

/** Java prefixes the message of a wrapped error with its class. */
const CLASSES = /^(?:[a-z_$][\w$]*\.)+\w+(?:Exception|Error): /i;

/** Advice to the operator for errors whose message gives none. */
const ADVICE: readonly [RegExp, (name: string) => string][] = [
  [
    /^no such index \[(.*?)\] and the index creation request requires a data stream/,
    (name) =>
      `no index template creates the data stream ${name}; install one: ` +
      `PUT _index_template/… with "index_patterns": ["${name}"] and "data_stream": {}`,
  ],
  [
    /^\[require_data_stream\] request flag is \[true\] and \[(.*?)\] is not a data stream/,
    (name) => `${name} is not a data stream, and mode: data_stream writes only to data streams`,
  ],
  [
    /^(?:no such index \[.*?\] and )?\[require_alias\] request flag is \[true\] and \[(.*?)\] is not an alias/,
    (name) => `the alias ${name}, which require_alias demands, does not exist; create it with a write index`,
  ],
  [
    /^number of documents in the index can(?:not|'t) exceed/i,
    () => 'a shard is full; roll the index over, or write to another index',
  ],
  // Of OpenSearch's security plugin.
  [/^no permissions for \[([^\]]*)\]/, (name) => `the role lacks the permission ${name}`],
  [
    /^no matching index template found for data stream \[(.*?)\]/,
    (name) => `no index template creates the data stream ${name}; install one`,
  ],
];

/** Temporary, of an item or of a whole request. */
export const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const HOLD_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 406]);

/** Classifies an item error: temporary, of the environment, or of the document. */
export function judgeError(status: number, error: ItemError): ItemVerdict {
  const reason = `${status} ${error.type}`;
  const message = error.reason.replace(CLASSES, '');
  const advice = adviceOn(message);
  const hold = (said?: string): ItemVerdict => ({
    kind: 'hold',
    reason: advice === undefined ? reason : `${reason}: ${advice}`,
    ...(said === undefined ? {} : { message: said }),
  });
  if (error.type === 'cluster_block_exception' && status === 503) return { kind: 'retry', reason };
  if (HOLD_TYPES.has(error.type)) return hold(withoutValues(message));
  if (RETRY_TYPES.has(error.type)) return { kind: 'retry', reason };
  if (HOLD_STATUSES.has(status)) return hold();
  const start = HOLD_MESSAGES.map((pattern) => pattern.exec(message)?.[0]).find((text) => text !== undefined);
  if (start !== undefined) return hold(`${start} …`);
  if (RETRY_STATUSES.has(status) || status >= 500) return { kind: 'retry', reason };
  const cause = error.cause === '' ? '' : `; ${error.cause}`;
  return { kind: 'reject', reason: error.type, message: (error.reason + cause).slice(0, 1000) };
}

/**
 * What Elasticsearch says of an error of the environment, for the log; undefined for other errors, whose
 * message may quote a document.
 */
export function environmentMessage({ type, reason }: Pick<ItemError, 'type' | 'reason'>): string | undefined {
  return HOLD_TYPES.has(type) ? withoutValues(reason.replace(CLASSES, '')) : undefined;
}

/** What an operator can do about an error with that message, where the message itself does not say it. */
export function adviceOn(message: string): string | undefined {
  for (const [pattern, advice] of ADVICE) {
    const match = pattern.exec(message);
    if (match !== null) return advice(match[1] ?? '');
  }
  return undefined;
}
