import { AggregatorRegistry } from 'prom-client';
import { type PartitionStatus, type Status, sumOrNull } from '../admin/status.ts';
import type { MetricsText } from '../admin/metrics.ts';
import type { Report } from './messages.ts';

/** A worker as the supervisor sees it. */
export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number | null;
  /** `silent`: it runs and does not answer; `down`: it waits to be started again. */
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

/** Why the instance as a whole is not ready: the first worker that is not, by its number; null where all are. */
export function notReadyOf(workers: readonly WorkerStatus[]): string | null {
  const first = workers.find(({ state }) => state !== 'running');
  if (first === undefined) return null;
  return `worker ${first.worker}: ${first.reason ?? first.state}`;
}

/**
 * One status for all workers, in the shape of a single process's.
 *
 * @param reports by the worker's number, of those that have ever reported
 * @param departed counts of processes that have ended
 */
export function mergeStatuses(
  reports: ReadonlyMap<number, Status>,
  workers: readonly WorkerStatus[],
  departed: Partial<Status['records']>,
  own: Pick<Status, 'version' | 'pid' | 'uptime_seconds'> & { stopping: boolean } & Pick<
      Status['kafka'],
      'group' | 'topics'
    >,
): MergedStatus {
  const { stopping, group, topics, ...process } = own;
  const all = [...reports.values()];
  const reason = stopping ? 'stopping' : notReadyOf(workers);
  const outage = all.find(({ elasticsearch }) => elasticsearch.state !== 'ok');
  const partitions = [...reports].flatMap(([worker, { kafka }]) =>
    kafka.partitions.map((partition) => ({ ...partition, worker })),
  );
  return {
    ...process,
    state: stopping ? 'stopping' : reason === null ? 'running' : 'held',
    reason,
    kafka: {
      connected: all.length > 0 && all.every(({ kafka }) => kafka.connected),
      reason: kafkaReasonOf(reports),
      // Of the one that has heard nothing for the longest.
      last_contact:
        all.map(({ kafka }) => kafka.last_contact).sort((a, b) => (a ?? '').localeCompare(b ?? ''))[0] ??
        null,
      group,
      topics,
      paused: [...new Set(all.flatMap(({ kafka }) => kafka.paused))],
      lag: sumOrNull(all.map(({ kafka }) => kafka.lag)),
      partitions,
    },
    elasticsearch: outage?.elasticsearch ??
      all[0]?.elasticsearch ?? { state: 'unknown', reason: null, since: null },
    holds: all.flatMap(({ holds }) => holds),
    reject_storm: all.find(({ reject_storm }) => reject_storm !== null)?.reject_storm ?? null,
    records: addRecords([departed, ...all.map(({ records }) => records)]),
    buffer: {
      bytes: sum(all.map(({ buffer }) => buffer.bytes)),
      max_bytes: sum(all.map(({ buffer }) => buffer.max_bytes)),
    },
    workers,
  };
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

/** What remains of a process that has ended: its records, with those that it had in flight given back to Kafka. */
export function recordsOfEnded({ records }: Status): Status['records'] {
  return { ...records, in_flight: 0, returned: records.returned + records.in_flight };
}

/**
 * Sums of all workers, under the names and labels of a single process. What is a state and not a count is merged as its
 * metric says: the oldest record by the maximum, for one.
 */
export function mergeMetrics(metrics: readonly Metrics[]): MetricsText {
  return AggregatorRegistry.aggregate([...metrics]);
}

/** Of the metrics of processes that have ended only counts go on; without them a restart would look like a reset of all. */
export async function countsOf(metrics: readonly Metrics[]): Promise<Metrics> {
  const merged = await AggregatorRegistry.aggregate([...metrics]).getMetricsAsJSON();
  return merged.filter(({ type }) => isCount(type));
}

/** prom-client says the type as a word, and as a number in its types. */
function isCount(type: unknown): boolean {
  return type === 'counter' || type === 'histogram';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
