import { expect, it } from 'vitest';
import { bulkQuery, deadLetterParameters } from '../../../src/elasticsearch/bulk-query.ts';
import { configOf } from '../support/config.ts';

const settings = (yaml: string) => configOf(`elasticsearch: ${yaml}`).elasticsearch;

it('what a bulk request asks for tells what was written from what was not', () => {
  const { filter_path } = bulkQuery(settings('{}'));
  expect(filter_path?.split(',')).toEqual([
    'errors',
    'items.*.status',
    'items.*.error',
    'items.*.failure_store',
    'items.*.result',
  ]);
});

it.each<[string, Record<string, string>, object]>([
  ['{}', {}, {}],
  ['{ mode: data_stream }', { require_data_stream: 'true' }, { require_data_stream: false }],
  ['{ require_alias: true }', { require_alias: 'true' }, { require_alias: false }],
  ['{ pipeline: enrich }', { pipeline: 'enrich' }, { pipeline: '_none' }],
  [
    '{ mode: data_stream, pipeline: enrich }',
    { require_data_stream: 'true', pipeline: 'enrich' },
    { require_data_stream: false, pipeline: '_none' },
  ],
])(
  '%s: the request says it for events, and the action of a dead letter says it otherwise',
  (yaml, query, own) => {
    const { filter_path: _always, ...rest } = bulkQuery(settings(yaml));
    expect(rest).toEqual(query);
    const parameters = deadLetterParameters(settings(yaml));
    expect(JSON.parse(`{"index":{${parameters}"_index":"x"}}`)).toEqual({ index: { _index: 'x', ...own } });
  },
);
