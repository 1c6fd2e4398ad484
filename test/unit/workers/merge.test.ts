import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { Status } from '../../../src/admin/status.ts';
import {
  type WorkerStatus,
  addRecords,
  addTransforms,
  countsOf,
  mergeMetrics,
  mergeStatuses,
  notReadyOf,
  recordsOfExited,
} from '../../../src/workers/merge.ts';

function statusOf(partition: number, over: Partial<Status> = {}): Status {
  return {
    version: '0',
    pid: 1,
    uptime_seconds: 1,
    state: 'running',
    state_detail: 'running',
    reason: null,
    has_started: true,
    chain: { loaded_at: '2026-01-02T03:04:05.000Z', hash: 'a1', failed_reload: null },
    kafka: {
      connected: true,
      reason: null,
      last_contact: '2026-01-02T03:04:05.000Z',
      group: 'g',
      topics: ['t'],
      paused: [],
      lag: 5,
      backlog_seconds: null,
      partitions: [
        {
          topic: 't',
          partition,
          committed: 1,
          watermark: 1,
          position: 1,
          lag: 5,
          unsettled: 0,
          paused: false,
          pause_reason: null,
          waits_for: null,
        },
      ],
    },
    elasticsearch: {
      product: null,
      version: null,
      state: 'ok',
      reason: null,
      since: null,
      endpoints: [],
      next_try: null,
    },
    holds: [],
    dead_letters: [],
    oldest_unsettled: null,
    reject_storm: null,
    warnings: [],
    records: {
      received: 10,
      in_flight: 2,
      skipped: 0,
      dropped: 0,
      indexed: 8,
      failure_store: 0,
      dead_lettered: 0,
      returned: 0,
    },
    buffer: { bytes: 100, max_bytes: 1000 },
    transforms: [],
    ...over,
  };
}

const worker = (number: number, over: Partial<WorkerStatus> = {}): WorkerStatus => ({
  worker: number,
  pid: number,
  state: 'running',
  reason: null,
  restarts: 0,
  ...over,
});
const own = {
  version: '1',
  pid: 9,
  uptime_seconds: 3,
  has_started: true,
  stopping: false,
  group: 'g',
  topics: ['t'],
};

it('sums counts, lists the workers, and names the worker of each partition', () => {
  const reports = new Map([
    [1, statusOf(0)],
    [2, statusOf(1)],
  ]);
  const merged = mergeStatuses(reports, [worker(1), worker(2)], { received: 4, returned: 4 }, own);
  expect(merged).toMatchObject({ pid: 9, state: 'running', reason: null, buffer: { bytes: 200 } });
  expect(merged.kafka).toMatchObject({ connected: true, lag: 10 });
  expect(merged.kafka.partitions.map((one) => [one.worker, one.partition])).toEqual([
    [1, 0],
    [2, 1],
  ]);
  expect(merged.records).toMatchObject({ received: 24, in_flight: 4, indexed: 16, returned: 4 });
});

it('tells the product and version that a worker knows, whichever fails', () => {
  const ok = { state: 'ok', reason: null, since: null, endpoints: [], next_try: null } as const;
  const reports = new Map([
    [1, statusOf(0, { elasticsearch: { ...ok, product: null, version: null, state: 'outage' } })],
    [2, statusOf(1, { elasticsearch: { ...ok, product: 'opensearch', version: null } })],
    [3, statusOf(2, { elasticsearch: { ...ok, product: 'opensearch', version: '2.19.1' } })],
  ]);
  expect(mergeStatuses(reports, [], {}, own).elasticsearch).toEqual({
    ...ok,
    state: 'outage',
    product: 'opensearch',
    version: '2.19.1',
  });
});

it('one worker that is not ready makes the instance not ready', () => {
  const since = '2026-01-01T00:00:00Z';
  const outage = {
    product: null,
    version: null,
    state: 'outage',
    reason: 'HTTP 503',
    since,
    endpoints: [],
    next_try: null,
  } as const;
  const reports = new Map([
    [1, statusOf(0)],
    [
      2,
      statusOf(1, {
        elasticsearch: outage,
        state: 'held',
        state_detail: 'elasticsearch_outage',
        reason: 'Elasticsearch: HTTP 503',
      }),
    ],
  ]);
  const workers = [worker(1), worker(2, { state: 'held', reason: 'Elasticsearch: HTTP 503' })];
  expect(mergeStatuses(reports, workers, {}, own)).toMatchObject({
    state: 'held',
    state_detail: 'elasticsearch_outage',
    reason: 'worker 2: Elasticsearch: HTTP 503',
    elasticsearch: outage,
  });
  expect(notReadyOf([worker(1), worker(2, { state: 'down' })])).toBe('worker 2: down');
  expect(notReadyOf([worker(1)])).toBeNull();
});

it('records in flight of an exited process count as returned, so the sums add up', () => {
  const ended = recordsOfExited(statusOf(0));
  expect(ended).toMatchObject({ received: 10, indexed: 8, in_flight: 0, returned: 2 });
  const { received, in_flight: inFlight, ...outcomes } = addRecords([ended, statusOf(1).records]);
  expect(received).toBe(Object.values(outcomes).reduce((sum, one) => sum + one, inFlight));
});

it('only counters outlive their process; gauges are merged by their aggregator', async () => {
  const metricsOf = async (counted: number, age: number) => {
    const registry = new Registry();
    new Counter({ name: 'read_total', help: 'h', registers: [registry] }).inc(counted);
    new Gauge({ name: 'oldest', help: 'h', registers: [registry], aggregator: 'max' }).set(age);
    return await registry.getMetricsAsJSON();
  };
  const exited = await countsOf([await metricsOf(100, 50)]);
  const text = await mergeMetrics([exited, await metricsOf(1, 7), await metricsOf(2, 3)]).metrics();
  expect(text).toContain('read_total 103\n');
  expect(text).toContain('oldest 7\n');
});

it('one worker without Kafka makes the instance not connected, with its number, and the lag unknown', () => {
  const away = {
    ...statusOf(1).kafka,
    connected: false,
    reason: 'no broker answers since then',
    last_contact: '2026-01-02T03:00:00.000Z',
    lag: null,
  };
  const reports = new Map([
    [1, statusOf(0)],
    [2, statusOf(1, { state: 'held', reason: 'Kafka: no broker answers since then', kafka: away })],
  ]);
  const workers = [worker(1), worker(2, { state: 'held', reason: 'Kafka: no broker answers since then' })];
  const merged = mergeStatuses(reports, workers, {}, own);
  expect(merged.kafka).toMatchObject({
    connected: false,
    reason: 'worker 2: no broker answers since then',
    last_contact: '2026-01-02T03:00:00.000Z',
    lag: null,
  });
  expect(merged.reason).toBe('worker 2: Kafka: no broker answers since then');
});

it('adds up the counts of each transform, with those of exited processes as far as the chain still has it', () => {
  const counts = (name: string, received: number) => ({
    name,
    in: received,
    out: received - 1,
    dropped: 1,
    failed: 0,
    seconds: 0.5,
  });
  const reports = new Map([
    [1, statusOf(0, { transforms: [counts('a', 10), counts('b', 9)] })],
    [2, statusOf(1, { transforms: [counts('a', 5), counts('b', 4)] })],
  ]);
  const exited = addTransforms([[counts('a', 100)], [counts('gone', 7), counts('a', 100)]]);
  const workers = [worker(1), worker(2)];
  expect(mergeStatuses(reports, workers, {}, own, exited).transforms).toEqual([
    { name: 'a', in: 215, out: 211, dropped: 4, failed: 0, seconds: 2 },
    { name: 'b', in: 13, out: 11, dropped: 2, failed: 0, seconds: 1 },
  ]);
  // Before the first report of a new process, the counts of the old ones are what is known.
  expect(mergeStatuses(new Map(), workers, {}, own, exited).transforms).toMatchObject([
    { name: 'a', in: 200 },
    { name: 'gone', in: 7 },
  ]);
});

it('the details of all workers: dead letters summed, the endpoint that fails for any, the oldest record', () => {
  const endpoint = (state: 'ok' | 'failing' | 'unknown') => ({
    url: 'http://es/',
    state,
    reason: state === 'failing' ? 'ECONNREFUSED' : null,
    since: null,
    failures: 0,
  });
  const letters = (count: number, last: string, cause: string) => [
    { reason: 'document_parsing_exception', count, last, causes: [{ cause, count }] },
  ];
  const details = (state: 'ok' | 'failing' | 'unknown', seconds: number): Partial<Status> => ({
    elasticsearch: { ...statusOf(0).elasticsearch, endpoints: [endpoint(state)] },
    dead_letters: letters(2, `2026-01-0${seconds}`, `field f${seconds}`),
    oldest_unsettled: { topic: 't', partition: 0, offset: seconds, seconds },
    kafka: { ...statusOf(0).kafka, backlog_seconds: seconds },
    chain: {
      loaded_at: `2026-01-0${seconds}`,
      hash: `h${seconds}`,
      failed_reload: seconds === 3 ? { at: '2026', reason: 'syntax' } : null,
    },
  });
  const reports = new Map([
    [1, statusOf(0, details('ok', 3))],
    [2, statusOf(1, details('failing', 5))],
    [3, statusOf(2, details('unknown', 4))],
  ]);
  const exited = letters(7, '2025-12-31', 'field f5');
  const merged = mergeStatuses(
    reports,
    [worker(1), worker(2), worker(3, { state: 'down' })],
    {},
    own,
    [],
    exited,
  );
  expect(merged.elasticsearch.endpoints).toEqual([endpoint('failing')]);
  expect(merged.dead_letters).toEqual([
    {
      reason: 'document_parsing_exception',
      count: 13,
      last: '2026-01-05',
      causes: [
        { cause: 'field f5', count: 9 },
        { cause: 'field f3', count: 2 },
        { cause: 'field f4', count: 2 },
      ],
    },
  ]);
  expect(merged.oldest_unsettled?.offset).toBe(5);
  expect(merged.kafka.backlog_seconds).toBe(5);
  expect(merged.chain).toEqual({
    loaded_at: '2026-01-03',
    hash: 'h3, h5, h4',
    failed_reload: { at: '2026', reason: 'syntax' },
  });
  expect(merged.state_detail).toBe('worker_down');
});
