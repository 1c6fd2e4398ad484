import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { Status } from '../../../src/admin/status.ts';
import {
  type WorkerStatus,
  addRecords,
  countsOf,
  mergeMetrics,
  mergeStatuses,
  notReadyOf,
  recordsOfEnded,
} from '../../../src/workers/merge.ts';

function statusOf(partition: number, over: Partial<Status> = {}): Status {
  return {
    version: '0',
    pid: 1,
    uptime_seconds: 1,
    state: 'running',
    reason: null,
    kafka: {
      connected: true,
      reason: null,
      last_contact: '2026-01-02T03:04:05.000Z',
      group: 'g',
      topics: ['t'],
      paused: [],
      lag: 5,
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
    elasticsearch: { state: 'ok', reason: null, since: null },
    holds: [],
    reject_storm: null,
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
const own = { version: '1', pid: 9, uptime_seconds: 3, stopping: false, group: 'g', topics: ['t'] };

it('sums what is counted, lists what each has, and says who has which partition', () => {
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

it('one worker in trouble is the trouble of the instance', () => {
  const outage = { state: 'outage', reason: 'HTTP 503', since: '2026-01-01T00:00:00Z' } as const;
  const reports = new Map([
    [1, statusOf(0)],
    [2, statusOf(1, { elasticsearch: outage, state: 'held', reason: 'Elasticsearch: HTTP 503' })],
  ]);
  const workers = [worker(1), worker(2, { state: 'held', reason: 'Elasticsearch: HTTP 503' })];
  expect(mergeStatuses(reports, workers, {}, own)).toMatchObject({
    state: 'held',
    reason: 'worker 2: Elasticsearch: HTTP 503',
    elasticsearch: outage,
  });
  expect(notReadyOf([worker(1), worker(2, { state: 'down' })])).toBe('worker 2: down');
  expect(notReadyOf([worker(1)])).toBeNull();
});

it('what a process had in flight when it ended was returned to Kafka, so the sums still add up', () => {
  const ended = recordsOfEnded(statusOf(0));
  expect(ended).toMatchObject({ received: 10, indexed: 8, in_flight: 0, returned: 2 });
  const { received, in_flight: inFlight, ...outcomes } = addRecords([ended, statusOf(1).records]);
  expect(received).toBe(Object.values(outcomes).reduce((sum, one) => sum + one, inFlight));
});

it('of metrics only counts outlive their process; states of the living are merged as each says', async () => {
  const metricsOf = async (counted: number, age: number) => {
    const registry = new Registry();
    new Counter({ name: 'read_total', help: 'h', registers: [registry] }).inc(counted);
    new Gauge({ name: 'oldest', help: 'h', registers: [registry], aggregator: 'max' }).set(age);
    return await registry.getMetricsAsJSON();
  };
  const departed = await countsOf([await metricsOf(100, 50)]);
  const text = await mergeMetrics([departed, await metricsOf(1, 7), await metricsOf(2, 3)]).metrics();
  expect(text).toContain('read_total 103\n');
  expect(text).toContain('oldest 7\n');
});

it('one worker that is away from Kafka makes the whole not connected, by its number; the lag is not known then', () => {
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
