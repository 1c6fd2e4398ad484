import type { CircuitBreaker } from '../../elasticsearch/circuit-breaker.ts';
import type { Consumer } from '../../kafka/consumer/consumer.ts';
import type { Log } from '../../log.ts';
import type { LiveChain } from '../../transform/runtime/live-chain.ts';
import type { Metrics } from '../metrics.ts';
import { type ReadinessSources, notReady } from '../readiness.ts';
import { sumOrNull } from '../status.ts';
import { FlowWatch } from './flow-watch.ts';
import type { LagSample } from './lag-growth.ts';

/** Components whose counters the detectors read. */
interface WatchedComponents extends ReadinessSources {
  readonly circuitBreaker: CircuitBreaker;
  readonly consumer: Consumer;
  readonly metrics: Metrics;
}

/** @param all looks the components up, which do not exist yet */
export function createFlowWatch(log: Log, chain: LiveChain, all: () => WatchedComponents): FlowWatch {
  return new FlowWatch(log, {
    transforms: () => chain.current.totals(),
    pendingCalls: () => chain.counts.pending(),
    loadedAt: () => chain.state.loaded.at,
    lag: () => lagSample(all()),
    isElasticsearchAway: () => all().circuitBreaker.state !== null,
    isBlocked: () => notReady(all(), all().consumer.isStopping) !== null,
  });
}

/** Null if it is unknown. */
export function lagOf({ consumer, kafka }: Pick<WatchedComponents, 'consumer' | 'kafka'>): number | null {
  if (!kafka.state.connected) return null;
  return sumOrNull(consumer.assignment.all().map(({ lag }) => lag ?? null));
}

/** Records that wait to be aggregated are no lag that grows. */
function lagSample({ consumer, metrics, kafka }: WatchedComponents): LagSample {
  const owned = consumer.assignment.all();
  const lag = lagOf({ consumer, kafka });
  const waiting = owned.reduce((sum, one) => sum + one.waiting, 0);
  return {
    lag: lag === null ? null : Math.max(0, lag - waiting),
    ends: owned.reduce((sum, { highWatermark }) => sum + Math.max(0, highWatermark), 0),
    settled: Object.values(metrics.outcomeCounts()).reduce((sum, count) => sum + count, 0),
    partitions: owned
      .map(({ name }) => name)
      .sort()
      .join(),
  };
}
