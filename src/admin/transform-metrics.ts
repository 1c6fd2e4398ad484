import type { Registry } from 'prom-client';
import type { TransformTotals } from '../transform/runtime/transform-counts.ts';
import { registerTotals } from './gauges.ts';

const counters = {
  transform_received_events_total: ['Events that a transform was given.', ({ in: received }) => received],
  transform_sent_events_total: ['Events that a transform returned.', ({ out }) => out],
  transform_dropped_events_total: [
    'Events for which a transform returned none. Those that it failed for are not included.',
    ({ dropped }) => dropped,
  ],
  transform_failed_events_total: [
    'Events for which a transform failed, whatever its `on_error` is.',
    ({ failed }) => failed,
  ],
  transform_seconds_total: [
    'Time in a transform, estimated from a sample of its calls. An asynchronous call counts until its result.',
    ({ seconds }) => seconds,
  ],
} as const satisfies Record<string, readonly [string, (totals: TransformTotals) => number]>;

/** Registers the counters of the transforms. They are read at each scrape. */
export function registerTransforms(
  registry: Registry,
  prefix: string,
  read: () => readonly TransformTotals[],
): void {
  for (const [name, [help, valueOf]] of Object.entries(counters))
    registerTotals(registry, `${prefix}${name}`, help, ['transform'], () =>
      read().map((totals) => [{ transform: totals.name }, valueOf(totals)]),
    );
}
