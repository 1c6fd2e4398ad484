import { readFileSync } from 'node:fs';
import { Counter, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { actionFor, runbookUrl } from '../../../src/admin/remedies.ts';
import { requestTotals, requestsBetween } from '../../../src/admin/requests.ts';
import { viewOf } from '../../../src/admin/view.ts';
import { blockingErrors } from '../../../src/pipeline/block-actions.ts';
import { blockReasons } from '../../../src/pipeline/block-reasons.ts';
import { durationText, numberText, sinceText } from '../../../src/admin/wording.ts';
import { repositoryUrl } from '../../../src/version.ts';
import { holdExample, statusExample } from '../support/status-example.ts';

const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');

const rowsOf = (id: string, over: Parameters<typeof statusExample>[0] = {}) =>
  viewOf(statusExample(over), Date.now())
    .tables.find((table) => table.id === id)
    ?.rows.map((row) => row.map(({ text }) => text));

describe('the tables', () => {
  it('name topic, partition, offset, cause and remedy of blocked records', () => {
    expect(rowsOf('blocked', { holds: [holdExample()] })).toEqual([
      [
        'app-logs[1]',
        '1000001',
        '40',
        expect.stringMatching(/UTC \(6\d s\)$/) as unknown,
        expect.stringMatching(/^403 cluster_block_exception .*: index has read-only/) as unknown,
        expect.stringMatching(/^Free disk space/) as unknown,
      ],
    ]);
  });

  it('list warnings with what to do', () => {
    const since = new Date(Date.now() - 60_000).toISOString();
    const warnings = [{ cause: 'lag_growing', message: 'the lag grows', action: 'add workers', since }];
    expect(rowsOf('warnings', { warnings })).toEqual([
      ['the lag grows', expect.stringMatching(/UTC \(6\d s\)$/) as unknown, 'add workers'],
    ]);
  });

  it('show the counts and the time of each transform', () => {
    expect(rowsOf('transforms')?.[0]).toEqual([
      'parse-json',
      '100,000',
      '100,000',
      '0',
      '0',
      '0.4 s',
      '4.0 µs',
    ]);
  });

  it('show what is not told as unknown', () => {
    const tables = viewOf(statusExample({ transforms: null, dead_letters: null }), Date.now()).tables;
    expect(tables.find(({ id }) => id === 'transforms')?.empty).toBe('–');
    expect(tables.find(({ id }) => id === 'dead-letters')?.empty).toMatch(/^3 dead letters/);
  });

  it('show at most 100 partitions, those with the most lag', () => {
    const { kafka } = statusExample();
    const partitions = Array.from({ length: 300 }, (_, partition) => ({
      topic: 't',
      partition,
      lag: partition,
    }));
    const rows = rowsOf('partitions', { kafka: { ...kafka, partitions } });
    expect(rows).toHaveLength(100);
    expect(rows?.[0]?.[0]).toBe('t[299]');
  });
});

describe('remedies', () => {
  it('come from the list of block reasons', () => {
    expect(actionFor('transform ./mine.ts failed')).toMatch(/^Fix the transform and reload it/);
    expect(actionFor('something new')).toMatch(/docs\/runbook\.md/);
  });

  it('have a place in the runbook, where the project has an address', () => {
    expect(runbookUrl('x', null)).toBeNull();
    const base = 'https://example.org/logweir';
    expect(runbookUrl('403 cluster_block_exception (index a)', base)).toBe(
      `${base}/blob/main/docs/runbook.md#cluster_block_exception`,
    );
    expect(runbookUrl('transform "><script> failed', base)).toBe(
      `${base}/blob/main/docs/runbook.md#transform-use-failed`,
    );
  });

  it.each([
    ...Object.keys(blockReasons).map((reason) => reason.replace('<status>', '503').replaceAll(/[<>]/g, '')),
    ...Object.keys(blockingErrors).map((type) => `403 ${type} (index app_logs)`),
    'dead letters are off: document_parsing_exception',
    'more than 100 of the last 1000 records were rejected: document_parsing_exception',
    '503 unavailable_shards_exception, repeatedly (index app_logs)',
    'transform ./mark_slow.ts failed',
    'dead letters cannot be written to app_logs-dlq: no broker',
    'something_new',
  ])('link to a section that exists: %s', (cause) => {
    const anchor = runbookUrl(cause, '')?.split('#')[1];
    const isThere = runbook.split('\n').filter((line) => line === `<a id="${anchor}"></a>`);
    expect(anchor === 'block-reasons' || isThere.length === 1).toBe(true);
    expect(anchor === 'block-reasons').toBe(cause === 'something_new');
  });

  it.each([
    ['git+https://example.org/a/b.git', 'https://example.org/a/b'],
    [{ type: 'git', url: 'https://example.org/a/b' }, 'https://example.org/a/b'],
    ['javascript:alert(1)', null],
    [undefined, null],
  ])('the address of %j is %s', (repository, expected) => {
    expect(repositoryUrl(repository)).toBe(expected);
  });
});

it('sizes and latencies of requests come from two readings of the metrics', async () => {
  const registry = new Registry();
  const own = { help: 'h', registers: [registry] };
  const rtt = new Histogram({ ...own, name: 'p_http_client_rtt_seconds', buckets: [0.1, 1] });
  const endToEnd = new Histogram({ ...own, name: 'p_end_to_end_seconds', buckets: [1, 2, 4] });
  const sent = new Counter({ ...own, name: 'p_component_sent_events_total' });
  const read = async () => requestTotals(await registry.getMetricsAsJSON(), 'p_');
  rtt.observe(100);
  endToEnd.observe(100);
  const before = await read();
  sent.inc(300);
  for (const seconds of [0.2, 0.4, 0.6]) rtt.observe(seconds);
  for (const seconds of [1.5, 1.5, 1.5, 3]) endToEnd.observe(seconds);
  const requests = requestsBetween(before, await read());
  expect(requests.documents).toBe(100);
  expect(requests.seconds).toBeCloseTo(0.4);
  expect(requests.end_to_end_p50_seconds).toBeCloseTo(1 + 2 / 3);
  expect(requests.end_to_end_p95_seconds).toBeCloseTo(3.6);
  expect(requestsBetween(before, before)).toEqual({
    documents: null,
    seconds: null,
    end_to_end_p50_seconds: null,
    end_to_end_p95_seconds: null,
  });
});

it('numbers and times are written as people read them', () => {
  expect([0, 1.25, 12_345.6, null].map(numberText)).toEqual(['0', '1.3', '12,346', '–']);
  expect([0, 0.0042, 3.14, 75, 1800, 7500, 360_000].map(durationText)).toEqual([
    '0 s',
    '4.2 ms',
    '3.1 s',
    '75 s',
    '30 min',
    '2 h 5 min',
    '4 d 4 h',
  ]);
  const now = Date.parse('2026-11-30T12:00:00Z');
  expect(sinceText('2026-11-29T12:00:00Z', now)).toBe('since 2026-11-29 12:00:00 UTC (24 h)');
  expect(sinceText('nonsense', now)).toBe('');
});
