import { hostname } from 'node:os';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Config } from '../config/schema.ts';

/**
 * Vector's labels, for its dashboards: each metric gets those of the component that it describes, and the
 * counts of events, bytes and errors get one series for each component. Pure but for the utilization, which
 * needs the values of the last reading.
 */

/** `metricName` is set for the series of a histogram. */
type Value = MetricValue<string> & { readonly metricName?: string };
export type MetricJson = MetricObjectWithValues<Value>;
type Labels = Value['labels'];

/** With this prefix the metrics have Vector's labels. */
const VECTOR_PREFIX = 'vector_';

/** Metrics of the source; those of the process follow, and all others are of the sink. */
const SOURCE = /^(component_received_|kafka_|source_lag_)/;
const PROCESS = /^(uptime_seconds|build_info|started_total|memory_limit_bytes|process_|nodejs_|open_files$)/;
const TRANSFORM = /^transform_/;

/** Metrics of Vector that are another of ours by another name. */
const ALIASES: Readonly<Record<string, string>> = {
  component_received_event_bytes_total: 'component_received_bytes_total',
  buffer_events: 'in_flight_records',
  buffer_size_events: 'in_flight_records',
  buffer_byte_size: 'buffer_size_bytes',
  buffer_max_byte_size: 'buffer_max_size_bytes',
  open_files: 'process_open_fds',
};

/** Where the series of the other components come from: Vector's metric, ours, its component. */
const FURTHER: readonly (readonly [string, string, 'source' | 'transform' | 'sink'])[] = [
  ['component_received_events_total', 'transform_received_events_total', 'transform'],
  ['component_received_events_total', 'documents_rendered_total', 'sink'],
  ['component_received_event_bytes_total', 'documents_rendered_bytes_total', 'sink'],
  ['component_sent_events_total', 'component_received_events_total', 'source'],
  ['component_sent_events_total', 'transform_sent_events_total', 'transform'],
  ['component_sent_event_bytes_total', 'component_received_bytes_total', 'source'],
];

interface LabelOptions {
  /** `admin.component_ids`. */
  readonly ids: Config['admin']['component_ids'];
  readonly host: string;
}

/** @returns null if the configuration does not ask for Vector's labels */
export function vectorLabelsOf(admin: Config['admin']): VectorLabels | null {
  if (admin.metrics_prefix !== VECTOR_PREFIX) return null;
  return new VectorLabels({ ids: admin.component_ids, host: hostname() });
}

/** Adds Vector's labels to metrics with the prefix {@link VECTOR_PREFIX}. */
export class VectorLabels {
  readonly #ids: LabelOptions['ids'];
  readonly #host: string;
  readonly #utilization = new Utilization();

  constructor({ ids, host }: LabelOptions) {
    this.#ids = ids;
    this.#host = host;
  }

  /** @param now in ms, by a monotonic clock */
  label(metrics: readonly MetricJson[], now: number): MetricJson[] {
    const named = new Map(metrics.map((metric) => [metric.name.slice(VECTOR_PREFIX.length), metric]));
    const labelled = new Map<string, MetricJson>();
    for (const [name, metric] of named) labelled.set(name, this.#labelled(name, metric));
    for (const [alias, name] of Object.entries(ALIASES)) {
      const metric = named.get(name);
      if (metric !== undefined) labelled.set(alias, this.#renamed(alias, metric));
    }
    for (const [target, origin, kind] of FURTHER) {
      const values = (named.get(origin)?.values ?? []).map((value) => this.#of(kind, value));
      labelled.get(target)?.values.push(...values);
    }
    this.#replace(labelled, 'component_discarded_events_total', this.#discarded(named));
    this.#replace(labelled, 'component_errors_total', this.#errors(named));
    labelled.get('utilization')?.values.push(...this.#utilizations(named, now));
    return [...labelled.values()];
  }

  #labelled(name: string, metric: MetricJson): MetricJson {
    const kind = PROCESS.test(name) ? 'process' : SOURCE.test(name) ? 'source' : 'sink';
    const values = metric.values.map((value) => {
      if (TRANSFORM.test(name)) return withLabels(this.#of('transform', value), value.labels);
      const labels = { ...value.labels, ...extraLabels(name, value.labels) };
      // The main thread is shared; Vector has no such component.
      const component =
        kind === 'process' ? { host: this.#host } : this.#component(name === 'utilization' ? 'source' : kind);
      return { ...value, labels: { ...labels, ...component } };
    });
    return { ...metric, values };
  }

  #renamed(alias: string, metric: MetricJson): MetricJson {
    const name = `${VECTOR_PREFIX}${alias}`;
    return { ...this.#labelled(alias, metric), name };
  }

  /** The value of a component's own series; the id identifies a transform there. */
  #of(kind: 'source' | 'transform' | 'sink', value: Value): Value {
    const { transform, policy: _policy, ...rest } = value.labels;
    const labels = kind === 'transform' ? this.#transform(String(transform)) : this.#component(kind);
    return { ...value, labels: { ...labels, ...rest } };
  }

  #component(kind: 'source' | 'sink'): Labels {
    const type = kind === 'source' ? 'kafka' : 'elasticsearch';
    return this.#labelsOf(kind, this.#ids[kind], type);
  }

  #transform(name: string): Labels {
    const use = name.replace(/#\d+$/, '');
    // What a user's own function is in Vector.
    const type = /^[a-z][a-z0-9-]*$/.test(use) ? use : 'remap';
    return this.#labelsOf('transform', this.#ids.transforms[name] ?? name, type);
  }

  #labelsOf(kind: string, id: string, type: string): Labels {
    return {
      component_id: id,
      component_name: id,
      component_kind: kind,
      component_type: type,
      host: this.#host,
    };
  }

  /** `intentional` says whether the user's own filter dropped an event, or an error. */
  #discarded(named: ReadonlyMap<string, MetricJson>): Value[] {
    const values: Value[] = [];
    for (const value of named.get('transform_dropped_events_total')?.values ?? [])
      values.push(withLabels(this.#of('transform', value), { intentional: 'true' }));
    for (const value of named.get('transform_errors_total')?.values ?? [])
      if (value.labels['policy'] === 'drop')
        values.push(withLabels(this.#of('transform', value), { intentional: 'false' }));
    for (const value of named.get('documents_dropped_by_pipeline_total')?.values ?? [])
      values.push(withLabels(this.#of('sink', value), { intentional: 'true' }));
    // The sink never drops what it cannot deliver; the series shows that.
    values.push({ value: 0, labels: { ...this.#component('sink'), intentional: 'false' } });
    return values;
  }

  /** Each error belongs to the component of its stage; the failures of each transform are counted there. */
  #errors(named: ReadonlyMap<string, MetricJson>): Value[] {
    const failed = (named.get('transform_failed_events_total')?.values ?? []).map((value) =>
      withLabels(this.#of('transform', value), { error_type: 'conversion_failed', stage: 'processing' }),
    );
    const others = (named.get('component_errors_total')?.values ?? [])
      .filter(({ labels }) => labels['error_type'] !== 'conversion_failed')
      .map((value) => this.#of(value.labels['stage'] === 'sending' ? 'sink' : 'source', value));
    return [...others, ...failed];
  }

  #replace(labelled: Map<string, MetricJson>, name: string, values: Value[]): void {
    const metric = labelled.get(name);
    if (metric !== undefined) labelled.set(name, { ...metric, values });
  }

  #utilizations(named: ReadonlyMap<string, MetricJson>, now: number): Value[] {
    const busy = new Map<string, Value>();
    for (const value of named.get('transform_seconds_total')?.values ?? [])
      busy.set(`transform ${String(value.labels['transform'])}`, this.#of('transform', value));
    const waited = named.get('http_client_rtt_seconds')?.values ?? [];
    const sum = waited.find(({ metricName }) => metricName?.endsWith('_sum') === true);
    if (sum !== undefined) busy.set('sink', { value: sum.value, labels: this.#component('sink') });
    return this.#utilization.of(busy, now);
  }
}

/** Shares of the time between two readings. */
class Utilization {
  #at = 0;
  #shares = new Map<string, number>();
  #seconds = new Map<string, number>();

  /** @param busy for each component its seconds since the start */
  of(busy: ReadonlyMap<string, Value>, now: number): Value[] {
    const elapsed = (now - this.#at) / 1000;
    // Several readers ask; a shorter time says little.
    if (elapsed >= 1) {
      const shareOf = ([key, { value }]: [string, Value]): [string, number] => [
        key,
        Math.min(1, Math.max(0, value - (this.#seconds.get(key) ?? 0)) / elapsed),
      ];
      this.#shares = new Map([...busy].map(shareOf));
      this.#seconds = new Map([...busy].map(([key, { value }]) => [key, value]));
      this.#at = now;
    }
    return [...busy].map(([key, value]) => ({ ...value, value: this.#shares.get(key) ?? 0 }));
  }
}

function extraLabels(name: string, labels: Labels): Labels {
  if (name === 'kafka_consumer_lag') return { topic_id: labels['topic'], partition_id: labels['partition'] };
  if (name.startsWith('buffer_')) return { buffer_type: 'memory', stage: '0' };
  if (/^http_client_(requests|responses)_/.test(name)) return { method: 'POST' };
  return {};
}

function withLabels(value: Value, labels: Labels): Value {
  return { ...value, labels: { ...value.labels, ...labels } };
}
