import { Beginning } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { BlockInfo } from '../pipeline/blocked-records.ts';
import type { Consumer } from '../kafka/consumer/consumer.ts';
import type { KafkaState } from '../kafka/consumer/watch.ts';
import { waitsFor } from '../kafka/consumer/open-transactions.ts';
import { pauseReason } from '../kafka/consumer/pauses.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Outcome } from '../pipeline/outcome.ts';
import { version } from '../version.ts';
import type { RejectionAlert } from '../pipeline/rejection-rate.ts';
import type { TransformTotals } from '../transform/runtime/transform-counts.ts';
import { backlogSeconds } from '../kafka/consumer/backlog.ts';
import type { OwnedPartition } from '../kafka/consumer/assignment.ts';
import type { Identity } from '../elasticsearch/product.ts';
import type { EndpointStatus } from '../elasticsearch/endpoint-health.ts';
import type { ChainState } from '../transform/runtime/live-chain.ts';
import type { DeadLetterCount } from './dead-letter-reports.ts';
import type { Metrics } from './metrics.ts';
import type { Warning } from './warnings/flow-watch.ts';
import type { ElasticsearchState, NotReadyCause, notReady } from './readiness.ts';

const HOLDS_SHOWN = 100;

interface StatusSources {
  readonly started: Beginning;
  readonly stopping: boolean;
  readonly hasStarted: boolean;
  readonly notReady: ReturnType<typeof notReady>;
  readonly config: Config;
  readonly consumer: Consumer;
  readonly kafka: KafkaState;
  readonly pipeline: Pipeline;
  readonly elasticsearch: ElasticsearchState;
  readonly server: Identity | null;
  readonly endpoints: readonly EndpointStatus[];
  /** In ms since the epoch. */
  readonly nextTry: number | null;
  readonly deadLetters: readonly DeadLetterCount[];
  readonly chain: ChainState;
  readonly holds: readonly BlockInfo[];
  readonly rejectionAlert: RejectionAlert | null;
  readonly warnings: readonly Warning[];
  /** Of the chain in use, in order. */
  readonly transforms: readonly TransformTotals[];
  readonly metrics: Metrics;
}

/** The JSON of `/api/status`: the state, what blocks delivery, the lag. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly uptime_seconds: number;
  /** `held` means not ready, by any cause; `state_detail` tells an outage from blocked records. */
  readonly state: 'running' | 'held' | 'stopping';
  readonly state_detail: 'running' | NotReadyCause | `worker_${'starting' | 'silent' | 'down'}`;
  readonly reason: string | null;
  /** Whether both servers have answered since the start, as `/health/started` reports. */
  readonly has_started: boolean;
  /** The transforms in use; `failed_reload` is null if they are those on disk. */
  readonly chain: {
    readonly loaded_at: string;
    readonly hash: string;
    readonly failed_reload: { readonly at: string; readonly reason: string } | null;
  };
  readonly kafka: {
    /** Whether brokers answer. */
    readonly connected: boolean;
    /** Why records cannot be consumed; null if they can. */
    readonly reason: string | null;
    /** When a broker last answered; null before the first connection. */
    readonly last_contact: string | null;
    readonly group: string;
    readonly topics: readonly string[];
    readonly paused: readonly string[];
    /** Null while unknown. */
    readonly lag: number | null;
    /** Age of the oldest record that is not read or not settled; null while unknown. */
    readonly backlog_seconds: number | null;
    readonly partitions: readonly PartitionStatus[];
  };
  readonly elasticsearch: {
    /** Null until a server has shown it, as the version. */
    readonly product: Identity['product'] | null;
    readonly version: string | null;
    readonly state: ElasticsearchState['state'];
    readonly reason: string | null;
    /** ISO 8601, as all times here; null while the state is `ok`. */
    readonly since: string | null;
    readonly endpoints: readonly EndpointStatus[];
    /** When the next request is sent while the state is `outage` or `hold`; null while one is open. */
    readonly next_try: string | null;
  };
  /** Causes that block records until an operator acts; `held` counts them. */
  readonly holds: readonly (Omit<BlockInfo, 'since'> & { readonly since: string })[];
  /** The most frequent reasons since the start. */
  readonly dead_letters: readonly DeadLetterCount[];
  /** The received and unsettled record with the lowest timestamp. */
  readonly oldest_unsettled: OldestUnsettled | null;
  readonly reject_storm: (Pick<RejectionAlert, 'reason'> & { readonly since: string }) | null;
  /** Faults with which events still flow. */
  readonly warnings: readonly Warning[];
  readonly records: Record<'received' | 'in_flight' | Outcome, number>;
  readonly buffer: { readonly bytes: number; readonly max_bytes: number };
  /** Of the chain in use, in order; counts since the start. */
  readonly transforms: readonly TransformTotals[];
}

interface OldestUnsettled {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Age by its Kafka timestamp. */
  readonly seconds: number;
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
  readonly watermark: number;
  readonly position: number;
  readonly lag: number | null;
  readonly unsettled: number;
  readonly paused: boolean;
  /** The first reason; reasons of all partitions come before those of this one. Null if not paused. */
  readonly pause_reason: string | null;
  /** The open transaction that hides written records, which no lag counts; null without one. */
  readonly waits_for: string | null;
}

export function statusOf(sources: StatusSources): Status {
  const { config, consumer, kafka, pipeline, elasticsearch, metrics } = sources;
  const now = new Beginning().at;
  const partitions = consumer.assignment.inOrder().map((owned) => ({
    topic: owned.topic,
    partition: owned.partition,
    committed: owned.committed,
    watermark: owned.watermark,
    position: owned.position,
    lag: owned.lag ?? null,
    unsettled: owned.unsettled,
    paused: owned.paused,
    pause_reason: owned.paused ? (consumer.pauses[0] ?? pauseReason(owned)) : null,
    waits_for: owned.openTransaction === null ? null : waitsFor(owned.openTransaction),
  }));
  return {
    version,
    pid: process.pid,
    uptime_seconds: Math.round(sources.started.seconds),
    state: sources.stopping ? 'stopping' : sources.notReady === null ? 'running' : 'held',
    state_detail: sources.notReady?.cause ?? 'running',
    reason: sources.notReady?.reason ?? null,
    has_started: sources.hasStarted,
    chain: chainOf(sources.chain),
    kafka: {
      connected: kafka.connected,
      reason: kafka.reason,
      last_contact: isoOf(kafka.lastContact),
      group: config.kafka.group_id,
      topics: config.kafka.topics,
      paused: consumer.pauses,
      lag: kafka.connected ? sumOrNull(partitions.map(({ lag }) => lag)) : null,
      backlog_seconds: rounded(backlogSeconds(consumer.assignment.all(), now)),
      partitions,
    },
    elasticsearch: {
      product: sources.server?.product ?? null,
      version: sources.server?.version ?? null,
      state: elasticsearch.state,
      reason: elasticsearch.reason,
      since: elasticsearch.state === 'ok' ? null : new Date(elasticsearch.since).toISOString(),
      endpoints: sources.endpoints,
      next_try: isoOf(sources.nextTry),
    },
    holds: sources.holds
      .slice(0, HOLDS_SHOWN)
      .map((hold) => ({ ...hold, since: new Date(hold.since).toISOString() })),
    dead_letters: sources.deadLetters,
    oldest_unsettled: oldestOf(consumer.assignment.all(), now),
    reject_storm:
      sources.rejectionAlert === null
        ? null
        : {
            reason: sources.rejectionAlert.reason,
            since: new Date(sources.rejectionAlert.began.at).toISOString(),
          },
    warnings: sources.warnings,
    records: { received: metrics.receivedCount, in_flight: pipeline.inFlight, ...metrics.outcomeCounts() },
    buffer: { bytes: pipeline.budget.usedBytes, max_bytes: pipeline.budget.maxBytes },
    transforms: sources.transforms,
  };
}

function chainOf({ loaded, hash, failedReload }: ChainState): Status['chain'] {
  return {
    loaded_at: new Date(loaded.at).toISOString(),
    hash,
    failed_reload:
      failedReload === null
        ? null
        : { at: new Date(failedReload.began.at).toISOString(), reason: failedReload.reason },
  };
}

function oldestOf(partitions: readonly OwnedPartition[], now: number): OldestUnsettled | null {
  let found: { settlement: NonNullable<OwnedPartition['oldest']>; timestamp: number } | null = null;
  for (const { oldest } of partitions) {
    const timestamp = oldest?.record.timestamp ?? -1;
    if (oldest !== undefined && timestamp >= 0 && timestamp < (found?.timestamp ?? Infinity))
      found = { settlement: oldest, timestamp };
  }
  if (found === null) return null;
  const { topic, partition } = found.settlement.partition;
  const seconds = rounded(Math.max(0, now - found.timestamp) / 1000) ?? 0;
  return { topic, partition, offset: found.settlement.offset, seconds };
}

function isoOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

function rounded(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 10) / 10;
}

/** The sum; null if a value is unknown. */
export function sumOrNull(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value),
    0,
  );
}
