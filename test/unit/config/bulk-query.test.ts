import { expect, it } from 'vitest';
import { configOf } from '../support/config.ts';

it('values are sent as text', () => {
  const { query } = configOf(
    'elasticsearch: { query: { refresh: true, wait_for_active_shards: 2 } }',
  ).elasticsearch;
  expect(query).toEqual({ refresh: 'true', wait_for_active_shards: '2' });
});

it.each<[string, RegExp]>([
  [
    'elasticsearch: { query: { pipeline: p } }',
    /elasticsearch.query.pipeline: is not permitted: it is elasticsearch.pipeline/,
  ],
  ['elasticsearch: { query: { require_alias: true } }', /it is elasticsearch.require_alias/],
  ['elasticsearch: { query: { filter_path: took } }', /query.filter_path: is not permitted: Logweir reads/],
  ['elasticsearch: { query: { format: yaml } }', /query.format: is not permitted: Logweir reads/],
  ['elasticsearch: { query: { "a b": x } }', /query.a b: is not permitted: it is no name of a parameter/],
  ['elasticsearch: { query: { refresh: [true] } }', /query.refresh: .*expected string, received array/],
])('%s is rejected', (source, message) => {
  expect(() => configOf(source)).toThrow(message);
});

it('the parameters of bulk requests are limited in number and length', () => {
  const long = `elasticsearch: { query: { routing: ${'x'.repeat(1001)} } }`;
  expect(() => configOf(long)).toThrow(/query.routing: is longer than 1000 characters/);
  const many = Array.from({ length: 21 }, (_, at) => `p${at}: x`).join(', ');
  expect(() => configOf(`elasticsearch: { query: { ${many} } }`)).toThrow(/has more than 20 parameters/);
});
