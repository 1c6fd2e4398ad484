import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ItemVerdict } from '../../../src/elasticsearch/item-verdict.ts';
import { type Answer, judge } from '../../../src/elasticsearch/verdict.ts';

type Operation = 'index' | 'create';
interface ItemError {
  type: string;
  reason?: string;
  caused_by?: { type: string; reason: string };
}

const item = (status: number, error?: ItemError | string, operation: Operation = 'index') => ({
  [operation]: { status, ...(error === undefined ? {} : { error }) },
});

/** The verdict on a single item. */
function judgeOne(answered: unknown): ItemVerdict {
  const verdict = judge({ status: 200, body: { errors: true, items: [answered] } }, 1);
  if (verdict.kind !== 'items') throw new Error(`verdict on the whole: ${verdict.kind}`);
  expect(verdict.items).toHaveLength(1);
  return verdict.items[0] as ItemVerdict;
}

describe('a written item', () => {
  it.each([200, 201])('with status %i is ok', (status) => {
    expect(judgeOne(item(status))).toEqual({ kind: 'ok', alreadyThere: false });
    expect(judgeOne(item(status, undefined, 'create'))).toEqual({ kind: 'ok', alreadyThere: false });
  });

  it.each(['index', 'create'] as const)('in the failure store is diverted: %s', (operation) => {
    const answered = { [operation]: { result: 'created', failure_store: 'used', status: 201 } };
    expect(judgeOne(answered)).toEqual({ kind: 'diverted', to: 'failure_store' });
  });

  it.each([
    { index: { result: 'noop', status: 200 } },
    { create: { _id: 'dropped', result: 'noop', status: 200 } },
    { create: { status: 200, result: 'noop', _version: -3, _seq_no: -2 } },
  ])('that a pipeline dropped is diverted: %o', (answered) => {
    expect(judgeOne(answered)).toEqual({ kind: 'diverted', to: 'dropped' });
  });

  it.each([{ result: 'created' }, { result: 'updated' }, { failure_store: 'not_applicable_or_unknown' }, {}])(
    'is ok with %o',
    (more) => {
      expect(judgeOne({ index: { status: 200, ...more } })).toEqual({ kind: 'ok', alreadyThere: false });
    },
  );

  it.each(['not_enabled', 'failed'])(
    'is classified by its error if the failure store is %s',
    (failure_store) => {
      const error = { type: 'document_parsing_exception', reason: 'failed to parse field [n]' };
      expect(judgeOne({ create: { status: 400, failure_store, error } })).toMatchObject({ kind: 'reject' });
      const busy = { type: 'es_rejected_execution_exception', reason: 'busy' };
      expect(judgeOne({ create: { status: 429, failure_store, error: busy } })).toMatchObject({
        kind: 'retry',
      });
      const blocked = { type: 'cluster_block_exception', reason: 'index [x] blocked by' };
      expect(judgeOne({ create: { status: 403, failure_store, error: blocked } })).toMatchObject({
        kind: 'hold',
      });
    },
  );

  it('is already there if a create conflicts with its own id', () => {
    const conflict = { type: 'version_conflict_engine_exception', reason: '[x]: version conflict' };
    expect(judgeOne(item(409, conflict, 'create'))).toEqual({ kind: 'ok', alreadyThere: true });
  });

  it('is not ok if an index operation conflicts: another client wrote it', () => {
    const conflict = { type: 'version_conflict_engine_exception', reason: '[x]: version conflict' };
    expect(judgeOne(item(409, conflict, 'index'))).toMatchObject({ kind: 'reject' });
  });

  it('is not ok if a create fails with 409 for another reason', () => {
    expect(judgeOne(item(409, { type: 'some_other_exception' }, 'create')).kind).not.toBe('ok');
  });
});

describe('a hold, for a fault of the environment that an operator must correct', () => {
  const message = (reason: string): ItemError => ({ type: 'illegal_argument_exception', reason });
  it.each<[string, number, ItemError]>([
    [
      'flood stage, with 429',
      429,
      { type: 'cluster_block_exception', reason: 'index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage]' },
    ],
    [
      'read-only index',
      403,
      { type: 'cluster_block_exception', reason: 'index [x] blocked by: [FORBIDDEN/8/index write (api)]' },
    ],
    ['wrong credentials', 401, { type: 'security_exception', reason: 'unable to authenticate' }],
    ['missing privilege', 403, { type: 'security_exception', reason: 'action is unauthorized' }],
    ['any 401', 401, { type: 'something_new' }],
    ['any 403', 403, { type: 'something_new' }],
    ['missing index', 404, { type: 'index_not_found_exception', reason: 'no such index [x]' }],
    ['closed index', 400, { type: 'index_closed_exception', reason: 'closed' }],
    ['invalid index name', 400, { type: 'invalid_index_name_exception', reason: 'must be lowercase' }],
    ['any 404', 404, { type: 'something_new' }],
    ['any 405', 405, { type: 'something_new' }],
    ['any 406', 406, { type: 'something_new' }],
    ['no write index', 400, message('no write index is defined for alias [logs]. The write index may be …')],
    ['missing pipeline', 400, message('pipeline with id [enrich] does not exist')],
    [
      'shard limit',
      400,
      {
        type: 'validation_exception',
        reason:
          'Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;',
      },
    ],
    [
      'shard limit in 7.x',
      400,
      { type: 'validation_exception', reason: 'this action would add [10] total shards, but …' },
    ],
    [
      'index into a data stream',
      400,
      message('only write ops with an op_type of create are allowed in data streams'),
    ],
  ])('%s', (_name, status, error) => {
    expect(judgeOne(item(status, error))).toMatchObject({ kind: 'hold', reason: `${status} ${error.type}` });
  });
});

describe('a retry of a single item', () => {
  it.each<[string, number, ItemError]>([
    ['full queue', 429, { type: 'es_rejected_execution_exception', reason: 'rejected execution' }],
    ['any 429', 429, { type: 'something_new' }],
    ['408', 408, { type: 'something_new' }],
    ['500', 500, { type: 'something_new' }],
    ['502', 502, { type: 'something_new' }],
    ['503', 503, { type: 'unavailable_shards_exception', reason: 'primary shard is not active' }],
    ['504', 504, { type: 'something_new' }],
    ['507, which is not in the table', 507, { type: 'something_new' }],
    [
      'block of a recovering cluster',
      503,
      { type: 'cluster_block_exception', reason: 'state not recovered' },
    ],
    [
      'circuit breaker, with any status',
      400,
      { type: 'circuit_breaking_exception', reason: 'Data too large' },
    ],
    [
      'slow mapping update, with any status',
      400,
      { type: 'process_cluster_event_timeout_exception', reason: 'failed to process cluster event' },
    ],
  ])('%s', (_name, status, error) => {
    expect(judgeOne(item(status, error))).toEqual({ kind: 'retry', reason: `${status} ${error.type}` });
  });

  it.each<[string, unknown]>([
    ['a status that is neither 200 nor 201, without an error', item(202)],
    ['an error status without an error', item(400)],
    ['no status', { index: {} }],
    ['a status that is text', { index: { status: '200' } }],
    ['no operation', {}],
    ['null', null],
    ['text', 'ok'],
  ])('%s is retried', (_name, answered) => {
    expect(judgeOne(answered).kind).toBe('retry');
  });
});

describe('a rejection, with the reason, for a fault of the document', () => {
  it.each<[string, string]>([
    ['document_parsing_exception', "[1:6] failed to parse field [n] of type [long] in document with id '1'"],
    ['mapper_parsing_exception', 'failed to parse'],
    [
      'strict_dynamic_mapping_exception',
      '[1:2] mapping set to strict, dynamic introduction of [a] is not allowed',
    ],
    ['illegal_argument_exception', 'Limit of total fields [1000] has been exceeded'],
    ['illegal_argument_exception', 'Document contains at least one immense term in field="message"'],
  ])('%s: %s', (type, reason) => {
    expect(judgeOne(item(400, { type, reason }))).toEqual({ kind: 'reject', reason: type, message: reason });
  });

  it('includes the underlying cause', () => {
    const error = {
      type: 'document_parsing_exception',
      reason: 'failed to parse field [n]',
      caused_by: { type: 'number_format_exception', reason: 'For input string: "x"' },
    };
    expect(judgeOne(item(400, error))).toEqual({
      kind: 'reject',
      reason: 'document_parsing_exception',
      message: 'failed to parse field [n]; For input string: "x"',
    });
  });

  it('limits the message, since it may contain the document', () => {
    const verdict = judgeOne(item(400, { type: 'mapper_parsing_exception', reason: 'x'.repeat(100_000) }));
    expect(verdict.kind === 'reject' && verdict.message.length).toBe(1000);
  });

  it('accepts an error that is only text', () => {
    expect(judgeOne(item(400, 'failed'))).toEqual({ kind: 'reject', reason: 'unknown', message: 'failed' });
  });
});

it('each item has its own verdict, in the order of the request', () => {
  const items = [
    item(201),
    item(400, { type: 'mapper_parsing_exception', reason: 'bad' }),
    item(429, { type: 'es_rejected_execution_exception' }),
    item(403, { type: 'security_exception' }),
    item(200),
  ];
  const verdict = judge({ status: 200, body: { errors: true, items } }, 5);
  expect(verdict.kind === 'items' && verdict.items.map(({ kind }) => kind)).toEqual([
    'ok',
    'reject',
    'retry',
    'hold',
    'ok',
  ]);
});

it('ignores "errors": false if an item failed', () => {
  const body = { errors: false, items: [item(429, { type: 'es_rejected_execution_exception' })] };
  expect(judge({ status: 200, body }, 1)).toMatchObject({ items: [{ kind: 'retry' }] });
});

describe('a 2xx answer that is not a bulk answer settles nothing', () => {
  it.each<[string, unknown]>([
    ['fewer items than were sent', { errors: false, items: [item(201)] }],
    ['more items than were sent', { errors: false, items: [item(201), item(201), item(201)] }],
    ['no items', { errors: false, items: [] }],
    ['an empty object', {}],
    ['items that are not a list', { items: { length: 2 } }],
    ['a truncated body', '{"errors":false,"items":[{"index":{"status":201}}'],
    ['a page of a proxy', '<html><body>OK</body></html>'],
    ['nothing', ''],
    ['null', null],
    ['undefined', undefined],
    ['a list', [item(201), item(201)]],
    ['a number', 2],
  ])('%s', (_name, body) => {
    expect(judge({ status: 200, body }, 2).kind).toBe('retry');
  });

  it('applies to any 2xx status', () => {
    expect(judge({ status: 202, body: '' }, 2).kind).toBe('retry');
    expect(judge({ status: 204, body: null }, 2).kind).toBe('retry');
  });
});

describe('an answer to the whole request', () => {
  const body = { error: { type: 'security_exception', reason: 'no' }, status: 0 };

  it.each([408, 429, 500, 502, 503, 504])('%i is retried', (status) => {
    expect(judge({ status, body }, 3)).toEqual({
      kind: 'retry',
      reason: `HTTP ${status} security_exception`,
    });
  });

  it.each([
    401, 403, 404, 405, 406, 301, 302, 307, 308, 304, 402, 407, 409, 410, 411, 415, 418, 422, 431, 451, 501,
    505, 100, 0, 999,
  ])('%i is a hold', (status) => {
    const reason = `HTTP ${status} security_exception`;
    expect(judge({ status, body }, 3)).toMatchObject({ kind: 'hold', reason });
  });

  it('413 is too large, and 400 is a bad request', () => {
    expect(judge({ status: 413, body: '' }, 3)).toEqual({ kind: 'too_large', reason: 'HTTP 413' });
    expect(judge({ status: 400, body: '<html>' }, 3)).toEqual({ kind: 'bad_request', reason: 'HTTP 400' });
  });

  it.each(['connect ECONNREFUSED', 'socket hang up', 'getaddrinfo ENOTFOUND', 'self-signed certificate'])(
    'a failure (%s) is retried',
    (failure) => {
      expect(judge({ failure }, 3)).toEqual({ kind: 'retry', reason: failure });
    },
  );

  it('settles nothing by items in the body of an error', () => {
    const answer = { status: 503, body: { errors: false, items: [item(201)] } };
    expect(judge(answer, 1).kind).toBe('retry');
  });
});

describe('Retry-After', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1, 12, 0, 0) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const after = (retryAfter: string | undefined, status = 429): number | undefined => {
    const answer: Answer = { status, body: '', retryAfter };
    const verdict = judge(answer, 1);
    if (verdict.kind !== 'retry') throw new Error(verdict.kind);
    return verdict.retryAfterMs;
  };

  it.each<[string, number]>([
    ['0', 0],
    ['7', 7000],
    [' 7 ', 7000],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
  ])('%s is parsed', (header, ms) => {
    expect(after(header)).toBe(ms);
    expect(after(header, 503)).toBe(ms);
  });

  it.each(['86400', '99999999999999999999', 'Fri, 01 Jan 2027 00:00:00 GMT'])(
    '%s is limited to a minute',
    (header) => {
      expect(after(header)).toBe(60_000);
    },
  );

  it.each([undefined, '', 'soon', 'x7'])('%s is ignored', (header) => {
    expect(after(header)).toBeUndefined();
  });
});

describe('an answer as text', () => {
  const items = (count: number, more = ''): string =>
    Array.from({ length: count }, () => `{"index":{"status":201${more}}}`).join(',');
  const text = (count: number): string => `{"errors":false,"items":[${items(count)}]}`;
  const kinds = (body: string, sent: number): unknown => {
    const verdict = judge({ status: 200, body }, sent);
    return verdict.kind === 'items' ? verdict.items.map(({ kind }) => kind) : verdict.kind;
  };

  it.each<[string, string, number]>([
    ['index', 'created', 201],
    ['create', 'created', 201],
    ['index', 'updated', 200],
  ])('that is the usual success (%s: %s) is not parsed', (operation, result, status) => {
    const accepted = `{"${operation}":{"result":"${result}","status":${status}}}`;
    const parse = vi.spyOn(JSON, 'parse');
    expect(kinds(`{"errors":false,"items":[${`${accepted},`.repeat(9)}${accepted}]}`, 10)).toEqual(
      Array.from({ length: 10 }, () => 'ok'),
    );
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it('of the same length with a diverted item is no success', () => {
    const accepted = '{"index":{"result":"updated","status":200}}';
    const all = `{"errors":false,"items":[${accepted},${accepted}]}`;
    expect(kinds(all.replace('"updated"', '"noop"   '), 2)).toEqual(['diverted', 'ok']);
    expect(
      kinds(`${all.slice(0, -accepted.length - 2)}${accepted.replace('"updated"', '"noop"   ')}]}`, 2),
    ).toEqual(['ok', 'diverted']);
  });

  it('that all were created acknowledges all', () => {
    expect(kinds(text(1), 1)).toEqual(['ok']);
    expect(kinds(text(3), 3)).toEqual(['ok', 'ok', 'ok']);
    expect(kinds(text(3).replaceAll('index', 'create'), 3)).toEqual(['ok', 'ok', 'ok']);
  });

  it.each([
    ['fewer', text(2)],
    ['more', text(4)],
    ['none', '{"errors":false,"items":[]}'],
    ['truncated', text(3).slice(0, -1)],
    ['another number of characters', `${text(3)} x`],
  ])('acknowledges nothing if it differs from the request: %s', (_name, body) => {
    expect(kinds(body, 3)).toBe('retry');
  });

  it('is parsed in any other format', () => {
    expect(kinds(JSON.stringify(JSON.parse(text(2)), null, 2), 2)).toEqual(['ok', 'ok']);
    expect(kinds(`{"errors":false,"items":[${items(1)},{"index":{"status":200}}]}`, 2)).toEqual(['ok', 'ok']);
    const busy =
      '{"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"busy"}}}';
    expect(kinds(`{"errors":true,"items":[${items(1)},${busy}]}`, 2)).toEqual(['ok', 'retry']);
  });

  it('of the same length with a failed item is no success', () => {
    const failed = text(2).replace('"index":{"status":201}', '"index":{"status":429}');
    expect(kinds(failed, 2)).toEqual(['retry', 'ok']);
    const last = text(2).replace('201}}]', '429}}]');
    expect(kinds(last, 2)).toEqual(['ok', 'retry']);
  });
});
