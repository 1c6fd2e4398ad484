import { totalmem } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { Gauge, type Registry, collectDefaultMetrics } from 'prom-client';
import { version } from '../version.ts';

/** The shortest time between two measurements of the utilization: several readers ask. */
const MEASURE_MS = 1000;

/** Registers the metrics of the process: prom-client's default ones, build, uptime and memory limit. */
export function registerProcess(registry: Registry, prefix: string): void {
  collectDefaultMetrics({ register: registry, prefix });
  const build = new Gauge({
    name: `${prefix}build_info`,
    help: 'Always 1; the labels say which version runs.',
    labelNames: ['version', 'node_version', 'arch'],
    registers: [],
    aggregator: 'first',
  });
  build.set({ version, node_version: process.versions.node, arch: process.arch }, 1);
  const uptime = new Gauge({
    name: `${prefix}uptime_seconds`,
    help: 'Time since the start of the process.',
    registers: [],
    aggregator: 'max',
    collect() {
      this.set(process.uptime());
    },
  });
  const limit = new Gauge({
    name: `${prefix}memory_limit_bytes`,
    help: 'Memory that the container may use; absent without a limit. process_resident_memory_bytes is in use.',
    registers: [],
    aggregator: 'max',
    collect() {
      const bytes = memoryLimit();
      this.reset();
      if (bytes === null) this.remove();
      else this.set(bytes);
    },
  });
  for (const gauge of [uptime, limit]) registry.registerMetric(gauge);
  registry.registerMetric(build);
}

/** Registers the share of its time that the main thread works. */
export function registerUtilization(registry: Registry, prefix: string): void {
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  let measuredAt = performance.now();
  let share = 0;
  const gauge = new Gauge({
    name: `${prefix}utilization`,
    help: 'Share of its time that the main thread works, since the last reading: 0 to 1.',
    registers: [],
    aggregator: 'average',
    collect() {
      const now = performance.now();
      if (now - measuredAt >= MEASURE_MS) {
        const current = performance.eventLoopUtilization();
        share = performance.eventLoopUtilization(current, before).utilization;
        [before, measuredAt] = [current, now];
      }
      this.set(share);
    },
  });
  registry.registerMetric(gauge);
}

/** The limit of the control group in bytes; null if there is none. */
function memoryLimit(): number | null {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : null;
}
