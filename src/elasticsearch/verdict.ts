/**
 * The classification of what Elasticsearch answers (docs/guarantees.md has the table). Pure: an answer in, verdicts out. The error's type is
 * looked at before the status, since one status carries opposite meanings.
 */

/** What becomes of one document. Only `ok` and `reject` settle it. */
export type ItemVerdict =
  | { kind: 'ok'; alreadyThere: boolean }
  /** Passes by itself: send it again after a delay. */
  | { kind: 'retry'; reason: string }
  /** The environment's fault, and somebody must mend it: keep trying, and say so aloud. */
  | { kind: 'hold'; reason: string }
  /** The document's fault: it goes to the dead letter. */
  | { kind: 'reject'; reason: string; message: string };

export type AnswerVerdict =
  | { kind: 'items'; items: ItemVerdict[] }
  /** Nothing is known to be settled; send all of it again. `retryAfterMs` is what the answer asks for. */
  | { kind: 'retry'; reason: string; retryAfterMs?: number }
  | { kind: 'hold'; reason: string }
  /** 413: the body is too large; halve it. */
  | { kind: 'too_large'; reason: string }
  /** 400: some document, a proxy, or we ourselves made the request unreadable; halve it to find out. */
  | { kind: 'bad_request'; reason: string };

/** What came back: an HTTP answer with its text (or what was parsed of it), or the failure to get one. */
export type Answer = { status: number; body: unknown; retryAfter?: string | undefined } | { failure: string };

const OK: ItemVerdict = { kind: 'ok', alreadyThere: false };
const CREATED = ['index', 'create'].map((operation) => `{"${operation}":{"status":201}}`);

interface ItemError {
  type: string;
  reason: string;
}

/** Errors of these types are the environment's fault whatever their status. */
const HOLD_TYPES = new Set([
  'cluster_block_exception',
  'security_exception',
  'index_not_found_exception',
  'index_closed_exception',
  'invalid_index_name_exception',
  'alias_not_found_exception',
  'no_such_remote_cluster_exception',
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
]);

/** 400 answers whose message says that the environment, and not the document, is at fault. */
const HOLD_MESSAGES: readonly RegExp[] = [
  /no write index is defined for alias/,
  /pipeline with id \[.*\] does not exist/,
  /this action would add \[\d+\] (total )?shards/,
  /only write ops with an op_type of create are allowed in data streams/,
];

const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const HOLD_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 406]);

/**
 * Judges the answer to a bulk request of `sent` documents.
 *
 * @returns verdicts for the items in the order they were sent, or one for the whole request
 */
export function judge(answer: Answer, sent: number): AnswerVerdict {
  if ('failure' in answer) return { kind: 'retry', reason: answer.failure };
  const { status } = answer;
  if (status >= 200 && status < 300) return judgeItems(answer.body, sent);
  const reason = `HTTP ${status}${describeBody(answer.body)}`;
  if (status === 413) return { kind: 'too_large', reason };
  if (status === 400) return { kind: 'bad_request', reason };
  if (RETRY_STATUSES.has(status)) {
    const retryAfterMs = parseRetryAfter(answer.retryAfter);
    return retryAfterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, retryAfterMs };
  }
  return { kind: 'hold', reason };
}

function judgeItems(answered: unknown, sent: number): AnswerVerdict {
  if (isAllCreated(answered, sent)) return { kind: 'items', items: Array.from({ length: sent }, () => OK) };
  const body = parsed(answered);
  if (body === undefined) return { kind: 'retry', reason: 'the answer is not JSON' };
  const items = isObject(body) ? body['items'] : undefined;
  if (!Array.isArray(items)) return { kind: 'retry', reason: 'the answer is not a bulk answer' };
  if (items.length !== sent) {
    return { kind: 'retry', reason: `the answer speaks of ${items.length} documents, ${sent} were sent` };
  }
  return { kind: 'items', items: items.map(judgeItem) };
}

function judgeItem(item: unknown): ItemVerdict {
  const operation = isObject(item) ? Object.keys(item)[0] : undefined;
  const result = isObject(item) && operation !== undefined ? item[operation] : undefined;
  const status = isObject(result) ? result['status'] : undefined;
  if (!isObject(result) || typeof status !== 'number')
    return { kind: 'retry', reason: 'an item of the answer has no status' };
  const error = parseError(result['error']);
  if (error === undefined) {
    return status === 200 || status === 201
      ? OK
      : { kind: 'retry', reason: `item status ${status} without an error` };
  }
  if (status === 409 && operation === 'create' && error.type === 'version_conflict_engine_exception') {
    return { kind: 'ok', alreadyThere: true };
  }
  return judgeError(status, error);
}

function judgeError(status: number, error: ItemError): ItemVerdict {
  const reason = `${status} ${error.type}`;
  if (error.type === 'cluster_block_exception' && status === 503) return { kind: 'retry', reason };
  if (HOLD_TYPES.has(error.type)) return { kind: 'hold', reason };
  if (RETRY_TYPES.has(error.type)) return { kind: 'retry', reason };
  if (HOLD_STATUSES.has(status)) return { kind: 'hold', reason };
  if (HOLD_MESSAGES.some((pattern) => pattern.test(error.reason))) return { kind: 'hold', reason };
  if (RETRY_STATUSES.has(status) || status >= 500) return { kind: 'retry', reason };
  return { kind: 'reject', reason: error.type, message: error.reason };
}

function parseError(error: unknown): ItemError | undefined {
  if (error === undefined || error === null) return undefined;
  if (!isObject(error)) return { type: 'unknown', reason: text(error).slice(0, 1000) };
  const cause = isObject(error['caused_by']) ? `; ${text(error['caused_by']['reason'])}` : '';
  return { type: text(error['type']) || 'unknown', reason: (text(error['reason']) + cause).slice(0, 1000) };
}

/** Whether it is, to the letter, the answer that all of so many documents were created: the usual one, and long. */
function isAllCreated(answered: unknown, sent: number): boolean {
  if (typeof answered !== 'string' || sent === 0) return false;
  return CREATED.some((item) => {
    const [head, tail] = ['{"errors":false,"items":[', ']}'];
    const length = head.length + sent * (item.length + 1) - 1 + tail.length;
    return answered.length === length && answered === `${head}${`${item},`.repeat(sent - 1)}${item}${tail}`;
  });
}

/** Text as JSON, anything else as it is; undefined for text that is no JSON. */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function describeBody(answered: unknown): string {
  const body = parsed(answered);
  const error = parseError(isObject(body) ? body['error'] : undefined);
  return error === undefined ? '' : ` ${error.type}`;
}

/** Seconds or an HTTP date, as RFC 9110 has it; at most a minute is believed, or a maintenance page could stop all for hours. */
function parseRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 60_000);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
