import type { Config } from '../config/schema.ts';
import type { OutageState } from '../elasticsearch/outage.ts';
import type { HoldInfo } from '../holds.ts';
import type { Consumer } from '../kafka/consumer.ts';
import type { Pipeline } from '../pipeline.ts';
import { version } from '../version.ts';
import type { Storm } from '../reject-storm.ts';
import type { Metrics } from './metrics.ts';

const HOLDS_SHOWN = 100;

export interface StatusParts {
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly stopping: boolean;
  readonly notReady: string | null;
  readonly config: Config;
  readonly consumer: Consumer;
  readonly pipeline: Pipeline;
  readonly outage: OutageState | null;
  readonly holds: readonly HoldInfo[];
  readonly storm: Storm | null;
  readonly metrics: Metrics;
}

/** What an operator asks first: is it running, what is in the way, how far behind is it. */
export function statusOf(parts: StatusParts): object {
  const { config, consumer, pipeline, outage, metrics } = parts;
  const partitions = consumer.assignment.all().map((owned) => ({
    topic: owned.topic,
    partition: owned.partition,
    committed: owned.committed,
    watermark: owned.watermark,
    position: owned.position,
    lag: owned.lag ?? null,
    unsettled: owned.unsettled,
    paused: owned.paused,
  }));
  return {
    version,
    pid: process.pid,
    uptime_seconds: Math.round((Date.now() - parts.started) / 1000),
    state: parts.stopping ? 'stopping' : parts.notReady === null ? 'running' : 'held',
    reason: parts.notReady,
    kafka: {
      connected: consumer.native !== null,
      group: config.kafka.group_id,
      topics: config.kafka.topics,
      paused: consumer.pauses,
      lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
      partitions,
    },
    elasticsearch: {
      state: outage === null ? 'ok' : outage.kind,
      reason: outage?.reason ?? null,
      since: outage === null ? null : new Date(outage.since).toISOString(),
    },
    holds: parts.holds
      .slice(0, HOLDS_SHOWN)
      .map((hold) => ({ ...hold, since: new Date(hold.since).toISOString() })),
    reject_storm:
      parts.storm === null ? null : { ...parts.storm, since: new Date(parts.storm.since).toISOString() },
    records: { received: metrics.receivedCount, in_flight: pipeline.inFlight, ...metrics.outcomeCounts() },
    buffer: { bytes: pipeline.budget.usedBytes, max_bytes: pipeline.budget.maxBytes },
  };
}
