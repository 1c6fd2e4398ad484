import { expect, it } from 'vitest';
import { judge } from '../../../src/elasticsearch/verdict.ts';

/** Answers as OpenSearch 2.19.1 and 3.6.0 have given them, and the verdicts of the table in docs/guarantees.md. */
const item = (operation: 'index' | 'create', status: number, type: string, reason: string): string =>
  JSON.stringify({
    took: 1,
    errors: true,
    items: [{ [operation]: { _index: 'a', _id: '1', status, error: { type, reason, index: 'a' } } }],
  });

it.each<[string, string, number, string, string]>([
  ['hold', 'cluster_block_exception', 403, 'index [r1] blocked by: [FORBIDDEN/5/index read-only (api)];', ''],
  ['hold', 'cluster_block_exception', 403, 'index [r3] blocked by: [FORBIDDEN/8/index write (api)];', ''],
  [
    'hold',
    'cluster_block_exception',
    429,
    'index [r2] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];',
    '',
  ],
  [
    'hold',
    'security_exception',
    403,
    'no permissions for [indices:admin/create] and User [name=writer, backend_roles=[], requestedTenant=null]',
    ': the role lacks the permission indices:admin/create',
  ],
  [
    'hold',
    'validation_exception',
    400,
    'Validation Failed: 1: this action would add [2] total shards, but this cluster currently has [30]/[1] maximum shards open;',
    '',
  ],
  [
    'hold',
    'validation_exception',
    400,
    'Validation Failed: 1: this action would add [2] total LOCAL_ONLY shards, but this cluster currently has [32]/[1] maximum LOCAL_ONLY shards open;',
    '',
  ],
  ['hold', 'index_closed_exception', 400, 'closed', ''],
  ['hold', 'index_not_found_exception', 404, 'no such index [ns2]', ''],
  ['hold', 'illegal_argument_exception', 400, 'pipeline with id [nope] does not exist', ''],
  ['hold', 'illegal_argument_exception', 400, 'unknown index sort field:[severity]', ''],
  [
    'hold',
    'illegal_argument_exception',
    400,
    'only write ops with an op_type of create are allowed in data streams',
    '',
  ],
  [
    'hold',
    'illegal_argument_exception',
    400,
    'cannot create index with name [app-x-w], because it matches with template [t1] that creates data streams only, use create data stream api instead',
    '',
  ],
  [
    'hold',
    'illegal_argument_exception',
    400,
    'no write index is defined for alias [bal]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index',
    '',
  ],
  [
    'hold',
    'index_not_found_exception',
    404,
    'no such index [al] and [require_alias] request flag is [true] and [al] is not an alias',
    ': the alias al, which require_alias demands, does not exist; create it with a write index',
  ],
  [
    'hold',
    'mapper_parsing_exception',
    400,
    'Failed to parse mapping [_doc]: unknown parameter [properties] on mapper [a] of type [keyword]',
    '',
  ],
  ['hold', 'routing_missing_exception', 400, 'routing is required for [rt]/[1]', ''],
  ['retry', 'rejected_execution_exception', 429, 'rejected execution of coordinating operation [...]', ''],
  ['retry', 'open_search_rejected_execution_exception', 429, 'rejected execution', ''],
  ['retry', 'cluster_manager_not_discovered_exception', 503, '', ''],
])('%s: %s (%i) %s', (kind, type, status, reason, advice) => {
  const verdict = judge({ status: 200, body: item('index', status, type, reason) }, 1);
  expect(verdict).toMatchObject({ kind: 'items', items: [{ kind, reason: `${status} ${type}${advice}` }] });
});

it.each<[string, string]>([
  [
    'mapper_parsing_exception',
    "failed to parse field [a] of type [long] in document with id '2'. Preview of field's value: 'x'",
  ],
  ['mapper_parsing_exception', 'failed to parse'],
  [
    'mapper_parsing_exception',
    'object mapping for [a] tried to parse field [a] as object, but found a concrete value',
  ],
  ['illegal_argument_exception', 'Limit of total fields [1] has been exceeded'],
  [
    'illegal_argument_exception',
    'Document contains at least one immense term in field="k" (whose UTF8 encoding',
  ],
  [
    'strict_dynamic_mapping_exception',
    'mapping set to strict, dynamic introduction of [a] within [_doc] is not allowed',
  ],
])('a fault of the document is rejected: %s: %s', (type, reason) => {
  const verdict = judge({ status: 200, body: item('index', 400, type, reason) }, 1);
  expect(verdict).toEqual({ kind: 'items', items: [{ kind: 'reject', reason: type, message: reason }] });
});

it('a document that is there already is ok', () => {
  const reason = '[1]: version conflict, document already exists (current version [1])';
  const body = item('create', 409, 'version_conflict_engine_exception', reason);
  expect(judge({ status: 200, body }, 1)).toEqual({
    kind: 'items',
    items: [{ kind: 'ok', alreadyThere: true }],
  });
});

it.each<[number, string, object]>([
  [401, 'Unauthorized', { kind: 'hold', reason: 'HTTP 401' }],
  [
    403,
    '{"error":{"type":"security_exception","reason":"no permissions for [indices:data/write/bulk] and User [name=none]"},"status":403}',
    {
      kind: 'hold',
      reason: 'HTTP 403 security_exception: the role lacks the permission indices:data/write/bulk',
    },
  ],
  [
    403,
    '{"error":{"type":"cluster_block_exception","reason":"blocked by: [FORBIDDEN/6/cluster read-only (api)];"},"status":403}',
    { kind: 'hold', reason: 'HTTP 403 cluster_block_exception' },
  ],
  [
    406,
    '{"error":"Content-Type header [text/plain] is not supported","status":406}',
    { kind: 'hold', reason: 'HTTP 406 unknown' },
  ],
])('a whole request: HTTP %i %s', (status, body, verdict) => {
  expect(judge({ status, body }, 1)).toMatchObject(verdict);
});
