import type { CheckResult } from '../../../src/check/result.ts';
import type { ClusterFacts, EndpointFact, Got } from '../../../src/check/search-facts.ts';
import { type TargetName, targetName } from '../../../src/elasticsearch/target.ts';
import { configOf } from './config.ts';

export const FORBIDDEN = { kind: 'forbidden' } as const;
export const MISSING = { kind: 'missing' } as const;
export const got = <T>(value: T): Got<T> => ({ kind: 'got', value });
export const NOW = Date.UTC(2026, 0, 2);
const GB = 2 ** 30;

export const clusterSettings = {
  'cluster.max_shards_per_node': '1000',
  'cluster.routing.allocation.disk.watermark.low': '85%',
  'cluster.routing.allocation.disk.watermark.high': '90%',
  'cluster.routing.allocation.disk.watermark.flood_stage': '95%',
};
export const node = (free: number) => ({
  name: 'n',
  fs: { total: { total_in_bytes: 100 * GB, available_in_bytes: free * GB } },
});
export const health = {
  status: 'green',
  number_of_data_nodes: 1,
  active_shards: 10,
  initializing_shards: 0,
  unassigned_shards: 0,
};
/** A cluster in order, where everybody may write. */
export const good: ClusterFacts = {
  health: got(health),
  settings: got(clusterSettings),
  nodes: got([node(50)]),
  aheadMs: 0,
  resolved: got({ indices: [{ name: 'app-logs', attributes: ['open'] }], aliases: [], data_streams: [] }),
  alias: MISSING,
  index: got({
    name: 'app-logs',
    mappings: { date_detection: false, properties: { '@timestamp': { type: 'date' } } },
    settings: {},
  }),
  templates: got([{ name: 't', patterns: ['app-*'], priority: 5, isForDataStreams: false, meta: {} }]),
  simulated: MISSING,
  pipeline: null,
  write: { kind: 'open' },
};
export const endpoint: EndpointFact = {
  endpoint: 'http://a:9200/',
  failure: null,
  status: 200,
  product: 'elasticsearch',
  version: '9.5.0',
  ms: 5,
  aheadMs: null,
};

export const targetOf = (yaml: string): TargetName => targetName(configOf(yaml).elasticsearch, NOW);
export const brief = (results: readonly CheckResult[]): string[] =>
  results.map(({ check, result }) => `${check.replace('elasticsearch.', '')} ${result}`);
