import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Gauges } from '../../../src/admin/gauges.ts';
import { counted } from '../../../src/admin/http-metrics.ts';
import { Metrics } from '../../../src/admin/metrics.ts';
import { type OperatorGauges, registerOperatorGauges } from '../../../src/admin/operator-gauges.ts';
import { WorkerMetrics } from '../../../src/admin/worker-metrics.ts';
import { Beginning } from '../../../src/clock.ts';
import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { idleGauges } from '../../support/idle-gauges.ts';
import { root } from '../../support/paths.ts';

type Changeable<T> = { -readonly [name in keyof T]: T[name] };
type Parts = { metrics: Metrics; gauges: Changeable<Gauges>; operator: Changeable<OperatorGauges> };

const operatorChain = { loaded: new Beginning(), hash: 'h', failedReload: null };

const TRANSFORM = { name: 'filter', in: 5, out: 3, dropped: 1, failed: 1, seconds: 0.25 };

async function answer(metrics: Metrics, one: Answer): Promise<void> {
  const transport = counted(
    { send: async () => one, refresh: () => {}, close: async () => {} },
    metrics.http,
  );
  await transport.send(Buffer.alloc(10), new AbortController().signal);
}

function owned(): OwnedPartition {
  const partition = new OwnedPartition('a', 0, 0, 5);
  partition.highWatermark = 12;
  return partition;
}

const failed: Answer = { failure: 'connect ECONNREFUSED' };
const transforms = ({ gauges }: Parts): void => void (gauges.transforms = () => [TRANSFORM]);
const blocked = {
  reason: 'r',
  since: 1,
  seconds: 3,
  records: 1,
  partitions: [],
  offset: null,
  record: null,
  message: null,
  action: '',
};

/** What makes each metric of docs/metrics.md move, and the sample that must then have the value. */
const moves: Record<string, readonly [(parts: Parts) => unknown, string, number]> = {
  buffer_max_size_bytes: [({ gauges }) => (gauges.bufferMaxBytes = () => 9), '', 9],
  buffer_received_bytes_total: [({ gauges }) => (gauges.bufferReceivedBytes = () => 8), '', 8],
  buffer_sent_bytes_total: [
    ({ gauges }) => Object.assign(gauges, { bufferReceivedBytes: () => 8, bufferBytes: () => 3 }),
    '',
    5,
  ],
  buffer_size_bytes: [({ gauges }) => (gauges.bufferBytes = () => 7), '', 7],
  bulk_requests_total: [({ metrics }) => metrics.answered('split', 1), '{outcome="split"}', 1],
  component_discarded_events_total: [({ metrics }) => metrics.settled('dropped', 4, -1), '', 4],
  component_errors_total: [transforms, '{error_type="conversion_failed",stage="processing"}', 1],
  component_received_bytes_total: [({ metrics }) => metrics.received(2, 300), '', 300],
  component_received_events_total: [({ metrics }) => metrics.received(2, 300), '', 2],
  component_sent_bytes_total: [async ({ metrics }) => answer(metrics, { status: 200, body: '' }), '', 10],
  component_sent_event_bytes_total: [({ metrics }) => metrics.sent(2, 99, false), '', 99],
  component_sent_events_total: [({ metrics }) => metrics.sent(2, 99, false), '', 2],
  dead_letters_total: [({ metrics }) => metrics.deadLettered('bad'), '{reason="bad"}', 1],
  documents_already_there_total: [({ metrics }) => metrics.sent(2, 99, true), '', 2],
  documents_dropped_by_pipeline_total: [({ metrics }) => metrics.droppedByPipeline(), '', 1],
  documents_rendered_bytes_total: [({ metrics }) => metrics.rendered(3, 40), '', 40],
  documents_rendered_total: [({ metrics }) => metrics.rendered(3, 40), '', 3],
  documents_retried_total: [({ metrics }) => metrics.retrying(6), '', 6],
  elasticsearch_endpoint_up: [
    ({ operator }) =>
      (operator.endpoints = () => [
        { url: 'http://e/', state: 'ok', reason: null, since: null, failures: 0 },
      ]),
    '{endpoint="http://e/"}',
    1,
  ],
  end_to_end_seconds: [({ metrics }) => metrics.settled('indexed', 1, Date.now()), '_count', 1],
  held: [({ gauges }) => (gauges.holds = () => [blocked]), '', 1],
  hold_seconds_total: [({ metrics }) => metrics.holdEnded(blocked), '{reason="r"}', 3],
  http_client_errors_total: [
    async ({ metrics }) => answer(metrics, failed),
    '{error_kind="connection_failed"}',
    1,
  ],
  http_client_requests_sent_total: [async ({ metrics }) => answer(metrics, failed), '', 1],
  http_client_responses_total: [
    async ({ metrics }) => answer(metrics, { status: 503, body: '' }),
    '{status="503"}',
    1,
  ],
  http_client_rtt_seconds: [({ metrics }) => metrics.answered('ok', 2000), '_sum', 2],
  in_flight_records: [({ gauges }) => (gauges.inFlight = () => 6), '', 6],
  kafka_backlog_seconds: [({ operator }) => (operator.backlogSeconds = () => 7), '', 7],
  kafka_connected: [
    ({ gauges }) => (gauges.kafka = () => ({ ...idleGauges.kafka(), connected: false })),
    '',
    0,
  ],
  kafka_consumer_lag: [({ gauges }) => (gauges.partitions = () => [owned()]), '{topic="a",partition="0"}', 7],
  kafka_last_contact_seconds: [
    ({ gauges }) => (gauges.kafka = () => ({ ...idleGauges.kafka(), silentSeconds: 4 })),
    '',
    4,
  ],
  kafka_rebalance_failures_total: [({ gauges }) => (gauges.rebalanceFailures = () => 2), '', 2],
  output_events_total: [({ metrics }) => metrics.outputEvents(3), '', 3],
  paused: [({ gauges }) => (gauges.pauses = () => ['shutdown']), '{reason="shutdown"}', 1],
  records_total: [({ metrics }) => metrics.settled('skipped', 2, -1), '{outcome="skipped"}', 2],
  not_ready: [({ operator }) => (operator.notReady = () => 'outage'), '{cause="outage"}', 1],
  reject_storm: [({ gauges }) => (gauges.rejectionAlert = () => ({}) as never), '', 1],
  source_lag_time_seconds: [({ metrics }) => metrics.polled(Date.now()), '_count', 1],
  transforms_loaded_timestamp_seconds: [
    ({ operator }) => (operator.chain = () => ({ ...operatorChain, loaded: { at: 5000 } as Beginning })),
    '',
    5,
  ],
  transforms_reload_failed: [
    ({ operator }) =>
      (operator.chain = () => ({ ...operatorChain, failedReload: { began: new Beginning(), reason: 'r' } })),
    '',
    1,
  ],
  transform_custom_total: [
    ({ metrics }) => metrics.transformCount('t', 'n', 2),
    '{transform="t",name="n"}',
    2,
  ],
  transform_dropped_events_total: [transforms, '{transform="filter"}', 1],
  transform_errors_total: [
    ({ metrics }) => metrics.transformError('t', 'keep'),
    '{transform="t",policy="keep"}',
    1,
  ],
  transform_failed_events_total: [transforms, '{transform="filter"}', 1],
  transform_received_events_total: [transforms, '{transform="filter"}', 5],
  transform_seconds_total: [transforms, '{transform="filter"}', 0.25],
  transform_sent_events_total: [transforms, '{transform="filter"}', 3],
  warning: [
    ({ operator }) =>
      (operator.warnings = () => [
        { cause: 'transform_drops_all', transform: 'filter', message: 'm', action: 'a', since: '' },
      ]),
    '{cause="transform_drops_all",transform="filter"}',
    1,
  ],
};

/** They move by themselves, or say what the machine is like: each has its own test below. */
const others = new Set([
  'build_info',
  'memory_limit_bytes',
  'oldest_unsettled_seconds',
  'started_total',
  'uptime_seconds',
  'utilization',
  'worker_restarts_total',
  'workers',
]);

async function samplesOf(registry: Pick<Metrics['registry'], 'metrics'>): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line): [string, number] => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space).replace('logweir_', ''), Number(line.slice(space + 1))];
    }),
  );
}

function parts(): Parts {
  const gauges = { ...idleGauges };
  // The registry asks the object at each scrape.
  const asked = Object.fromEntries(
    Object.keys(gauges).map((name) => [name, () => gauges[name as keyof Gauges]()]),
  ) as unknown as Gauges;
  const metrics = new Metrics('logweir_', asked);
  const operator: Changeable<OperatorGauges> = {
    notReady: () => null,
    chain: () => operatorChain,
    endpoints: () => [],
    warnings: () => [],
    backlogSeconds: () => null,
  };
  registerOperatorGauges(metrics.registry, 'logweir_', {
    notReady: () => operator.notReady(),
    chain: () => operator.chain(),
    endpoints: () => operator.endpoints(),
    warnings: () => operator.warnings(),
    backlogSeconds: () => operator.backlogSeconds(),
  });
  return { metrics, gauges, operator };
}

it('every metric of docs/metrics.md is moved by a test, and none is documented that is not there', () => {
  const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)` +\| (?:counter|gauge|histogram)/gm)].map(([, name]) =>
    String(name),
  );
  const names = [
    ...parts().metrics.registry.getMetricsAsArray(),
    ...new WorkerMetrics(
      'logweir_',
      { running: () => 0, configured: () => 0, restarts: () => 0 },
      null,
    ).registry.getMetricsAsArray(),
  ]
    .map(({ name }) => name.replace('logweir_', ''))
    .filter((name) => !/^(process|nodejs)_/.test(name));
  expect([...new Set(names)].toSorted()).toEqual([...Object.keys(moves), ...others].toSorted());
  expect(documented.toSorted()).toEqual([...new Set(names)].toSorted());
});

it.each(Object.entries(moves))('%s moves', async (name, [move, suffix, value]) => {
  const made = parts();
  const before = (await samplesOf(made.metrics.registry)).get(`${name}${suffix}`);
  await move(made);
  expect((await samplesOf(made.metrics.registry)).get(`${name}${suffix}`)).toBe(value);
  expect(before).not.toBe(value);
});

it('the kinds of errors are told apart', async () => {
  const made = parts();
  made.metrics.undecodable();
  made.metrics.rejected();
  made.gauges.kafkaErrors = () => 4;
  await answer(made.metrics, { status: 429, body: '' });
  await answer(made.metrics, failed);
  await answer(made.metrics, { failure: 'no answer within 20 ms' });
  const samples = await samplesOf(made.metrics.registry);
  expect(samples.get('component_sent_bytes_total')).toBe(0);
  const errors = [...samples].filter(([name]) => name.startsWith('component_errors_total'));
  expect(Object.fromEntries(errors)).toEqual({
    'component_errors_total{error_type="reader_failed",stage="receiving"}': 4,
    'component_errors_total{error_type="parser_failed",stage="processing"}': 1,
    'component_errors_total{error_type="conversion_failed",stage="processing"}': 0,
    'component_errors_total{error_type="request_failed",stage="sending"}': 2,
    'component_errors_total{error_type="connection_failed",stage="sending"}': 1,
    'component_errors_total{error_type="timed_out",stage="sending"}': 1,
  });
});

it('a request that Logweir itself aborts is sent, and no error', async () => {
  const { metrics } = parts();
  const aborted = new AbortController();
  aborted.abort();
  const transport = counted(
    { send: async () => failed, refresh: () => {}, close: async () => {} },
    metrics.http,
  );
  await transport.send(Buffer.alloc(1), aborted.signal);
  const samples = await samplesOf(metrics.registry);
  expect(samples.get('http_client_requests_sent_total')).toBe(1);
  expect(samples.get('http_client_errors_total{error_kind="connection_failed"}')).toBe(0);
});

it('build, start, uptime, utilization, and the age of the oldest record', async () => {
  const made = parts();
  const { metrics, gauges } = made;
  const before = await samplesOf(metrics.registry);
  const build = [...before].find(([name]) => name.startsWith('build_info'));
  expect(build?.[0]).toMatch(/^build_info\{version="\d+\.\d+\.\d+.*",node_version="\d+\..*",arch="\w+"\}$/);
  expect(build?.[1]).toBe(1);
  expect(before.get('started_total')).toBe(1);
  expect(before.get('oldest_unsettled_seconds')).toBe(0);
  const old = { oldest: { record: { timestamp: Date.now() - 60_000 } } } as unknown as OwnedPartition;
  gauges.partitions = () => [old];
  // The utilization is measured anew after a second.
  for (const end = performance.now() + 1100; performance.now() < end;);
  const after = await samplesOf(metrics.registry);
  expect(after.get('uptime_seconds')).toBeGreaterThan(before.get('uptime_seconds') ?? Infinity);
  expect(after.get('utilization')).toBeGreaterThan(0.5);
  expect(after.get('oldest_unsettled_seconds')).toBeGreaterThanOrEqual(60);
  const limit = after.get('memory_limit_bytes');
  const constrained = process.constrainedMemory();
  if (limit !== undefined) expect(limit).toBe(constrained);
});

it('a supervisor counts the workers that run, and their restarts', async () => {
  const now = { running: 2, restarts: 0 };
  const { registry } = new WorkerMetrics(
    'logweir_',
    { running: () => now.running, configured: () => 3, restarts: () => now.restarts },
    null,
  );
  expect((await samplesOf(registry)).get('worker_restarts_total')).toBe(0);
  now.restarts = 4;
  const samples = await samplesOf(registry);
  expect(samples.get('worker_restarts_total')).toBe(4);
  expect(samples.get('workers{state="running"}')).toBe(2);
  expect(samples.get('workers{state="down"}')).toBe(1);
});
