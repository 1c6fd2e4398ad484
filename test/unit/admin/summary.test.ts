import { describe, expect, it } from 'vitest';
import type { StatusView } from '../../../src/admin/status-view.ts';
import { statusViewSchema } from '../../../src/admin/status-view.ts';
import { summaryOf } from '../../../src/admin/summary.ts';
import { holdExample, statusExample } from '../support/status-example.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const since = '2026-11-30T11:55:00Z';
const rates = {
  received_per_second: 1000,
  indexed_per_second: 1000,
  dead_lettered_per_second: 0,
  dropped_per_second: 0,
};

/** Nothing is wrong. */
function healthy(over: Partial<StatusView> = {}): StatusView {
  const { kafka, elasticsearch } = statusExample();
  const calm = {
    kafka: { ...kafka, lag: 12, backlog_seconds: null },
    elasticsearch: { ...elasticsearch, endpoints: null },
  };
  return statusExample({ ...calm, rates, oldest_unsettled: null, ...over });
}

const warning = (cause: string): StatusView['warnings'][number] => ({
  cause,
  message: `${cause} is so`,
  action: `mend ${cause}`,
  since,
});

const said = (over: Partial<StatusView> = {}) => summaryOf(healthy(over), NOW);
const kafka = healthy().kafka;
const elasticsearch = healthy().elasticsearch;

describe('it says whether events flow, what blocks them, how far behind it is, and what to do', () => {
  it.each<[string, Partial<StatusView>, string, RegExp, RegExp | null]>([
    ['flow', {}, 'ok', /^Events flow: 1,000 events\/s are indexed\. 12 records behind\.$/, null],
    [
      'idle',
      { rates: { ...rates, indexed_per_second: 0 }, kafka: { ...kafka, lag: 0 } },
      'ok',
      /^Ready: all records are settled/,
      null,
    ],
    [
      'an outage',
      { elasticsearch: { ...elasticsearch, state: 'outage', reason: 'HTTP 503', since } },
      'blocked',
      /^Paused since 11:55:00 UTC \(5 min\): Elasticsearch does not accept documents: HTTP 503\..* 12 records behind\.$/,
      /resumes by itself/,
    ],
    [
      'the next try',
      {
        elasticsearch: { ...elasticsearch, state: 'outage', reason: 'x', next_try: '2026-11-30T12:00:05Z' },
      },
      'blocked',
      /./,
      /next at 12:00:05 UTC/,
    ],
    [
      'a block of one partition',
      { holds: [holdExample({ since })] },
      'blocked',
      /^Blocked since .*: 40 records in app-logs\[1\] .* 403 cluster_block_exception.* The other partitions flow\./,
      /^Free disk space/,
    ],
    [
      'a block of all partitions, with its own remedy',
      { holds: [holdExample({ partitions: [], action: 'Grant create_doc.' })] },
      'blocked',
      /in all partitions .* No event flows\./,
      /^Grant create_doc\.$/,
    ],
    [
      'Kafka away',
      { kafka: { ...kafka, connected: false, reason: 'no broker answers' } },
      'blocked',
      /^No event flows: Kafka: no broker answers\.$/,
      /resumes by itself/,
    ],
    [
      'no partition',
      { kafka: { ...kafka, partitions: [] } },
      'warning',
      /owns no partition/,
      /kafka\.topics/,
    ],
    [
      'everything dropped',
      { rates: { ...rates, indexed_per_second: 0, dropped_per_second: 900 } },
      'warning',
      /^Events arrive, but all are dropped \(900\/s\)\./,
      /--explain/,
    ],
    [
      'most rejected',
      { reject_storm: { reason: 'mapper_parsing_exception', since } },
      'warning',
      /most are rejected: mapper_parsing_exception/,
      /mapping/,
    ],
    [
      'a warning, and that there are others',
      { warnings: [warning('elasticsearch_slow'), warning('lag_growing')] },
      'warning',
      /^Events flow \(1,000 events\/s are indexed\), but elasticsearch_slow is so \(and 1 other warning\)\. 12 records/,
      /^mend elasticsearch_slow$/,
    ],
    [
      'a transform that fails, rather than the rejections that it makes',
      {
        warnings: [warning('elasticsearch_slow'), { ...warning('transform_failing'), transform: 'a' }],
        reject_storm: { reason: 'transform a', since },
      },
      'warning',
      /but transform_failing is so/,
      /^mend transform_failing$/,
    ],
    [
      'dead letters, by the reason of the last one',
      {
        rates: { ...rates, dead_lettered_per_second: 1.5 },
        dead_letters: [
          { reason: 'old', count: 900, last: '2026-11-30T11:00:00Z' },
          { reason: 'document_parsing_exception', count: 2, last: since },
        ],
      },
      'warning',
      /^Events flow .*, but 1\.5\/s are dead-lettered: document_parsing_exception\. 12 records behind\.$/,
      /dlq list/,
    ],
    [
      'brokers that do not answer, as something else than a missing right',
      { kafka: { ...kafka, reason: 'the ACL Read is missing' } },
      'blocked',
      /^No event flows: Kafka: the ACL Read is missing\.$/,
      /^Remove this cause/,
    ],
    [
      'growing lag',
      { lag_growth: 50_000 },
      'warning',
      /50,000 records more behind than a minute ago/,
      /workers/,
    ],
    [
      'one failing node',
      { elasticsearch: statusExample().elasticsearch },
      'warning',
      /but http:\/\/es-2:9200 fails: ECONNREFUSED/,
      /that node/,
    ],
    [
      'a failed reload',
      { chain: { failed_reload: { at: since, reason: 'mine.ts: SyntaxError' } } },
      'warning',
      /previous transforms: the last reload failed: mine\.ts: SyntaxError/,
      /reload again/,
    ],
    [
      'a worker that does not run',
      { workers: [{ worker: 2, state: 'down', reason: null, restarts: 3 }] },
      'blocked',
      /worker 2: down/,
      /worker_exited/,
    ],
    [
      'workers that start',
      {
        workers: [
          { worker: 1, state: 'starting', reason: null, restarts: 0 },
          { worker: 2, state: 'down', reason: null, restarts: 0 },
        ],
        elasticsearch: { ...elasticsearch, state: 'unknown' },
      },
      'warning',
      /^Starting: Elasticsearch has not answered yet\.$/,
      null,
    ],
    ['stopping', { state: 'stopping' }, 'warning', /^Stopping: 2 records in flight/, null],
  ])('%s', (_name, over, level, sentence, action) => {
    const summary = said(over);
    expect(summary.level).toBe(level);
    expect(summary.sentence).toMatch(sentence);
    if (action === null) expect(summary.action).toBeNull();
    else expect(summary.action).toMatch(action);
  });
});

it('an instance that tells less is shown, with what it does not tell as unknown', () => {
  const bare = {
    state: 'running',
    kafka: { connected: true, partitions: [{ topic: 't', partition: 0 }] },
    elasticsearch: { state: 'ok' },
  };
  const status = statusViewSchema.parse(bare);
  expect(summaryOf(status, NOW).sentence).toBe(
    'Events flow: 0 events/s are indexed. How far behind it is, is not known.',
  );
});
