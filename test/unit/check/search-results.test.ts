import { describe, expect, it } from 'vitest';
import { clusterResults, freeNeeded } from '../../../src/check/cluster-results.ts';
import { privilegeResults } from '../../../src/check/privilege-results.ts';
import { isUnknownRequest, rootFact } from '../../../src/check/search-answers.ts';
import type { ClusterFacts, EndpointFact } from '../../../src/check/search-facts.ts';
import { searchResults } from '../../../src/check/search-results.ts';
import { configOf } from '../support/config.ts';
import {
  FORBIDDEN,
  NOW,
  brief,
  clusterSettings,
  endpoint,
  good,
  got,
  health,
  node,
  targetOf,
} from '../support/search-facts.ts';

describe('endpoints', () => {
  const whole = (endpoints: readonly EndpointFact[], cluster: ClusterFacts | null = good): string[] =>
    brief(searchResults({ endpoints, cluster }, configOf(), targetOf('')));

  it('that answer make all other checks', () => {
    expect(whole([endpoint])).toEqual([
      'endpoint ok',
      'product ok',
      'clock ok',
      'privileges ok',
      'target ok',
      'template ok',
      'mapping ok',
      'fields ok',
      'health ok',
      'shards ok',
      'disk ok',
      'blocks ok',
    ]);
  });

  it.each([
    [{ failure: 'ECONNREFUSED' }, 'endpoint failed'],
    [{ status: 401 }, 'endpoint failed'],
    [{ status: 503, product: null }, 'endpoint failed'],
    [{ status: 404, product: null }, 'endpoint warning'],
    [{ status: 403, version: null }, 'endpoint ok'],
    [{ ms: 1900 }, 'endpoint ok'],
    [{ ms: 2000 }, 'endpoint warning'],
  ])('with %j are %s', (part, expected) => {
    expect(whole([{ ...endpoint, ...part }], null)[0]).toBe(expected);
  });

  it.each([
    [{ product: null, version: null }, 'product failed'],
    [{ version: null }, 'product warning'],
    [{ version: '7.17.1' }, 'product warning'],
    [{ product: 'opensearch' as const, version: '2.19.1' }, 'product ok'],
    [{ product: 'opensearch' as const, version: '1.3.0' }, 'product warning'],
  ])('with %j have the %s', (part, expected) => {
    expect(whole([{ ...endpoint, ...part }])[1]).toBe(expected);
  });

  it('of two clusters are a warning', () => {
    expect(whole([endpoint, { ...endpoint, version: '8.19.8' }])[2]).toBe('product warning');
  });

  it.each([
    [4000, null, 'clock ok'],
    [-60_000, null, 'clock warning'],
    [null, 60_000, 'clock warning'],
    [null, null, 'clock warning'],
  ])('whose clocks are %j and %j ms ahead: %s', (aheadMs, ofNodes, expected) => {
    expect(whole([{ ...endpoint, aheadMs }], { ...good, aheadMs: ofNodes })[2]).toBe(expected);
  });

  it('are told by headers and bodies', () => {
    const facts = (headers: Record<string, string>, json: unknown = {}, status = 200): unknown =>
      rootFact({ status, headers, json }, NOW);
    const date = new Date(NOW + 90_000).toUTCString();
    expect(facts({ 'x-elastic-product': 'Elasticsearch', date })).toMatchObject({
      product: 'elasticsearch',
      version: null,
      aheadMs: 90_000,
    });
    const version = { number: '2.19.1', distribution: 'opensearch' };
    expect(facts({}, { version })).toMatchObject({ product: 'opensearch', version: '2.19.1', aheadMs: null });
    const error = {
      type: 'security_exception',
      reason: 'no permissions for [cluster:monitor/main] and User',
    };
    expect(facts({}, { error }, 403)).toMatchObject({ product: 'opensearch', version: null });
    expect(facts({}, 'html')).toMatchObject({ product: null });
  });
});

describe('a request that the server does not know', () => {
  const unknown = 'no handler found for uri [/_security/user/_has_privileges] and method [POST]';

  it.each([
    [400, { error: unknown }, true],
    [405, { error: 'Incorrect HTTP method for uri [/_security] and method [POST], allowed: [GET]' }, true],
    [405, { error: 'only _bulk is allowed here' }, false],
    [405, undefined, false],
    [403, { error: unknown }, false],
    [400, { error: { type: 'parse_exception', reason: 'x' } }, false],
  ])('HTTP %j with %j: %j', (status, json, expected) => {
    expect(isUnknownRequest({ status, json })).toBe(expected);
  });
});

describe('the cluster', () => {
  const resultOf = (part: Partial<ClusterFacts>): string[] => brief(clusterResults({ ...good, ...part }));

  it.each([
    [850, 'shards ok'],
    [950, 'shards warning'],
    [998, 'shards ok', 2],
    [999, 'shards failed'],
    [1000, 'shards failed'],
  ])('with %j shards: %s', (active_shards, expected, number_of_data_nodes = 1) => {
    expect(resultOf({ health: got({ ...health, active_shards, number_of_data_nodes }) })).toContain(expected);
  });

  it.each([
    [50, 'disk ok'],
    [12, 'disk warning'],
    [8, 'disk warning'],
    [4, 'disk failed'],
  ])('with %j %% of the disk free: %s', (free, expected) => {
    expect(resultOf({ nodes: got([node(50), node(free)]) })).toContain(expected);
  });

  it('reads watermarks as percentages, ratios, bytes, and with a limit', () => {
    expect(freeNeeded('90%', '', 1000)).toBeCloseTo(100);
    expect(freeNeeded('0.9', '', 1000)).toBeCloseTo(100);
    expect(freeNeeded('2gb', '', 1000)).toBe(2 * 2 ** 30);
    expect(freeNeeded('90%', '10b', 1000)).toBe(10);
    expect(freeNeeded('90%', '-1', 1000)).toBeCloseTo(100);
    expect(freeNeeded('', '', 1000)).toBe(0);
  });

  it('that is red warns, and blocks fail', () => {
    expect(resultOf({ health: got({ ...health, status: 'red' }) })).toContain('health warning');
    expect(resultOf({ settings: got({ ...clusterSettings, 'cluster.blocks.read_only': 'true' }) })).toContain(
      'blocks failed',
    );
    const blocked = {
      name: 'app-logs',
      mappings: {},
      settings: { 'index.blocks.read_only_allow_delete': 'true' },
    };
    expect(resultOf({ index: got(blocked) })).toContain('blocks failed');
  });

  it('that may not be asked is never ok', () => {
    const part = { health: FORBIDDEN, settings: FORBIDDEN, nodes: FORBIDDEN, index: FORBIDDEN };
    expect(resultOf(part)).toEqual(['health warning', 'shards warning', 'disk warning']);
  });
});

describe('privileges', () => {
  const withRights = (
    rights: Record<string, string[]>,
    yaml = '',
    part: Partial<ClusterFacts> = {},
  ): string[] => {
    const index = Object.fromEntries(
      Object.entries(rights).map(([name, all]) => [name, Object.fromEntries(all.map((one) => [one, true]))]),
    );
    const write = { kind: 'privileges', value: { username: 'u', cluster: {}, index } } as const;
    return brief(privilegeResults({ ...good, write, ...part }, configOf(yaml), targetOf(yaml)));
  };
  const stream = 'elasticsearch: { mode: data_stream }';
  const letters = 'dead_letter: { to: index, index: dead }';

  it.each([
    [{ 'app-logs': ['index', 'auto_configure'] }, '', ['privileges ok']],
    [{ 'app-logs': ['create_doc', 'auto_configure'] }, '', ['privileges failed']],
    [{ 'app-logs': ['index'] }, '', ['privileges ok', 'create_privilege warning']],
    [{ 'logs-app-default': ['create_doc', 'auto_configure'] }, stream, ['privileges ok']],
    [{ 'logs-app-default': ['create_doc'] }, stream, ['privileges ok', 'create_privilege failed']],
    [
      { 'logs-app-default': ['create_doc', 'create_index'] },
      stream,
      ['privileges ok', 'create_privilege warning'],
    ],
    [
      { 'app-logs': ['index', 'auto_configure'], dead: ['index', 'auto_configure'] },
      letters,
      ['privileges ok', 'dead_letter.index ok'],
    ],
    [{ 'app-logs': ['index', 'auto_configure'] }, letters, ['privileges ok', 'dead_letter.index failed']],
  ])('%j: %j', (rights, yaml, expected) => {
    expect(withRights(rights, yaml)).toEqual(expected);
  });

  it('on the index of today alone are a warning', () => {
    const yaml = "elasticsearch: { index: 'a-{{@timestamp|yyyy}}' }";
    expect(withRights({ 'a-2026': ['index', 'auto_configure'], 'a-*': [] }, yaml)).toEqual([
      'privileges warning',
    ]);
  });

  it('that cannot be asked are a warning, also for dead letters', () => {
    const write = { kind: 'unknown', reason: 'x' } as const;
    const results = privilegeResults({ ...good, write }, configOf(letters), targetOf(letters));
    expect(brief(results)).toEqual(['privileges warning', 'dead_letter.index warning']);
  });

  it('of OpenSearch are seen by the probe', () => {
    const probed = (result: 'allowed' | 'forbidden'): string[] => {
      const write = { kind: 'probe', user: 'u', result, reason: 'no' } as const;
      return brief(privilegeResults({ ...good, write }, configOf(), targetOf('')));
    };
    expect(probed('allowed')).toEqual(['privileges ok']);
    expect(probed('forbidden')).toEqual(['privileges failed']);
  });
});
