import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

it('metrics and status tell the truth: outcomes add up, lag is the brokers’, revoked series disappear', async () => {
  const lab = await openLab({ partitions: 2 });
  const transforms = [{ use: 'filter', with: { field: 'seq', in: [1, 2, 3], action: 'drop' } }];
  await lab.ledger.produce(lab.topic, [...events(0, 20), 'poison', null]);
  const logweir = lab.start({ transforms });
  await lab.waitForLagZero();
  const { records } = await logweir.status();
  expect(records).toMatchObject({
    received: 22,
    indexed: 17,
    dropped: 3,
    dead_lettered: 1,
    skipped: 1,
    in_flight: 0,
  });
  expect(await logweir.metric('logweir_component_received_events_total')).toBe(22);
  expect(await logweir.metric('logweir_component_sent_events_total')).toBe(17);
  expect(await logweir.metric('logweir_component_discarded_events_total')).toBe(3);
  expect(await logweir.metric('logweir_dead_letters_total{reason="invalid_json"}')).toBe(1);
  const lag = (partition: number): Promise<number | undefined> =>
    logweir.metric(`logweir_kafka_consumer_lag{topic="${lab.topic}",partition="${partition}"}`);
  expect([await lag(0), await lag(1)]).toEqual([0, 0]);

  expect(await logweir.metric('logweir_end_to_end_seconds_count')).toBeGreaterThan(0);
  expect(await logweir.metric('logweir_oldest_unsettled_seconds')).toBe(0);

  await lab.proxy.refuse();
  await lab.ledger.produce(lab.topic, events(100, 60), { partition: 0 });
  await logweir.waitUntil(async () => (await lag(0)) === 60, 'the lag to be 60');
  const oldest = (): Promise<number | undefined> => logweir.metric('logweir_oldest_unsettled_seconds');
  await logweir.waitUntil(async () => ((await oldest()) ?? 0) > 1, 'the oldest record to be a second old');
  await lab.proxy.accept();
  await logweir.waitUntil(async () => (await lag(0)) === 0, 'the lag to be 0');

  const other = lab.start({ kafka: { session_timeout_ms: 6000 } });
  await other.waitForPartitions(1);
  await logweir.waitForPartitions(1);
  const left = (await logweir.status()).kafka.partitions[0]?.partition ?? -1;
  expect([await lag(left), await lag(1 - left)]).toEqual([0, undefined]);
});

it('a filter that drops records after a failing one does not move the offset over it (recipe 2)', async () => {
  const lab = await openLab({ partitions: 1 });
  const transforms = [{ use: 'filter', with: { field: 'seq', equals: 2, action: 'drop' } }];
  const unavailable = lab.proxy.rule({ from: 2 }, { answer: { status: 503 } });
  const logweir = lab.start({ transforms });
  await logweir.waitForPartitions(1);
  await lab.ledger.produce(lab.topic, events(0, 1));
  await lab.waitForLagZero();
  await lab.ledger.produce(lab.topic, events(1, 1));
  await logweir.waitUntil(() => unavailable.hits > 0, 'a 503');
  await lab.ledger.produce(lab.topic, events(2, 1));
  await logweir.waitForLog('does not accept documents');
  expect(await lab.committed()).toEqual([1]);
  await logweir.kill();
  unavailable.remove();
  const second = lab.start({ transforms, kafka: { session_timeout_ms: 6000 } });
  await lab.waitForLagZero();
  expect((await second.status()).records).toMatchObject({ received: 2, indexed: 1, dropped: 1 });
  expect((await lab.search()).map(({ _source }) => _source['seq'])).toEqual([0, 1]);
});

it('1→N: outputs have ids of their own, and replaying them stores nothing twice', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, events(0, 10));
  const split =
    'export default (event) => [{ ...event, part: 0 }, { ...event, part: 1 }, { ...event, part: 2 }];';
  const cut = lab.proxy.rule({ nth: 1 }, 'cutAfter');
  const logweir = lab.start({ transforms: [{ use: './split.js' }] }, { 'split.js': split });
  await lab.waitForLagZero();
  expect(cut.hits).toBe(1);
  const found = await lab.search();
  expect(found).toHaveLength(30);
  expect(
    new Set(found.map(({ _source }) => `${String(_source['seq'])}/${String(_source['part'])}`)).size,
  ).toBe(30);
  expect((await logweir.status()).records).toMatchObject({ received: 10, indexed: 10 });
  expect(await logweir.metric('logweir_output_events_total')).toBe(30);
});

it('index names come from the event’s own time', async () => {
  const lab = await openLab({ partitions: 1 });
  const index = `${lab.index}-{{@timestamp|yyyy.MM.dd}}`;
  await lab.ledger.produce(
    lab.topic,
    ['{"timestamp":"2026-11-22T23:59:59Z"}', '{"timestamp":"2026-11-23T00:00:01Z"}', '{}'],
    {
      timestamp: Date.UTC(2020, 1, 29),
    },
  );
  lab.start({ elasticsearch: { index } });
  await lab.waitForLagZero();
  const answer = await fetch(`${lab.elasticsearch}/_cat/indices/${lab.index}-*?h=index&s=index`);
  expect(
    (await answer.text())
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual([`${lab.index}-2020.02.29`, `${lab.index}-2026.11.22`, `${lab.index}-2026.11.23`]);
});

it('data streams: create, with @timestamp; a redelivery is already there', async () => {
  const lab = await openLab({ partitions: 1 });
  const dataset = lab.topic.replaceAll('-', '_');
  await fetch(`${lab.elasticsearch}/_index_template/${dataset}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ index_patterns: [`logs-${dataset}-*`], data_stream: {}, priority: 500 }),
  });
  await lab.ledger.produce(lab.topic, ['{"n":1,"timestamp":"2026-11-22T08:00:00Z"}', '{"n":2}']);
  const cut = lab.proxy.rule({ nth: 1 }, 'cutAfter');
  const logweir = lab.start({ elasticsearch: { mode: 'data_stream', data_stream: { dataset } } });
  await lab.waitForLagZero();
  expect(cut.hits).toBe(1);
  await fetch(`${lab.elasticsearch}/logs-${dataset}-default/_refresh`, { method: 'POST' });
  const answer = await fetch(`${lab.elasticsearch}/logs-${dataset}-default/_search?sort=n`);
  const { hits } = (await answer.json()) as { hits: { hits: { _source: Record<string, unknown> }[] } };
  expect(hits.hits.map(({ _source }) => _source['n'])).toEqual([1, 2]);
  expect(hits.hits[0]?._source['@timestamp']).toBe('2026-11-22T08:00:00.000Z');
  expect(await logweir.metric('logweir_documents_already_there_total')).toBeGreaterThan(0);
});

it('metric names can keep dashboards that were made for Vector', async () => {
  const lab = await openLab();
  await lab.ledger.produce(lab.topic, events(0, 5));
  const logweir = lab.start({ admin: { listen: '127.0.0.1:0', metrics_prefix: 'vector_' } });
  await lab.waitForLagZero();
  expect((await logweir.get('/metrics')).body).toMatch(
    /^vector_component_received_events_total\{[^}]*component_kind="source"[^}]*\} 5$/m,
  );
  await expectExactlyOnce(lab);
});
