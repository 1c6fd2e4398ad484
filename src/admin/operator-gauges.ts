import { type Aggregator, Gauge, type Registry } from 'prom-client';
import type { EndpointStatus } from '../elasticsearch/endpoint-health.ts';
import type { ChainState } from '../transform/runtime/live-chain.ts';
import type { Warning } from './warnings/flow-watch.ts';

/** Values for alerts that are read at each scrape. */
export interface OperatorGauges {
  /** Why the process is not ready, as `state_detail` of the status; null if it is. */
  notReady(): string | null;
  chain(): ChainState;
  endpoints(): readonly EndpointStatus[];
  warnings(): readonly Warning[];
  /** See {@link backlogSeconds}. */
  backlogSeconds(): number | null;
}

type RegisterGauge = <L extends string = never>(
  name: string,
  help: string,
  labelNames: L[],
  aggregator: Aggregator,
  collect: (this: Gauge<L>) => void,
) => void;

/** Registers them. A supervisor merges those of its workers by the given aggregator. */
export function registerOperatorGauges(registry: Registry, prefix: string, gauges: OperatorGauges): void {
  const gauge: RegisterGauge = (name, help, labelNames, aggregator, collect) =>
    registry.registerMetric(
      new Gauge({ name: `${prefix}${name}`, help, labelNames, registers: [], collect, aggregator }),
    );
  registerWarnings(gauge, gauges);
  gauge(
    'not_ready',
    '1 with the cause why the process is not ready; absent while it is. Unlike `held` it includes outages.',
    ['cause'],
    'max',
    function collectNotReady() {
      const cause = gauges.notReady();
      this.reset();
      if (cause !== null) this.set({ cause }, 1);
    },
  );
  gauge(
    'transforms_reload_failed',
    '1 while the last reload of the transforms has failed: older ones are in use than those on disk; else 0.',
    [],
    'max',
    function collectReload() {
      this.set(gauges.chain().failedReload === null ? 0 : 1);
    },
  );
  gauge(
    'transforms_loaded_timestamp_seconds',
    'When the transforms in use were loaded, since the epoch.',
    [],
    'min',
    function collectLoaded() {
      this.set(gauges.chain().loaded.at / 1000);
    },
  );
  gauge(
    'elasticsearch_endpoint_up',
    '1 while the endpoint answers, 0 while it fails; absent before its first answer.',
    ['endpoint'],
    'min',
    function collectEndpoints() {
      this.reset();
      for (const { url, state } of gauges.endpoints())
        if (state !== 'unknown') this.set({ endpoint: url }, state === 'ok' ? 1 : 0);
    },
  );
  gauge(
    'kafka_backlog_seconds',
    'Age of the oldest record that is not read or not settled; absent while it is unknown.',
    [],
    'max',
    function collectBacklog() {
      const seconds = gauges.backlogSeconds();
      this.reset();
      if (seconds === null) this.remove();
      else this.set(seconds);
    },
  );
}

function registerWarnings(gauge: RegisterGauge, gauges: OperatorGauges): void {
  gauge(
    'warning',
    '1 for each cause of a warning in the status, with its transform or an empty text; absent without one.',
    ['cause', 'transform'],
    'max',
    function collectWarnings() {
      this.reset();
      for (const { cause, transform } of gauges.warnings())
        this.set({ cause, transform: transform ?? '' }, 1);
    },
  );
}
