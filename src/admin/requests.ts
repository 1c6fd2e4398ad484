import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** Sizes and latencies of bulk requests, over the last minute; null without a request in it. */
export interface Requests {
  /** Documents of a request, on average. */
  readonly documents: number | null;
  /** From sending a request to its answer, on average. */
  readonly seconds: number | null;
  /** From the Kafka timestamp of a record to its acknowledgement, estimated from the histogram. */
  readonly end_to_end_p50_seconds: number | null;
  readonly end_to_end_p95_seconds: number | null;
}

/** Cumulative, as in `/metrics`. */
export interface RequestTotals {
  readonly documents: number;
  readonly count: number;
  readonly seconds: number;
  /** Observations up to each bound in seconds, the last one is infinite; ascending. */
  readonly endToEnd: readonly (readonly [bound: number, count: number])[];
}

type Metric = MetricObjectWithValues<MetricValue<string>>;

/** @param prefix `admin.metrics_prefix` */
export function requestTotals(metrics: readonly Metric[], prefix: string): RequestTotals {
  const valuesOf = (name: string): (MetricValue<string> & { metricName?: string })[] =>
    metrics.find((metric) => metric.name === `${prefix}${name}`)?.values ?? [];
  const rtt = valuesOf('http_client_rtt_seconds');
  const part = (suffix: string): number =>
    sum(rtt.filter(({ metricName }) => metricName?.endsWith(suffix) === true));
  const buckets = valuesOf('end_to_end_seconds').filter(({ labels }) => labels['le'] !== undefined);
  return {
    documents: sum(valuesOf('component_sent_events_total')),
    count: part('_count'),
    seconds: part('_sum'),
    endToEnd: buckets.map(({ labels, value }): [number, number] => [boundOf(labels['le']), value]),
  };
}

export function requestsBetween(before: RequestTotals, now: RequestTotals): Requests {
  const count = now.count - before.count;
  const perRequest = (total: number): number | null => (count > 0 ? Math.max(0, total) / count : null);
  const buckets = now.endToEnd.map(([bound, total]): [number, number] => {
    const [, earlier = 0] = before.endToEnd.find(([one]) => one === bound) ?? [];
    return [bound, total - earlier];
  });
  return {
    documents: perRequest(now.documents - before.documents),
    seconds: perRequest(now.seconds - before.seconds),
    end_to_end_p50_seconds: quantile(buckets, 0.5),
    end_to_end_p95_seconds: quantile(buckets, 0.95),
  };
}

/** Linear within a bucket, as Prometheus' `histogram_quantile`. */
function quantile(buckets: readonly (readonly [number, number])[], ratio: number): number | null {
  const all = buckets.at(-1)?.[1] ?? 0;
  if (all <= 0) return null;
  const rank = ratio * all;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of buckets) {
    if (count >= rank)
      return bound === Infinity ? lower : between(lower, bound, (rank - below) / (count - below));
    lower = bound;
    below = count;
  }
  return lower;
}

function between(lower: number, upper: number, ratio: number): number {
  return lower + (upper - lower) * ratio;
}

function boundOf(label: string | number | undefined): number {
  return label === '+Inf' ? Infinity : Number(label);
}

function sum(values: readonly { readonly value: number }[]): number {
  return values.reduce((total, { value }) => total + value, 0);
}
