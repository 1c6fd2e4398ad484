import type { StatusView } from '../../../src/admin/status-view.ts';

const HTML = '<img src=x onerror=alert(1)>';

/** A status with every field that the page knows; names and reasons try to be HTML. */
export function statusExample(over: Partial<StatusView> = {}): StatusView {
  const since = new Date(Date.now() - 240_000).toISOString();
  return {
    version: '0.1.0',
    uptime_seconds: 7300,
    state: 'running',
    reason: null,
    kafka: {
      connected: true,
      reason: null,
      group: 'vector-aggregator',
      topics: ['app-logs'],
      paused: [],
      lag: 12_345,
      backlog_seconds: 310,
      partitions: [0, 1, 2].map((partition) => ({
        topic: 'app-logs',
        partition,
        committed: 1_000_000 + partition,
        position: 1_000_100,
        lag: 4115,
        unsettled: 100,
        paused: partition === 1,
        pause_reason: partition === 1 ? 'blocked records' : null,
        waits_for: null,
        worker: null,
      })),
    },
    elasticsearch: {
      state: 'ok',
      reason: null,
      since: null,
      next_try: null,
      product: 'elasticsearch',
      version: '9.5.0',
      endpoints: [
        { url: 'http://es-1:9200', state: 'ok', reason: null, since: null, failures: 0 },
        { url: 'http://es-2:9200', state: 'failing', reason: `ECONNREFUSED ${HTML}`, since, failures: 12 },
      ],
    },
    holds: [],
    reject_storm: null,
    warnings: [],
    records: { received: 10, in_flight: 2, indexed: 8, dead_lettered: 3, dropped: 0 },
    buffer: { bytes: 1_500_000, max_bytes: 33_554_432 },
    transforms: [
      { name: 'parse-json', in: 100_000, out: 100_000, dropped: 0, failed: 0, seconds: 0.4 },
      { name: `./transforms/${HTML}.ts`, in: 100_000, out: 99_990, dropped: 9, failed: 1, seconds: 0.9 },
    ],
    dead_letters: [{ reason: `mapper_parsing_exception ${HTML}`, count: 3, last: since }],
    oldest_unsettled: { topic: 'app-logs', partition: 1, offset: 1_000_001, seconds: 12 },
    chain: { loaded_at: since, hash: 'abc', failed_reload: null },
    workers: null,
    rates: null,
    lag_growth: null,
    requests: null,
    summary: null,
    ...over,
  };
}

/** A cause that blocks one partition. */
export function holdExample(over: Partial<StatusView['holds'][number]> = {}): StatusView['holds'][number] {
  return {
    reason: '403 cluster_block_exception (index app-logs-2026.11.30)',
    since: new Date(Date.now() - 60_000).toISOString(),
    seconds: 60,
    records: 40,
    partitions: ['app-logs[1]'],
    offset: 1_000_001,
    message: `index has read-only-allow-delete block ${HTML}`,
    action: null,
    ...over,
  };
}
