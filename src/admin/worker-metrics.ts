import { Gauge, Registry } from 'prom-client';
import { registerTotals } from './gauges.ts';
import { registerProcess } from './process-metrics.ts';
import type { MetricJson, VectorLabels } from './vector-labels.ts';

/** Merged by the first value, which is the supervisor's: the one by which restarts are noticed. */
const START_TIME = 'process_start_time_seconds';

/** What a supervisor knows of its workers. */
interface WorkerSources {
  /** Workers that run, and all of them. */
  running(): number;
  configured(): number;
  /** Starts of workers after an exit. */
  restarts(): number;
}

/** The metrics of a supervisor, beside the merged ones of its workers. */
export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #labels: VectorLabels | null;

  constructor(prefix: string, sources: WorkerSources, labels: VectorLabels | null) {
    this.#labels = labels;
    const restarts = 'Starts of a worker after its process has exited.';
    registerTotals(this.registry, `${prefix}worker_restarts_total`, restarts, [], () => [
      [{}, sources.restarts()],
    ]);
    const workers = new Gauge({
      name: `${prefix}workers`,
      help: 'Workers by state.',
      labelNames: ['state'],
      registers: [],
      collect() {
        const running = sources.running();
        this.set({ state: 'running' }, running);
        this.set({ state: 'down' }, sources.configured() - running);
      },
    });
    this.registry.registerMetric(workers);
    registerProcess(this.registry, prefix);
  }

  async json(): Promise<MetricJson[]> {
    const values: MetricJson[] = (await this.registry.getMetricsAsJSON()).map((metric) =>
      metric.name.endsWith(START_TIME) ? { ...metric, aggregator: 'first' } : metric,
    );
    return this.#labels === null ? values : this.#labels.label(values, performance.now());
  }
}
