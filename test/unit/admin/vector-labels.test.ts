import { describe, expect, it } from 'vitest';
import { Metrics } from '../../../src/admin/metrics.ts';
import { type MetricJson, VectorLabels } from '../../../src/admin/vector-labels.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { mergeMetrics } from '../../../src/workers/merge.ts';
import { idleGauges } from '../../support/idle-gauges.ts';
import { vectorDashboards } from '../../support/vector-dashboards.ts';

const ids = {
  source: 'kafka_in',
  transforms: { filter: 'drop_debug', './transforms/parse.ts': 'parse' } as Record<string, string>,
  sink: 'es_out',
};
const transforms = [
  { name: 'filter', in: 100, out: 60, dropped: 40, failed: 0, seconds: 0.5 },
  { name: './transforms/parse.ts', in: 60, out: 58, dropped: 0, failed: 2, seconds: 1.5 },
  { name: 'filter#2', in: 58, out: 58, dropped: 0, failed: 0, seconds: 0 },
];

function metricsWith(labels: VectorLabels | null, prefix = 'vector_'): Metrics {
  const partition = new OwnedPartition('logs', 3, 0, 5);
  partition.highWatermark = 12;
  const metrics = new Metrics(
    prefix,
    { ...idleGauges, partitions: () => [partition], transforms: () => transforms, inFlight: () => 9 },
    labels,
  );
  metrics.received(100, 5000);
  metrics.polled(Date.now());
  metrics.rendered(58, 2900);
  metrics.sent(50, 2500, false);
  metrics.transformError('./transforms/parse.ts', 'drop');
  metrics.transformError('./transforms/parse.ts', 'dead_letter');
  metrics.droppedByPipeline();
  metrics.rejected();
  metrics.undecodable();
  metrics.answered('ok', 4000);
  return metrics;
}

const labelled = (): Metrics => metricsWith(new VectorLabels({ ids, host: 'node-1' }));

/** The values of a metric by the given labels. */
async function valuesOf(metrics: Metrics, name: string, ...by: string[]): Promise<Record<string, number>> {
  const metric = (await metrics.json()).find((one) => one.name === `vector_${name}`);
  if (metric === undefined) throw new Error(`there is no ${name}`);
  return Object.fromEntries(
    metric.values.map(({ labels, value }) => [by.map((label) => String(labels[label])).join(' '), value]),
  );
}

describe('what dashboards for Vector ask for', () => {
  it.each(vectorDashboards)('$by: all names and labels are there', async ({ metrics: asked }) => {
    const json = await labelled().json();
    const missing = asked.flatMap(({ name, labels, kind }) => {
      const series = (json.find((one) => one.name === `vector_${name}`)?.values ?? []).filter(
        ({ labels: own }) => kind === undefined || own['component_kind'] === kind,
      );
      if (series.length === 0) return [`${name} of ${kind ?? 'any'}`];
      return series.flatMap(({ labels: own }) =>
        labels.filter((label) => own[label] === undefined).map((label) => `${name}: ${label}`),
      );
    });
    expect(missing).toEqual([]);
  });

  it('is not there with another prefix: names and labels are those of before', async () => {
    const text = await metricsWith(null, 'logweir_').text.metrics();
    expect(text).not.toContain('component_kind');
    expect(text).toContain('\nlogweir_component_received_events_total 100\n');
    expect(text).toContain('\nlogweir_component_discarded_events_total 0\n');
  });
});

describe('each component has its own series', () => {
  it('of events received and sent', async () => {
    expect(
      await valuesOf(labelled(), 'component_received_events_total', 'component_kind', 'component_id'),
    ).toEqual({
      'source kafka_in': 100,
      'transform drop_debug': 100,
      'transform parse': 60,
      'transform filter#2': 58,
      'sink es_out': 58,
    });
    expect(
      await valuesOf(labelled(), 'component_sent_events_total', 'component_kind', 'component_id'),
    ).toEqual({
      'source kafka_in': 100,
      'transform drop_debug': 60,
      'transform parse': 58,
      'transform filter#2': 58,
      'sink es_out': 50,
    });
  });

  it('of bytes', async () => {
    expect(await valuesOf(labelled(), 'component_received_event_bytes_total', 'component_id')).toEqual({
      kafka_in: 5000,
      es_out: 2900,
    });
    expect(await valuesOf(labelled(), 'component_sent_event_bytes_total', 'component_id')).toEqual({
      kafka_in: 5000,
      es_out: 2500,
    });
  });

  it('of types: a function of the user is a remap', async () => {
    const types = await valuesOf(
      labelled(),
      'transform_received_events_total',
      'component_id',
      'component_type',
    );
    expect(Object.keys(types)).toEqual(['drop_debug filter', 'parse remap', 'filter#2 filter']);
  });

  it('of discarded events: intentional ones of a filter, others of on_error: drop', async () => {
    const by = ['component_id', 'intentional'];
    expect(await valuesOf(labelled(), 'component_discarded_events_total', ...by)).toEqual({
      'drop_debug true': 40,
      'parse true': 0,
      'filter#2 true': 0,
      'parse false': 1,
      'es_out true': 1,
      'es_out false': 0,
    });
  });

  it('of errors, each where it happens', async () => {
    const by = ['component_id', 'error_type', 'stage'];
    const errors = await valuesOf(labelled(), 'component_errors_total', ...by);
    expect(errors).toMatchObject({
      'kafka_in reader_failed receiving': 0,
      'kafka_in parser_failed processing': 1,
      'parse conversion_failed processing': 2,
      'es_out request_failed sending': 1,
    });
    expect(Object.keys(errors).filter((key) => key.includes('conversion_failed'))).toHaveLength(3);
  });

  it('of the share of its time that it is busy, since the last reading', async () => {
    const labels = new VectorLabels({ ids, host: 'h' });
    const raw: MetricJson[] = await metricsWith(null).registry.getMetricsAsJSON();
    const shares = (now: number): Record<string, number> => {
      const metric = labels.label(raw, now).find(({ name }) => name === 'vector_utilization');
      return Object.fromEntries((metric?.values ?? []).map((one) => [one.labels['component_id'], one.value]));
    };
    expect(shares(2000)).toMatchObject({ drop_debug: 0.25, parse: 0.75, 'filter#2': 0, es_out: 1 });
    expect(shares(2500)).toMatchObject({ parse: 0.75 });
    expect(shares(4000)).toMatchObject({ parse: 0, es_out: 0 });
  });
});

it('lag has the labels of both, and a process has a host and no component', async () => {
  const lag = await valuesOf(
    labelled(),
    'kafka_consumer_lag',
    'topic',
    'partition',
    'topic_id',
    'partition_id',
  );
  expect(lag).toEqual({ 'logs 3 logs 3': 7 });
  const text = await labelled().text.metrics();
  expect(text).toMatch(/^vector_uptime_seconds\{host="node-1"\} [\d.]+$/m);
  expect(text).toMatch(/^vector_process_start_time_seconds\{host="node-1"\} \d+$/m);
  expect(text).toMatch(
    /^vector_http_client_rtt_seconds_bucket\{le="5",component_id="es_out",.*host="node-1"\} 1$/m,
  );
});

it('the metrics of workers add up by component, and states are not added', async () => {
  const merged = await mergeMetrics([await labelled().json(), await labelled().json()]).metrics();
  expect(merged).toMatch(/^vector_component_received_events_total\{component_id="parse",.*\} 120$/m);
  expect(merged).toMatch(/^vector_component_discarded_events_total\{.*component_id="drop_debug",.*\} 80$/m);
  expect(merged).toMatch(/^vector_build_info\{.*host="node-1"\} 1$/m);
  expect(merged).toMatch(/^vector_buffer_events\{.*component_id="es_out",.*\} 18$/m);
  expect(merged).toMatch(/^vector_utilization\{component_id="es_out",.*\} (0\.\d+|1)$/m);
  expect(merged).toMatch(/^vector_started_total\{host="node-1"\} 2$/m);
  const uptime = Number(/^vector_uptime_seconds\{.*\} ([\d.]+)$/m.exec(merged)?.[1]);
  expect(uptime).toBeLessThan(process.uptime() + 1);
});
