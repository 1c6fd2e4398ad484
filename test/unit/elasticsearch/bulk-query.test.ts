import { expect, it } from 'vitest';
import { bulkQuery, deadLetterParameters } from '../../../src/elasticsearch/bulk-query.ts';
import { ServerProduct } from '../../../src/elasticsearch/product.ts';
import { configOf } from '../support/config.ts';

const settings = (yaml: string) => configOf(`elasticsearch: ${yaml}`).elasticsearch;

it('requests the fields that distinguish written documents from others', () => {
  const { filter_path } = bulkQuery(settings('{}'), 'elasticsearch');
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
  '%s: the query sets it for events, and the action of a dead letter overrides it',
  async (yaml, query, own) => {
    const { filter_path: _always, ...rest } = bulkQuery(settings(yaml), 'elasticsearch');
    expect(rest).toEqual(query);
    const parameters = await deadLetterParameters(settings(yaml), new ServerProduct('elasticsearch'));
    expect(JSON.parse(`{"index":{${parameters}"_index":"x"}}`)).toEqual({ index: { _index: 'x', ...own } });
  },
);

it('parameters of the configuration are sent too, and none replaces one of Logweir', () => {
  const yaml = '{ query: { refresh: true, timeout: 5s, wait_for_active_shards: 2 }, require_alias: true }';
  const { filter_path, ...rest } = bulkQuery(settings(yaml), 'elasticsearch');
  expect(rest).toEqual({
    refresh: 'true',
    timeout: '5s',
    wait_for_active_shards: '2',
    require_alias: 'true',
  });
  expect(filter_path).toMatch(/^errors,/);
  const own = bulkQuery({ ...settings('{}'), query: { filter_path: 'took' } }, 'elasticsearch');
  expect(own['filter_path']).toBe(filter_path);
});

it('OpenSearch gets no require_data_stream, which it rejects, in the query or in an action', async () => {
  const yaml = '{ mode: data_stream, pipeline: enrich }';
  expect(bulkQuery(settings(yaml), 'opensearch')).not.toHaveProperty('require_data_stream');
  const product = new ServerProduct('auto');
  const parameters = deadLetterParameters(settings(yaml), product);
  // The bytes of a dead letter are final: they wait for the product.
  expect(parameters).toBeInstanceOf(Promise);
  product.learn({ product: 'opensearch', version: '2.19.1' });
  expect(await parameters).toBe('"pipeline":"_none",');
  expect(deadLetterParameters(settings(yaml), product)).toBe('"pipeline":"_none",');
});
