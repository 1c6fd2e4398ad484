import { type ItemError, judgeError } from './item-errors.ts';

/**
 * The classification of what Elasticsearch answers (docs/guarantees.md has the table). Pure: an answer in, verdicts out. The error's type is
 * looked at before the status, since one status carries opposite meanings.
 */

/** What becomes of one document. Only `ok`, `diverted` and `reject` settle it. */
export type ItemVerdict =
  | { kind: 'ok'; alreadyThere: boolean }
  /** Elasticsearch has done with it, and it is not where it was sent: in the failure store, or dropped by a pipeline. */
  | { kind: 'diverted'; to: Diversion }
  /** Passes by itself: send it again after a delay. */
  | { kind: 'retry'; reason: string }
  /** The environment's fault, and somebody must mend it: keep trying, and say so aloud. */
  | { kind: 'hold'; reason: string }
  /** The document's fault: it goes to the dead letter. */
  | { kind: 'reject'; reason: string; message: string };

export type Diversion = 'failure_store' | 'dropped';

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
/** An answer in which all items are the same one of these is the usual one, and is not parsed. */
const USUAL_ITEMS = [
  '{"index":{"result":"created","status":201}}',
  '{"create":{"result":"created","status":201}}',
  '{"index":{"result":"updated","status":200}}',
  '{"index":{"status":201}}',
  '{"create":{"status":201}}',
];

const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

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
  if (isUsual(answered, sent)) return { kind: 'items', items: Array.from({ length: sent }, () => OK) };
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
    if (status !== 200 && status !== 201)
      return { kind: 'retry', reason: `item status ${status} without an error` };
    if (result['failure_store'] === 'used') return { kind: 'diverted', to: 'failure_store' };
    return result['result'] === 'noop' ? { kind: 'diverted', to: 'dropped' } : OK;
  }
  if (status === 409 && operation === 'create' && error.type === 'version_conflict_engine_exception') {
    return { kind: 'ok', alreadyThere: true };
  }
  return judgeError(status, error);
}

function parseError(error: unknown): ItemError | undefined {
  if (error === undefined || error === null) return undefined;
  if (!isObject(error)) return { type: 'unknown', reason: text(error).slice(0, 1000), cause: '' };
  const cause = isObject(error['caused_by']) ? text(error['caused_by']['reason']) : '';
  return { type: text(error['type']) || 'unknown', reason: text(error['reason']).slice(0, 1000), cause };
}

/** Whether it is, to the letter, the answer that all of so many documents were taken: the usual one, and long. */
function isUsual(answered: unknown, sent: number): boolean {
  if (typeof answered !== 'string' || sent === 0) return false;
  const [head, tail] = ['{"errors":false,"items":[', ']}'];
  return USUAL_ITEMS.some((item) => {
    if (!answered.startsWith(item, head.length)) return false;
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
