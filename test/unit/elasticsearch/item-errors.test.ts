import { describe, expect, it } from 'vitest';
import { judgeError } from '../../../src/elasticsearch/item-errors.ts';

const verdictOn = (reason: string, type = 'illegal_argument_exception', status = 400, cause = '') =>
  judgeError(status, { type, reason, cause });

describe('a fault of the environment is a hold', () => {
  it.each([
    ["Number of documents in the index can't exceed [2147483519]"],
    ['number of documents in the index cannot exceed 2147483519 (current document count is 2147483519)'],
    ['no matching index template found for data stream [logs-app-default]'],
    ['matching index template [logs] for data stream [logs-app-default] has no data stream template'],
    ['composable template [logs] template after composition with component templates [a, b] is invalid'],
    ['composable template [logs] template after composition is invalid'],
    ['index template [logs] specifies component templates [a] that do not exist'],
    ['component template [a] is invalid'],
    ['invalid composite mappings for [logs]'],
    [
      'Failed to parse mapping: unknown parameter [properties] on mapper [a] of type [keyword]',
      'mapper_parsing_exception',
    ],
    ['No handler for type [flattened] declared on field [labels]', 'mapper_parsing_exception'],
    ['The mapper type [wildcard] declared on field [a] does not exist.', 'mapper_parsing_exception'],
    ['analyzer [german2] has not been configured in mappings'],
    ['unknown index sort field:[severity]'],
    [
      'unknown setting [index.knn] please check that any required plugins are installed, or check the breaking changes documentation for removed settings',
    ],
    ['Failed to parse value [x] for setting [index.number_of_replicas]'],
    ['bad value', 'settings_exception'],
    ['bad', 'invalid_index_template_exception'],
    ['Invalid alias name [a b]', 'invalid_alias_name_exception'],
    ['Invalid index name [A], must be lowercase', 'invalid_index_name_exception'],
    ['failed to create index', 'index_creation_exception', 500],
    ['no write index is defined for alias [logs]. The write index may be explicitly disabled using …'],
    ['alias [logs] has more than one write index [a,b]', 'illegal_state_exception', 500],
    ["Alias [logs] has more than one index associated with it [[a, b]], can't execute a single index op"],
    ['only write ops with an op_type of create are allowed in data streams'],
    [
      'cannot create index with name [logs-app-default], because it matches with template [logs] that creates data streams only, use create data stream api instead',
    ],
    [
      'Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;',
      'validation_exception',
    ],
    [
      'Validation Failed: 1: this action would add [1] shards, but this cluster currently has [3000]/[3000] maximum frozen shards open;',
      'validation_exception',
    ],
    ['Rejecting mapping update to [logs] as the final mapping would have more than 1 type: [_doc, event]'],
    ['routing is required for [logs]/[1]', 'routing_missing_exception'],
    ['data stream [logs-app-default] has no write index'],
    ['Indices and data streams [.kibana] use and access is reserved for system operations'],
    ['pipeline with id [enrich] does not exist'],
    ['pipeline with id [enrich] could not be loaded, caused by [ElasticsearchParseException[Error]]'],
    [
      'java.lang.IllegalArgumentException: pipeline with id [enrich] does not exist',
      'ingest_processor_exception',
    ],
    ['Pipeline processor configured for non-existent pipeline [inner]', 'illegal_state_exception', 500],
    [
      'java.lang.IllegalStateException: Pipeline processor configured for non-existent pipeline [inner]',
      'ingest_processor_exception',
      500,
    ],
    ['no enrich index exists for policy with name [hosts]'],
    [
      'There are no ingest nodes in this cluster, unable to forward request to an ingest node.',
      'illegal_state_exception',
      500,
    ],
    ['index [logs] blocked by: [FORBIDDEN/8/index write (api)];', 'cluster_block_exception', 403],
    ['index [logs] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded];', 'cluster_block_exception', 429],
    ['closed', 'index_closed_exception'],
    ['no such index [logs] and [action.auto_create_index] is [false]', 'index_not_found_exception', 404],
    [
      'no such index [logs] and composable template [logs*] forbids index auto creation',
      'index_not_found_exception',
      404,
    ],
    ['current license is non-compliant for [security]', 'security_exception', 403],
    ['Inference endpoint not found [elser]', 'resource_not_found_exception', 404],
    ['unable to find script [enrich] in cluster state', 'resource_not_found_exception', 404],
  ])('%s', (reason, type = 'illegal_argument_exception', status = 400) => {
    expect(verdictOn(reason, type, status)).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining(`${status} ${type}`) as string,
    });
  });
});

describe('a fault of the document is a rejection', () => {
  it.each([
    ['Limit of total fields [1000] has been exceeded while adding new fields [1]'],
    ['Limit of mapping depth [20] has been exceeded due to object field [a]'],
    ['Document contains at least one immense term in field="message"'],
    ["[1:5] failed to parse field [n] of type [long] in document with id '1'", 'document_parsing_exception'],
    ['failed to parse', 'mapper_parsing_exception'],
    [
      '[1:2] mapping set to strict, dynamic introduction of [a] within [_doc] is not allowed',
      'strict_dynamic_mapping_exception',
    ],
    ['mapper [a] cannot be changed from type [long] to [text]'],
    [
      'the document timestamp [2020-01-01T00:00:00.000Z] is outside of ranges of currently writable indices [[2026-01-01T00:00:00.000Z,2026-01-02T00:00:00.000Z]]',
      'timestamp_error',
    ],
    ['Dimension field [host] cannot be a multi-valued field.'],
    ['object field starting or ending with a [.] makes object resolution ambiguous: [a.]'],
    ['field [a] is missing', 'ingest_processor_exception'],
    ['data stream timestamp field [@timestamp] is missing', 'document_parsing_exception'],
  ])('%s', (reason, type = 'illegal_argument_exception') => {
    expect(verdictOn(reason, type)).toEqual({ kind: 'reject', reason: type, message: reason });
  });

  it.each([
    'no write index is defined for alias [x]',
    'pipeline with id [x] does not exist',
    "Number of documents in the index can't exceed [1]",
    'Failed to parse mapping: x',
    'composable template [x] template after composition is invalid',
    'this action would add [2] shards',
  ])('whatever text of the document is in the message, so that it cannot block a partition: %s', (text) => {
    const reason = `[1:5] failed to parse field [n] of type [long]. Preview of field's value: '${text}'`;
    expect(verdictOn(reason, 'document_parsing_exception').kind).toBe('reject');
    expect(verdictOn('failed to parse', 'mapper_parsing_exception', 400, text).kind).toBe('reject');
  });
});

it('an index that another client creates at the same time is retried', () => {
  expect(verdictOn('index [logs/x] already exists', 'resource_already_exists_exception').kind).toBe('retry');
});

describe('the reason of a hold contains advice', () => {
  it.each([
    [
      'no such index [app-bug22-x] and the index creation request requires a data stream, but no matching index template with data stream template was found for it',
      'index_not_found_exception',
      404,
      /^404 index_not_found_exception: no index template creates the data stream app-bug22-x; install one: PUT _index_template\/.* "data_stream": \{\}$/,
    ],
    [
      '[require_data_stream] request flag is [true] and [logs] is not a data stream',
      'resource_not_found_exception',
      404,
      /: logs is not a data stream, and mode: data_stream writes only to data streams$/,
    ],
    [
      'no such index [bug23] and [require_alias] request flag is [true] and [bug23] is not an alias',
      'index_not_found_exception',
      404,
      /: the alias bug23, which require_alias demands, does not exist; create it/,
    ],
    [
      "Number of documents in the index can't exceed [2147483519]",
      'illegal_argument_exception',
      400,
      /: a shard is full; roll the index over/,
    ],
    [
      'no matching index template found for data stream [logs-app-default]',
      'illegal_argument_exception',
      400,
      /: no index template creates the data stream logs-app-default/,
    ],
  ] as const)('%s', (reason, type, status, expected) => {
    const verdict = verdictOn(reason, type, status);
    expect(verdict.kind === 'hold' && verdict.reason).toMatch(expected);
  });
});
