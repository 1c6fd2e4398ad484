import { AggregatorRegistry } from 'prom-client';
import { type PartitionStatus, type Status, sumOrNull } from '../admin/status.ts';
import {
  mergedChain,
  mergedDeadLetters,
  mergedEndpoints,
  mergedOldest,
  mergedWarnings,
  maxOf,
} from './merge-details.ts';
import type { MetricsSource } from '../admin/metrics.ts';
import type { Report } from './messages.ts';

/** A worker as the supervisor sees it. */
export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number | null;
  /** `silent`: the process runs and does not answer; `down`: it waits for its restart. */
  readonly state: Status['state'] | 'starting' | 'silent' | 'down';
  readonly reason: string | null;
  readonly restarts: number;
}

export type MergedStatus = Omit<Status, 'kafka'> & {
  readonly kafka: Omit<Status['kafka'], 'partitions'> & {
    readonly partitions: readonly (PartitionStatus & { worker: number })[];
  };
  readonly workers: readonly WorkerStatus[];
};

type Metrics = Report['metrics'];

/** Why the instance is not ready: the reason of the first worker that is not; null if all workers are. */
export function notReadyOf(workers: readonly WorkerStatus[]): string | null {
  const first = workers.find(({ state }) => state !== 'running');
  if (first === undefined) return null;
  return `worker ${first.worker}: ${first.reason ?? first.state}`;
}

/**
 * Merges the status of all workers into the shape of a single process's status.
 *
 * @param reports by worker number, of the workers that have reported
 * @param exited counts of processes that have exited, also in `exitedTransforms`
 * @param exitedDeadLetters their dead letters
 */
export function mergeStatuses(
  reports: ReadonlyMap<number, Status>,
  workers: readonly WorkerStatus[],
  exited: Partial<Status['records']>,
  own: Pick<Status, 'version' | 'pid' | 'uptime_seconds' | 'has_started'> & { stopping: boolean } & Pick<
      Status['kafka'],
      'group' | 'topics'
    >,
  exitedTransforms: Status['transforms'] = [],
  exitedDeadLetters: Status['dead_letters'] = [],
): MergedStatus {
  const { stopping, group, topics, ...process } = own;
  const all = [...reports.values()];
  const reason = stopping ? 'stopping' : notReadyOf(workers);
  const failing = all.find(({ elasticsearch }) => elasticsearch.state !== 'ok');
  const partitions = [...reports].flatMap(([worker, { kafka }]) =>
    kafka.partitions.map((partition) => ({ ...partition, worker })),
  );
  return {
    ...process,
    state: stopping ? 'stopping' : reason === null ? 'running' : 'held',
    state_detail: stopping ? 'stopping' : detailOf(reports, workers),
    reason,
    chain: mergedChain(all),
    kafka: {
      connected: all.length > 0 && all.every(({ kafka }) => kafka.connected),
      reason: kafkaReasonOf(reports),
      // The oldest contact of all workers.
      last_contact:
        all.map(({ kafka }) => kafka.last_contact).sort((a, b) => (a ?? '').localeCompare(b ?? ''))[0] ??
        null,
      group,
      topics,
      paused: [...new Set(all.flatMap(({ kafka }) => kafka.paused))],
      lag: sumOrNull(all.map(({ kafka }) => kafka.lag)),
      backlog_seconds: maxOf(all.map(({ kafka }) => kafka.backlog_seconds)),
      partitions,
    },
    elasticsearch: {
      ...(failing?.elasticsearch ??
        all[0]?.elasticsearch ?? { state: 'unknown', reason: null, since: null, next_try: null }),
      ...identityOf(all),
      endpoints: mergedEndpoints(all),
    },
    dead_letters: mergedDeadLetters([exitedDeadLetters, ...all.map(({ dead_letters }) => dead_letters)]),
    oldest_unsettled: mergedOldest(all),
    holds: all.flatMap(({ holds }) => holds),
    reject_storm: all.find(({ reject_storm }) => reject_storm !== null)?.reject_storm ?? null,
    warnings: mergedWarnings(all),
    records: addRecords([exited, ...all.map(({ records }) => records)]),
    buffer: {
      bytes: sum(all.map(({ buffer }) => buffer.bytes)),
      max_bytes: sum(all.map(({ buffer }) => buffer.max_bytes)),
    },
    transforms: transformsOf(all, exitedTransforms),
    workers,
  };
}

/** Of the first worker that knows the version, else of the first that knows the product. */
function identityOf(all: readonly Status[]): Pick<Status['elasticsearch'], 'product' | 'version'> {
  const known = all.map(({ elasticsearch }) => elasticsearch).filter(({ product }) => product !== null);
  const { product = null, version = null } = known.find((one) => one.version !== null) ?? known[0] ?? {};
  return { product, version };
}

function detailOf(
  reports: ReadonlyMap<number, Status>,
  workers: readonly WorkerStatus[],
): Status['state_detail'] {
  const first = workers.find(({ state }) => state !== 'running');
  if (first === undefined) return 'running';
  const { state } = first;
  if (state === 'starting' || state === 'silent' || state === 'down') return `worker_${state}`;
  return reports.get(first.worker)?.state_detail ?? 'worker_silent';
}

function kafkaReasonOf(reports: ReadonlyMap<number, Status>): string | null {
  const [worker, status] = [...reports].find(([, { kafka }]) => kafka.reason !== null) ?? [];
  return status === undefined ? null : `worker ${worker}: ${status.kafka.reason}`;
}

/** Sums by name. */
export function addRecords(counts: readonly Partial<Status['records']>[]): Status['records'] {
  const total: Status['records'] = {
    received: 0,
    in_flight: 0,
    skipped: 0,
    dropped: 0,
    indexed: 0,
    failure_store: 0,
    dead_lettered: 0,
    returned: 0,
  };
  for (const one of counts) {
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += one[name] ?? 0;
  }
  return total;
}

/** Names of transforms, over all reloads. */
const TRANSFORMS_MAX = 200;

/** Sums the counts of transforms by name, in the order in which they first appear. */
export function addTransforms(lists: readonly Status['transforms'][]): Status['transforms'] {
  const total = new Map<string, Status['transforms'][number]>();
  for (const one of lists.flat()) {
    const known = total.get(one.name);
    if (known === undefined && total.size >= TRANSFORMS_MAX) continue;
    total.set(one.name, {
      name: one.name,
      in: (known?.in ?? 0) + one.in,
      out: (known?.out ?? 0) + one.out,
      dropped: (known?.dropped ?? 0) + one.dropped,
      failed: (known?.failed ?? 0) + one.failed,
      seconds: (known?.seconds ?? 0) + one.seconds,
    });
  }
  return [...total.values()];
}

/** Exited processes may have had transforms that no chain has now. */
function transformsOf(reports: readonly Status[], exited: Status['transforms']): Status['transforms'] {
  const running = addTransforms(reports.map(({ transforms }) => transforms));
  const names = new Set(running.map(({ name }) => name));
  return addTransforms([running, exited.filter(({ name }) => names.size === 0 || names.has(name))]);
}

/** The counts of a process that has exited. Its records in flight are returned: Kafka delivers them again. */
export function recordsOfExited({ records }: Status): Status['records'] {
  return { ...records, in_flight: 0, returned: records.returned + records.in_flight };
}

/**
 * Sums the metrics of all workers, under the names and labels of a single process. A gauge that is not a
 * count is merged by its own aggregator: the age of the oldest record by the maximum, for instance.
 */
export function mergeMetrics(metrics: readonly Metrics[]): MetricsSource {
  return AggregatorRegistry.aggregate([...metrics]);
}

/** The counters of exited processes. Without them a restart of one worker would look like a reset of all. */
export async function countsOf(metrics: readonly Metrics[]): Promise<Metrics> {
  const merged = await AggregatorRegistry.aggregate([...metrics]).getMetricsAsJSON();
  return merged.filter(({ type }) => isCount(type));
}

/** At run time prom-client's type is a word; its declarations say a number. */
function isCount(type: unknown): boolean {
  return type === 'counter' || type === 'histogram';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
