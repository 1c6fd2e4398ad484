import { type ItemError, RETRY_STATUSES, adviceOn, environmentMessage, judgeError } from './item-errors.ts';
import type { ItemVerdict } from './item-verdict.ts';

/**
 * Classifies the answers of Elasticsearch; the table is in docs/guarantees.md. All functions are pure. The
 * type of an error takes precedence over its status, since one status can have opposite meanings.
 */

type AnswerVerdict =
  | { kind: 'items'; items: ItemVerdict[] }
  /**
   * No document is known to be settled: send all again. `retryAfterMs` is the delay that the answer requests.
   */
  | { kind: 'retry'; reason: string; retryAfterMs?: number }
  | { kind: 'hold'; reason: string; message?: string | undefined }
  /** 413: the body is too large; bisect it. */
  | { kind: 'too_large'; reason: string }
  /** 400: the cause is a document, a proxy, or Logweir; bisect to find it. */
  | { kind: 'bad_request'; reason: string };

/** An HTTP answer with its text or parsed JSON, or the failure to get one. */
export type Answer = { status: number; body: unknown; retryAfter?: string | undefined } | { failure: string };

const ERROR_TYPE = /^\w{1,100}$/;
/**
 * The end of the message: Elasticsearch has a newer version of the document. The start contains its id, which
 * may be text of an event.
 */
const IS_OUTDATED =
  /: version conflict, current version \[\d+\] is higher (than|or equal to) the one provided \[\d+\]$/;
const OK: ItemVerdict = { kind: 'ok', alreadyThere: false };
/** An answer that only repeats one of these items is the usual success, and is not parsed. */
const USUAL_ITEMS = [
  '{"index":{"result":"created","status":201}}',
  '{"create":{"result":"created","status":201}}',
  '{"index":{"result":"updated","status":200}}',
  '{"index":{"status":201}}',
  '{"create":{"status":201}}',
];

/**
 * Classifies the answer to a bulk request with `sent` documents.
 *
 * @returns verdicts for the items in the order of the request, or one for the whole request
 */
export function judge(answer: Answer, sent: number): AnswerVerdict {
  if ('failure' in answer) return { kind: 'retry', reason: answer.failure };
  const { status } = answer;
  if (status >= 200 && status < 300) return judgeItems(answer.body, sent);
  const error = errorOf(answer.body);
  const reason = `HTTP ${status}${error === undefined ? '' : describe(error)}`;
  if (status === 413) return { kind: 'too_large', reason };
  if (status === 400) return { kind: 'bad_request', reason };
  if (RETRY_STATUSES.has(status)) {
    const retryAfterMs = parseRetryAfter(answer.retryAfter);
    return retryAfterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, retryAfterMs };
  }
  const message = error === undefined ? undefined : environmentMessage(error);
  return { kind: 'hold', reason, ...(message === undefined ? {} : { message }) };
}

function judgeItems(answered: unknown, sent: number): AnswerVerdict {
  if (isUsual(answered, sent)) return { kind: 'items', items: allOk(sent) };
  const body = parsed(answered);
  if (body === undefined) return { kind: 'retry', reason: 'the answer is not JSON' };
  const items = isObject(body) ? body['items'] : undefined;
  if (!Array.isArray(items)) return { kind: 'retry', reason: 'the answer is not a bulk answer' };
  if (items.length !== sent) {
    return { kind: 'retry', reason: `the answer has ${items.length} items for ${sent} documents` };
  }
  return { kind: 'items', items: items.map(judgeItem) };
}

/** A loop: `Array.from` with a function costs four times as much, for every document. */
function allOk(sent: number): ItemVerdict[] {
  const items: ItemVerdict[] = [];
  for (let item = 0; item < sent; item++) items.push(OK);
  return items;
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
  if (status === 409 && error.type === 'version_conflict_engine_exception') {
    if (operation === 'create' || IS_OUTDATED.test(error.reason)) return { kind: 'ok', alreadyThere: true };
  }
  return judgeError(status, error);
}

function parseError(error: unknown): ItemError | undefined {
  if (error === undefined || error === null) return undefined;
  if (!isObject(error)) return { type: 'unknown', reason: text(error).slice(0, 1000), cause: '' };
  const cause = isObject(error['caused_by']) ? text(error['caused_by']['reason']) : '';
  // The type is part of reasons and labels: what a proxy puts there must not be text of a document.
  const type = ERROR_TYPE.test(text(error['type'])) ? text(error['type']) : 'unknown';
  return { type, reason: text(error['reason']).slice(0, 1000), cause };
}

/** Whether the text is exactly the usual answer that accepts `sent` documents. Cheaper than parsing it. */
function isUsual(answered: unknown, sent: number): boolean {
  if (typeof answered !== 'string' || sent === 0) return false;
  const [head, tail] = ['{"errors":false,"items":[', ']}'];
  return USUAL_ITEMS.some((item) => {
    if (!answered.startsWith(item, head.length)) return false;
    const length = head.length + sent * (item.length + 1) - 1 + tail.length;
    return answered.length === length && answered === `${head}${`${item},`.repeat(sent - 1)}${item}${tail}`;
  });
}

/** Parses text as JSON and returns other values unchanged; undefined for invalid JSON. */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function describe({ type, reason }: ItemError): string {
  const advice = adviceOn(reason);
  return advice === undefined ? ` ${type}` : ` ${type}: ${advice}`;
}

function errorOf(answered: unknown): ItemError | undefined {
  const body = parsed(answered);
  return parseError(isObject(body) ? body['error'] : undefined);
}

/**
 * Seconds or an HTTP date (RFC 9110), at most a minute: a maintenance page must not stop delivery for hours.
 */
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
