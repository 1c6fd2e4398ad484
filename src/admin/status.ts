import type { Beginning } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { OutageState } from '../elasticsearch/outage.ts';
import type { ReachabilityState } from '../elasticsearch/reachability.ts';
import type { HoldInfo } from '../holds.ts';
import type { Consumer } from '../kafka/consumer.ts';
import type { KafkaState } from '../kafka/watch.ts';
import { waitsFor } from '../kafka/open-transactions.ts';
import { pauseReason } from '../kafka/pauses.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Outcome } from '../settlement.ts';
import { version } from '../version.ts';
import type { Storm } from '../reject-storm.ts';
import type { Metrics } from './metrics.ts';

const HOLDS_SHOWN = 100;

/** Whether Elasticsearch takes documents, or at least answers. */
export interface ElasticsearchState {
  readonly state: ReachabilityState['state'] | OutageState['kind'];
  readonly reason: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface StatusParts {
  readonly started: Beginning;
  readonly stopping: boolean;
  readonly notReady: string | null;
  readonly config: Config;
  readonly consumer: Consumer;
  readonly kafka: KafkaState;
  readonly pipeline: Pipeline;
  readonly elasticsearch: ElasticsearchState;
  readonly holds: readonly HoldInfo[];
  readonly storm: Storm | null;
  readonly metrics: Metrics;
}

/** What an operator asks first: is it running, what is in the way, how far behind is it. The JSON of `/api/status`. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly uptime_seconds: number;
  readonly state: 'running' | 'held' | 'stopping';
  readonly reason: string | null;
  readonly kafka: {
    /** Whether brokers answer now. */
    readonly connected: boolean;
    /** Why records cannot be read, null where they can. */
    readonly reason: string | null;
    /** When a broker last answered; null before the first connection. */
    readonly last_contact: string | null;
    readonly group: string;
    readonly topics: readonly string[];
    readonly paused: readonly string[];
    /** Null while it is not known. */
    readonly lag: number | null;
    readonly partitions: readonly PartitionStatus[];
  };
  readonly elasticsearch: {
    readonly state: ElasticsearchState['state'];
    readonly reason: string | null;
    /** ISO 8601, as all times here; null while it is ok. */
    readonly since: string | null;
  };
  readonly holds: readonly (Omit<HoldInfo, 'since'> & { readonly since: string })[];
  readonly reject_storm: (Pick<Storm, 'reason'> & { readonly since: string }) | null;
  readonly records: Record<'received' | 'in_flight' | Outcome, number>;
  readonly buffer: { readonly bytes: number; readonly max_bytes: number };
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
  /** Why; of several reasons the first, and what holds for all partitions before what is this one's own. */
  readonly pause_reason: string | null;
  /** What keeps records back that are written, null where nothing does: no lag counts them. */
  readonly waits_for: string | null;
}

export function statusOf(parts: StatusParts): Status {
  const { config, consumer, kafka, pipeline, elasticsearch, metrics } = parts;
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
    uptime_seconds: Math.round(parts.started.seconds),
    state: parts.stopping ? 'stopping' : parts.notReady === null ? 'running' : 'held',
    reason: parts.notReady,
    kafka: {
      connected: kafka.connected,
      reason: kafka.reason,
      last_contact: kafka.lastContact === null ? null : new Date(kafka.lastContact).toISOString(),
      group: config.kafka.group_id,
      topics: config.kafka.topics,
      paused: consumer.pauses,
      lag: kafka.connected ? sumOrNull(partitions.map(({ lag }) => lag)) : null,
      partitions,
    },
    elasticsearch: {
      state: elasticsearch.state,
      reason: elasticsearch.reason,
      since: elasticsearch.state === 'ok' ? null : new Date(elasticsearch.since).toISOString(),
    },
    holds: parts.holds
      .slice(0, HOLDS_SHOWN)
      .map((hold) => ({ ...hold, since: new Date(hold.since).toISOString() })),
    reject_storm:
      parts.storm === null
        ? null
        : { reason: parts.storm.reason, since: new Date(parts.storm.began.at).toISOString() },
    records: { received: metrics.receivedCount, in_flight: pipeline.inFlight, ...metrics.outcomeCounts() },
    buffer: { bytes: pipeline.budget.usedBytes, max_bytes: pipeline.budget.maxBytes },
  };
}

/** The sum, or null where one of them is not known. */
export function sumOrNull(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value),
    0,
  );
}
