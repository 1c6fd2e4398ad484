import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, type ItemVerdict, judge } from '../../../src/elasticsearch/verdict.ts';

type Operation = 'index' | 'create';
interface ItemError {
  type: string;
  reason?: string;
  caused_by?: { type: string; reason: string };
}

const item = (status: number, error?: ItemError | string, operation: Operation = 'index') => ({
  [operation]: { status, ...(error === undefined ? {} : { error }) },
});

/** The verdict about the one item of an answer. */
function judgeOne(answered: unknown): ItemVerdict {
  const verdict = judge({ status: 200, body: { errors: true, items: [answered] } }, 1);
  if (verdict.kind !== 'items') throw new Error(`judged as a whole: ${verdict.kind}`);
  expect(verdict.items).toHaveLength(1);
  return verdict.items[0] as ItemVerdict;
}

describe('an item that was written', () => {
  it.each([200, 201])('with status %i is ok', (status) => {
    expect(judgeOne(item(status))).toEqual({ kind: 'ok', alreadyThere: false });
    expect(judgeOne(item(status, undefined, 'create'))).toEqual({ kind: 'ok', alreadyThere: false });
  });

  it.each(['index', 'create'] as const)(
    'and put into the failure store is not in its index: %s',
    (operation) => {
      const answered = { [operation]: { result: 'created', failure_store: 'used', status: 201 } };
      expect(judgeOne(answered)).toEqual({ kind: 'diverted', to: 'failure_store' });
    },
  );

  it.each([
    { index: { result: 'noop', status: 200 } },
    { create: { _id: 'dropped', result: 'noop', status: 200 } },
    { create: { status: 200, result: 'noop', _version: -3, _seq_no: -2 } },
  ])('is dropped where it was not, which a pipeline does: %o', (answered) => {
    expect(judgeOne(answered)).toEqual({ kind: 'diverted', to: 'dropped' });
  });

  it.each([{ result: 'created' }, { result: 'updated' }, { failure_store: 'not_applicable_or_unknown' }, {}])(
    'is ok with %o',
    (more) => {
      expect(judgeOne({ index: { status: 200, ...more } })).toEqual({ kind: 'ok', alreadyThere: false });
    },
  );

  it.each(['not_enabled', 'failed'])(
    'is judged by its error where the failure store is %s',
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

  it('is there already where a create conflicts with our own id', () => {
    const conflict = { type: 'version_conflict_engine_exception', reason: '[x]: version conflict' };
    expect(judgeOne(item(409, conflict, 'create'))).toEqual({ kind: 'ok', alreadyThere: true });
  });

  it('is not taken for ok where an index conflicts: somebody else wrote it', () => {
    const conflict = { type: 'version_conflict_engine_exception', reason: '[x]: version conflict' };
    expect(judgeOne(item(409, conflict, 'index'))).toMatchObject({ kind: 'reject' });
  });

  it('is not taken for ok where a create fails with 409 for another reason', () => {
    expect(judgeOne(item(409, { type: 'some_other_exception' }, 'create')).kind).not.toBe('ok');
  });
});

describe('an item that is held, since somebody must mend the environment', () => {
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
    ['refused index name', 400, { type: 'invalid_index_name_exception', reason: 'must be lowercase' }],
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
      'shard limit as 7.x says it',
      400,
      { type: 'validation_exception', reason: 'this action would add [10] total shards, but …' },
    ],
    [
      'index into a data stream',
      400,
      message('only write ops with an op_type of create are allowed in data streams'),
    ],
  ])('%s', (_name, status, error) => {
    expect(judgeOne(item(status, error))).toEqual({ kind: 'hold', reason: `${status} ${error.type}` });
  });
});

describe('an item that is sent again, alone', () => {
  it.each<[string, number, ItemError]>([
    ['full queue', 429, { type: 'es_rejected_execution_exception', reason: 'rejected execution' }],
    ['any 429', 429, { type: 'something_new' }],
    ['408', 408, { type: 'something_new' }],
    ['500', 500, { type: 'something_new' }],
    ['502', 502, { type: 'something_new' }],
    ['503', 503, { type: 'unavailable_shards_exception', reason: 'primary shard is not active' }],
    ['504', 504, { type: 'something_new' }],
    ['507, which the table does not name', 507, { type: 'something_new' }],
    [
      'block of a recovering cluster',
      503,
      { type: 'cluster_block_exception', reason: 'state not recovered' },
    ],
    ['breaker, whatever its status', 400, { type: 'circuit_breaking_exception', reason: 'Data too large' }],
    [
      'slow mapping update, whatever its status',
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
  ])('%s is an unknown fate', (_name, answered) => {
    expect(judgeOne(answered).kind).toBe('retry');
  });
});

describe('an item whose document is at fault is rejected with the reason', () => {
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

  it('says the cause behind the error too', () => {
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

  it('does not carry a message of any length, since it may hold the document', () => {
    const verdict = judgeOne(item(400, { type: 'mapper_parsing_exception', reason: 'x'.repeat(100_000) }));
    expect(verdict.kind === 'reject' && verdict.message.length).toBe(1000);
  });

  it('takes an error that is only text', () => {
    expect(judgeOne(item(400, 'failed'))).toEqual({ kind: 'reject', reason: 'unknown', message: 'failed' });
  });
});

it('each item has its own verdict, in the order that they were sent', () => {
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

it('does not believe "errors": false where an item failed', () => {
  const body = { errors: false, items: [item(429, { type: 'es_rejected_execution_exception' })] };
  expect(judge({ status: 200, body }, 1)).toMatchObject({ items: [{ kind: 'retry' }] });
});

describe('a 2xx answer that is no bulk answer settles nothing', () => {
  it.each<[string, unknown]>([
    ['fewer items than were sent', { errors: false, items: [item(201)] }],
    ['more items than were sent', { errors: false, items: [item(201), item(201), item(201)] }],
    ['no items', { errors: false, items: [] }],
    ['an empty object', {}],
    ['items that are no list', { items: { length: 2 } }],
    ['a truncated body, which the client gives as text', '{"errors":false,"items":[{"index":{"status":201}}'],
    ['a page of a proxy', '<html><body>OK</body></html>'],
    ['nothing', ''],
    ['null', null],
    ['undefined', undefined],
    ['a list', [item(201), item(201)]],
    ['a number', 2],
  ])('%s', (_name, body) => {
    expect(judge({ status: 200, body }, 2).kind).toBe('retry');
  });

  it('counts any 2xx alike', () => {
    expect(judge({ status: 202, body: '' }, 2).kind).toBe('retry');
    expect(judge({ status: 204, body: null }, 2).kind).toBe('retry');
  });
});

describe('a request that is answered as a whole', () => {
  const body = { error: { type: 'security_exception', reason: 'no' }, status: 0 };

  it.each([408, 429, 500, 502, 503, 504])('%i is sent again', (status) => {
    expect(judge({ status, body }, 3)).toEqual({
      kind: 'retry',
      reason: `HTTP ${status} security_exception`,
    });
  });

  it.each([
    401, 403, 404, 405, 406, 301, 302, 307, 308, 304, 402, 407, 409, 410, 411, 415, 418, 422, 431, 451, 501,
    505, 100, 0, 999,
  ])('%i is held', (status) => {
    expect(judge({ status, body }, 3)).toEqual({ kind: 'hold', reason: `HTTP ${status} security_exception` });
  });

  it('413 is too large, and 400 a bad request: both want it halved', () => {
    expect(judge({ status: 413, body: '' }, 3)).toEqual({ kind: 'too_large', reason: 'HTTP 413' });
    expect(judge({ status: 400, body: '<html>' }, 3)).toEqual({ kind: 'bad_request', reason: 'HTTP 400' });
  });

  it.each(['connect ECONNREFUSED', 'socket hang up', 'getaddrinfo ENOTFOUND', 'self-signed certificate'])(
    'no answer (%s) is sent again',
    (failure) => {
      expect(judge({ failure }, 3)).toEqual({ kind: 'retry', reason: failure });
    },
  );

  it('is never settled by items in the body of an error', () => {
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
  ])('%s is understood', (header, ms) => {
    expect(after(header)).toBe(ms);
    expect(after(header, 503)).toBe(ms);
  });

  it.each(['86400', '99999999999999999999', 'Fri, 01 Jan 2027 00:00:00 GMT'])(
    '%s is believed up to a minute',
    (header) => {
      expect(after(header)).toBe(60_000);
    },
  );

  it.each([undefined, '', 'soon', 'x7'])('%s says nothing', (header) => {
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
  ])('that all were taken, as Elasticsearch says it (%s: %s), is not parsed', (operation, result, status) => {
    const taken = `{"${operation}":{"result":"${result}","status":${status}}}`;
    const parse = vi.spyOn(JSON, 'parse');
    expect(kinds(`{"errors":false,"items":[${`${taken},`.repeat(9)}${taken}]}`, 10)).toEqual(
      Array.from({ length: 10 }, () => 'ok'),
    );
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it('in which one of as many characters was not taken is no success', () => {
    const taken = '{"index":{"result":"updated","status":200}}';
    const all = `{"errors":false,"items":[${taken},${taken}]}`;
    expect(kinds(all.replace('"updated"', '"noop"   '), 2)).toEqual(['diverted', 'ok']);
  });

  it('that all were created acknowledges as many as were sent', () => {
    expect(kinds(text(1), 1)).toEqual(['ok']);
    expect(kinds(text(3), 3)).toEqual(['ok', 'ok', 'ok']);
    expect(kinds(text(3).replaceAll('index', 'create'), 3)).toEqual(['ok', 'ok', 'ok']);
  });

  it.each([
    ['fewer', text(2)],
    ['more', text(4)],
    ['none', '{"errors":false,"items":[]}'],
    ['cut short', text(3).slice(0, -1)],
    ['another number of characters', `${text(3)} x`],
  ])('acknowledges nothing where it speaks of other than was sent: %s', (_name, body) => {
    expect(kinds(body, 3)).toBe('retry');
  });

  it('is read in any other form too', () => {
    expect(kinds(JSON.stringify(JSON.parse(text(2)), null, 2), 2)).toEqual(['ok', 'ok']);
    expect(kinds(`{"errors":false,"items":[${items(1)},{"index":{"status":200}}]}`, 2)).toEqual(['ok', 'ok']);
    const busy =
      '{"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"busy"}}}';
    expect(kinds(`{"errors":true,"items":[${items(1)},${busy}]}`, 2)).toEqual(['ok', 'retry']);
  });

  it('of the same length with one item that failed is no success', () => {
    const failed = text(2).replace('"index":{"status":201}', '"index":{"status":429}');
    expect(kinds(failed, 2)).not.toEqual(['ok', 'ok']);
  });

  it('names the error of a request that was refused', () => {
    const body = '{"error":{"type":"security_exception","reason":"no"},"status":401}';
    expect(judge({ status: 401, body }, 1)).toEqual({ kind: 'hold', reason: 'HTTP 401 security_exception' });
  });
});
