import { type CheckResult, counted, failed, named, ok, unchecked, warning } from './result.ts';
import type { ClusterFacts } from './search-facts.ts';

const MONITOR = 'Grant the cluster privilege monitor (OpenSearch: cluster_monitor) to see this.';
/** Share of the shard limit above which a warning is due. */
const SHARDS_NEAR = 0.9;

/** The results of the cluster as a whole: health, shards, disks, blocks. */
export function clusterResults(cluster: ClusterFacts): CheckResult[] {
  return [healthResult(cluster), shardResult(cluster), diskResult(cluster), ...blockResults(cluster)];
}

function healthResult({ health }: ClusterFacts): CheckResult {
  const check = 'elasticsearch.health';
  if (health.kind !== 'got') return unchecked(check, whyNot(health), MONITOR);
  const { status, number_of_data_nodes: nodes } = health.value;
  const is = `the cluster is ${status}, with ${counted(nodes, 'data node')}`;
  if (status !== 'red') return ok(check, is);
  return warning(
    check,
    is,
    'Primary shards are missing: documents for their indices wait. See GET _cluster/allocation/explain.',
  );
}

function shardResult({ health, settings }: ClusterFacts): CheckResult {
  const check = 'elasticsearch.shards';
  if (health.kind !== 'got' || settings.kind !== 'got')
    return unchecked(check, whyNot(health.kind === 'got' ? settings : health), MONITOR);
  const perNode = Number(settings.value['cluster.max_shards_per_node'] ?? 1000);
  const { number_of_data_nodes: nodes, active_shards, initializing_shards, unassigned_shards } = health.value;
  const limit = perNode * nodes;
  const used = active_shards + initializing_shards + unassigned_shards;
  const is = `${used} of ${limit} shards are in use (cluster.max_shards_per_node ${perNode})`;
  const remedy =
    'Delete old indices, use fewer shards an index or larger periods in elasticsearch.index, or add nodes.';
  // One primary and one replica of the next index.
  if (limit - used < 2) return failed(check, `${is}: no index can be created`, remedy);
  return used > SHARDS_NEAR * limit ? warning(check, is, remedy) : ok(check, is);
}

const LEVELS = [
  { name: 'flood_stage', effect: 'indices become read-only' },
  { name: 'high', effect: 'shards move away' },
  { name: 'low', effect: 'no new shards are put there' },
] as const;

function diskResult({ nodes, settings }: ClusterFacts): CheckResult {
  const check = 'elasticsearch.disk';
  if (nodes.kind !== 'got' || settings.kind !== 'got')
    return unchecked(check, whyNot(nodes.kind === 'got' ? settings : nodes), MONITOR);
  const disks = nodes.value.flatMap(({ name, fs }) => (fs === undefined ? [] : [{ name, ...fs.total }]));
  if (disks.length === 0) return unchecked(check, 'no node tells its disk', MONITOR);
  const remedy = 'Delete old indices, or add disks or nodes.';
  const prefix = 'cluster.routing.allocation.disk';
  if (settings.value[`${prefix}.threshold_enabled`] === 'false')
    return ok(check, 'the disk watermarks are switched off');
  for (const { name: level, effect } of LEVELS) {
    const mark = settings.value[`${prefix}.watermark.${level}`] ?? '';
    const headroom = settings.value[`${prefix}.watermark.${level}.max_headroom`] ?? '';
    const full = disks.filter(
      (disk) => disk.available_in_bytes < freeNeeded(mark, headroom, disk.total_in_bytes),
    );
    if (full.length === 0) continue;
    const is = `${named(full.map((disk) => `${disk.name} (${share(disk)} used)`))} above the ${level} watermark ${mark}: ${effect}`;
    return level === 'flood_stage' ? failed(check, is, remedy) : warning(check, is, remedy);
  }
  return ok(
    check,
    `the disks are below their watermarks (${named(disks.map((disk) => `${disk.name} ${share(disk)} used`))})`,
  );
}

function share(disk: { total_in_bytes: number; available_in_bytes: number }): string {
  return `${Math.round(100 * (1 - disk.available_in_bytes / Math.max(1, disk.total_in_bytes)))} %`;
}

/** The free bytes that a watermark asks for: `85%` or `0.85` used, or free bytes like `10gb`. */
export function freeNeeded(watermark: string, headroom: string, total: number): number {
  const bytes = bytesOf(watermark);
  if (bytes !== undefined) return bytes;
  const ratio = watermark.endsWith('%') ? Number(watermark.slice(0, -1)) / 100 : Number(watermark);
  if (watermark === '' || Number.isNaN(ratio)) return 0;
  return Math.min((1 - ratio) * total, bytesOf(headroom) ?? Infinity);
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
  tb: 2 ** 40,
  pb: 2 ** 50,
};

function bytesOf(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(b|kb|mb|gb|tb|pb)$/i.exec(text.trim()) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit.toLowerCase()] ?? 1);
}

/** Blocks of the cluster and of the newest index of the target. */
function blockResults({ settings, index }: ClusterFacts): CheckResult[] {
  const blocks: string[] = [];
  const isSet = (of: Readonly<Record<string, string>>, name: string): boolean => of[name] === 'true';
  if (settings.kind === 'got')
    for (const name of ['cluster.blocks.read_only', 'cluster.blocks.read_only_allow_delete'])
      if (isSet(settings.value, name)) blocks.push(name);
  if (index.kind === 'got')
    for (const name of ['read_only', 'read_only_allow_delete', 'write'])
      if (isSet(index.value.settings, `index.blocks.${name}`))
        blocks.push(`index.blocks.${name} of ${index.value.name}`);
  if (blocks.length > 0)
    return [
      failed(
        'elasticsearch.blocks',
        `writing is blocked by ${named(blocks)}`,
        'Remove the cause (a full disk, maintenance), then the setting; Elasticsearch removes read_only_allow_delete itself.',
      ),
    ];
  if (settings.kind !== 'got' && index.kind !== 'got') return [];
  return [ok('elasticsearch.blocks', 'no block forbids writing')];
}

/** Why a fact is missing, in a few words. */
export function whyNot(got: { readonly kind: string; readonly reason?: string }): string {
  switch (got.kind) {
    case 'forbidden':
      return 'this user may not ask';
    case 'unsupported':
      return 'this distribution does not answer the question';
    case 'missing':
      return 'there is none';
    default:
      return got.reason ?? 'no answer';
  }
}
