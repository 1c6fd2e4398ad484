import { describe, expect, it } from 'vitest';
import { indexResults } from '../../../src/check/index-results.ts';
import { fieldCount, mappingResults } from '../../../src/check/mapping-results.ts';
import type { ClusterFacts } from '../../../src/check/search-facts.ts';
import { matchesPattern } from '../../../src/elasticsearch/target.ts';
import { configOf } from '../support/config.ts';
import { FORBIDDEN, MISSING, brief, good, got, targetOf } from '../support/search-facts.ts';

describe('the target', () => {
  const resultsOf = (part: Partial<ClusterFacts>, yaml = ''): string[] =>
    brief(indexResults({ ...good, ...part }, configOf(yaml), targetOf(yaml)));
  const stream = 'elasticsearch: { mode: data_stream }';
  const none = { indices: [], aliases: [], data_streams: [] };
  const alias = { ...none, aliases: [{ name: 'app-logs', indices: ['app-logs-1', 'app-logs-2'] }] };
  const ofAlias = (...flags: (boolean | undefined)[]) =>
    got(
      Object.fromEntries(
        flags.map((is_write_index, at) => [
          `app-logs-${at + 1}`,
          { aliases: { 'app-logs': is_write_index === undefined ? {} : { is_write_index } } },
        ]),
      ),
    );

  it.each([
    ['exists', {}, '', 'target ok'],
    ['is to be created', { resolved: MISSING }, '', 'target ok'],
    [
      'cannot be created',
      { resolved: MISSING, settings: got({ 'action.auto_create_index': 'false' }) },
      '',
      'target failed',
    ],
    ['is not visible', { resolved: FORBIDDEN }, '', 'target warning'],
    [
      'is closed',
      { resolved: got({ ...none, indices: [{ name: 'app-logs', attributes: ['closed'] }] }) },
      '',
      'target failed',
    ],
    [
      'is a data stream',
      { resolved: got({ ...none, data_streams: [{ name: 'app-logs', backing_indices: [] }] }) },
      '',
      'target failed',
    ],
    ['must be an alias', {}, 'elasticsearch: { require_alias: true }', 'write_alias failed'],
    [
      'is no alias yet',
      { resolved: got(none) },
      'elasticsearch: { require_alias: true }',
      'write_alias failed',
    ],
    ['has a write index', { resolved: got(alias), alias: ofAlias(false, true) }, '', 'write_alias ok'],
    [
      'has no write index',
      { resolved: got(alias), alias: ofAlias(undefined, undefined) },
      '',
      'write_alias failed',
    ],
    ['is an alias that is not told', { resolved: got(alias), alias: FORBIDDEN }, '', 'write_alias warning'],
    [
      'is a stream',
      { resolved: got({ ...none, data_streams: [{ name: 'logs-app-default', backing_indices: ['b'] }] }) },
      stream,
      'target ok',
    ],
    ['is a stream without template', { resolved: got(none) }, stream, 'target failed'],
    ['is a stream, unseen', { resolved: got(none), templates: FORBIDDEN }, stream, 'target warning'],
  ] as const)('%s', (_name, part, yaml, expected) => {
    expect(resultsOf(part, yaml)[0]).toBe(expected);
  });

  it('of a data stream comes from the template that wins', () => {
    const made = (priority: number, isForDataStreams: boolean) => ({
      name: `p${priority}`,
      patterns: ['logs-*-*'],
      priority,
      isForDataStreams,
      meta: {},
    });
    const first = (...all: ReturnType<typeof made>[]): string | undefined =>
      resultsOf({ resolved: got(none), templates: got(all) }, stream)[0];
    expect(first(made(1, false), made(2, true))).toBe('target ok');
    expect(first(made(3, false), made(2, true))).toBe('target failed');
  });

  it('template: none, unknown, or one for data streams', () => {
    expect(resultsOf({ templates: got([]) })[1]).toBe('template warning');
    expect(resultsOf({ templates: FORBIDDEN })[1]).toBe('template warning');
    const streams = { name: 's', patterns: ['*'], priority: 9, isForDataStreams: true, meta: {} };
    expect(resultsOf({ templates: got([streams]) })[1]).toBe('template failed');
  });

  it('pipeline: there, missing, unknown', () => {
    const yaml = 'elasticsearch: { pipeline: p }';
    expect(resultsOf({ pipeline: got(undefined) }, yaml)[2]).toBe('pipeline ok');
    expect(resultsOf({ pipeline: MISSING }, yaml)[2]).toBe('pipeline failed');
    expect(resultsOf({ pipeline: FORBIDDEN }, yaml)[2]).toBe('pipeline warning');
  });

  it('names: patterns of templates, and their match', () => {
    expect(targetOf("elasticsearch: { index: 'a-{{x}}-{{@timestamp|yyyy.MM.dd}}' }")).toEqual({
      mode: 'index',
      name: 'a-unknown-2026.01.02',
      pattern: 'a-*-*',
      isTemplate: true,
    });
    expect(matchesPattern('a-*-b*', 'a-x-y-bc')).toBe(true);
    expect(matchesPattern('a*a', 'a')).toBe(false);
    expect(matchesPattern('a', 'ab')).toBe(false);
    expect(matchesPattern('*', '')).toBe(true);
    expect(matchesPattern('a.b*', 'aXb')).toBe(false);
    expect(matchesPattern(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
  });
});

describe('the mapping', () => {
  const of = (mappings: Record<string, unknown>, more: Record<string, string> = {}): string[] =>
    brief(mappingResults({ ...good, index: got({ name: 'i', mappings, settings: more }) }, targetOf('')));

  it.each([
    [{}, 'mapping warning'],
    [{ date_detection: false }, 'mapping ok'],
    [{ dynamic: 'false' }, 'mapping ok'],
    [{ dynamic: 'strict', date_detection: false }, 'mapping warning'],
    [{ date_detection: false, properties: { '@timestamp': { type: 'keyword' } } }, 'mapping warning'],
  ])('%j: %s', (mappings, expected) => {
    expect(of(mappings)[0]).toBe(expected);
  });

  it.each([
    [2, 'fields ok'],
    [9, 'fields warning'],
    [10, 'fields failed'],
  ])('with %j of 10 fields: %s', (count, expected) => {
    const properties = Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`f${at}`, { type: 'long' }]),
    );
    const limit = { 'index.mapping.total_fields.limit': '10' };
    expect(of({ properties }, limit)[1]).toBe(expected);
    const ignore = { ...limit, 'index.mapping.total_fields.ignore_dynamic_beyond_limit': 'true' };
    expect(of({ properties }, ignore)[1]).toBe('fields ok');
  });

  it('counts objects and multi-fields, too', () => {
    const name = { type: 'text', fields: { raw: { type: 'keyword' } } };
    expect(fieldCount({ properties: { a: { properties: { name } }, b: { type: 'long' } } })).toBe(4);
  });

  it('of an index that is to come is the one of its template', () => {
    const simulated = got({ mappings: { date_detection: false }, settings: {} });
    expect(brief(mappingResults({ ...good, index: MISSING, simulated }, targetOf('')))).toEqual([
      'mapping ok',
    ]);
    expect(brief(mappingResults({ ...good, index: MISSING }, targetOf('')))).toEqual(['mapping warning']);
  });
});
