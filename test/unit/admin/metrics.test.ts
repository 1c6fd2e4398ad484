import { describe, expect, it } from 'vitest';
import type { Gauges } from '../../../src/admin/gauges.ts';
import { Metrics } from '../../../src/admin/metrics.ts';
import type { BlockInfo } from '../../../src/pipeline/blocked-records.ts';
import { idleGauges } from '../../support/idle-gauges.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';

function metricsWith(gauges: Partial<Gauges> = {}, prefix = 'logweir_'): Metrics {
  return new Metrics(prefix, { ...idleGauges, ...gauges });
}

/** The samples as Prometheus reads them: name with labels, and value. */
async function samples(metrics: Metrics): Promise<Record<string, number>> {
  const text = await metrics.registry.metrics();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

function partition(topic: string, number: number, committed: number, highWatermark: number): OwnedPartition {
  const owned = new OwnedPartition(topic, number, 0, committed);
  owned.highWatermark = highWatermark;
  return owned;
}

describe('names', () => {
  const vectorNames = [
    'component_received_events_total',
    'component_sent_events_total',
    'component_discarded_events_total',
    'kafka_consumer_lag',
    'http_client_rtt_seconds',
    'buffer_size_bytes',
  ];
  const ownNames = [
    'records_total',
    'bulk_requests_total',
    'held',
    'hold_seconds_total',
    'dead_letters_total',
    'in_flight_records',
    'output_events_total',
    'transform_errors_total',
    'transform_custom_total',
  ];

  it.each(['logweir_', 'vector_'])("are those of Vector's dashboards, with the prefix %s", async (prefix) => {
    const text = await metricsWith({}, prefix).registry.metrics();
    for (const name of [...vectorNames, ...ownNames]) expect(text).toContain(`# TYPE ${prefix}${name} `);
  });

  it('all have the prefix, including those of the process', async () => {
    for (const { name } of await metricsWith({}, 'mine_').registry.getMetricsAsJSON())
      expect(name).toMatch(/^mine_/);
  });

  it('two copies are independent', async () => {
    const [one, other] = [metricsWith(), metricsWith()] as const;
    one.received(5, 0);
    expect((await samples(other))['logweir_component_received_events_total']).toBe(0);
  });
});

describe('records', () => {
  it('are counted by outcome, and every outcome is present from the start', async () => {
    const metrics = metricsWith();
    const before = await samples(metrics);
    for (const outcome of ['indexed', 'failure_store', 'dead_lettered', 'dropped', 'skipped', 'returned'])
      expect(before[`logweir_records_total{outcome="${outcome}"}`]).toBe(0);
    metrics.received(4, 0);
    metrics.settled('indexed', 1, -1);
    metrics.settled('indexed', 1, -1);
    metrics.settled('dropped', 1, -1);
    metrics.settled('skipped', 1, -1);
    const after = await samples(metrics);
    expect(after).toMatchObject({
      logweir_component_received_events_total: 4,
      'logweir_records_total{outcome="indexed"}': 2,
      'logweir_records_total{outcome="dropped"}': 1,
      'logweir_records_total{outcome="skipped"}': 1,
      logweir_component_discarded_events_total: 1,
    });
    expect(metrics.receivedCount).toBe(4);
    expect(metrics.outcomeCounts()).toEqual({
      indexed: 2,
      failure_store: 0,
      dropped: 1,
      skipped: 1,
      dead_lettered: 0,
      returned: 0,
    });
  });

  it('in the failure store or dropped by a pipeline do not count as sent', async () => {
    const metrics = metricsWith();
    metrics.settled('failure_store', 1, Date.now());
    metrics.droppedByPipeline();
    metrics.settled('dropped', 1, Date.now());
    expect(await samples(metrics)).toMatchObject({
      'logweir_records_total{outcome="failure_store"}': 1,
      'logweir_records_total{outcome="dropped"}': 1,
      logweir_documents_dropped_by_pipeline_total: 1,
      logweir_component_sent_events_total: 0,
      logweir_component_discarded_events_total: 1,
      logweir_end_to_end_seconds_count: 0,
    });
  });

  it('are counted separately from events of transforms and sent documents', async () => {
    const metrics = metricsWith();
    metrics.received(1, 0);
    metrics.outputEvents(3);
    metrics.sent(1, 10, false);
    metrics.sent(1, 10, true);
    expect(await samples(metrics)).toMatchObject({
      logweir_component_received_events_total: 1,
      logweir_output_events_total: 3,
      logweir_component_sent_events_total: 2,
      logweir_documents_already_there_total: 1,
    });
  });
});

it('bulk requests are counted by outcome, and their time in seconds', async () => {
  const metrics = metricsWith();
  metrics.answered('ok', 31.25);
  metrics.answered('retry', 500);
  metrics.retrying(7);
  expect(await samples(metrics)).toMatchObject({
    'logweir_bulk_requests_total{outcome="ok"}': 1,
    'logweir_bulk_requests_total{outcome="retry"}': 1,
    logweir_documents_retried_total: 7,
    logweir_http_client_rtt_seconds_sum: 0.53125,
    logweir_http_client_rtt_seconds_count: 2,
    'logweir_http_client_rtt_seconds_bucket{le="0.05"}': 1,
  });
});

describe('reasons of dead letters', () => {
  it('are labels', async () => {
    const metrics = metricsWith();
    metrics.deadLettered('invalid_json');
    metrics.deadLettered('invalid_json');
    metrics.deadLettered('transform "x"\n');
    expect(await samples(metrics)).toMatchObject({
      'logweir_dead_letters_total{reason="invalid_json"}': 2,
      'logweir_dead_letters_total{reason="transform \\"x\\"\\n"}': 1,
    });
  });

  it('are bounded: beyond 100 new ones count as other, and the known ones continue', async () => {
    const metrics = metricsWith();
    for (let reason = 0; reason < 1000; reason++) metrics.deadLettered(`reason ${reason}`);
    metrics.deadLettered('reason 0');
    const counted = Object.entries(await samples(metrics)).filter(([name]) =>
      name.startsWith('logweir_dead_letters_total'),
    );
    expect(counted).toHaveLength(101);
    expect(Object.fromEntries(counted)).toMatchObject({
      'logweir_dead_letters_total{reason="reason 0"}': 2,
      'logweir_dead_letters_total{reason="reason 99"}': 1,
      'logweir_dead_letters_total{reason="other"}': 900,
    });
  });
});

it('errors and counters of transforms have the transform as a label', async () => {
  const metrics = metricsWith();
  metrics.transformError('./mine.ts', 'drop');
  metrics.transformCount('./mine.ts', 'matched', 3);
  expect(await samples(metrics)).toMatchObject({
    'logweir_transform_errors_total{transform="./mine.ts",policy="drop"}': 1,
    'logweir_transform_custom_total{transform="./mine.ts",name="matched"}': 3,
  });
});

it('counters of one transform have up to 100 names, then "other", independent of other transforms', async () => {
  const metrics = metricsWith();
  for (let n = 0; n < 150; n++) metrics.transformCount('./mine.ts', `user ${n}`, 2);
  metrics.transformCount('./mine.ts', 'user 7', 1);
  metrics.transformCount('./yours.ts', 'user 149', 1);
  const read = await samples(metrics);
  const names = Object.keys(read).filter((name) => name.includes('{transform="./mine.ts"'));
  expect(names).toHaveLength(101);
  expect(read).toMatchObject({
    'logweir_transform_custom_total{transform="./mine.ts",name="user 7"}': 3,
    'logweir_transform_custom_total{transform="./mine.ts",name="other"}': 100,
    'logweir_transform_custom_total{transform="./yours.ts",name="user 149"}': 1,
  });
});

describe('lag', () => {
  it('is present for every owned partition with a known end offset', async () => {
    const owned = [partition('a', 0, 5, 12), partition('a', 1, 7, 7), partition('b', 0, 0, -1)];
    const read = await samples(metricsWith({ partitions: () => owned }));
    expect(read['logweir_kafka_consumer_lag{topic="a",partition="0"}']).toBe(7);
    expect(read['logweir_kafka_consumer_lag{topic="a",partition="1"}']).toBe(0);
    expect(read).not.toHaveProperty('logweir_kafka_consumer_lag{topic="b",partition="0"}');
  });

  it('of a revoked partition disappears', async () => {
    let owned = [partition('a', 0, 5, 12), partition('a', 1, 7, 9)];
    const metrics = metricsWith({ partitions: () => owned });
    expect(await samples(metrics)).toHaveProperty('logweir_kafka_consumer_lag{topic="a",partition="1"}');
    owned = owned.slice(0, 1);
    const read = await samples(metrics);
    expect(read).not.toHaveProperty('logweir_kafka_consumer_lag{topic="a",partition="1"}');
    expect(read).toHaveProperty('logweir_kafka_consumer_lag{topic="a",partition="0"}');
  });
});

it('records in flight, memory and blocks are read at each scrape', async () => {
  const now = { inFlight: 3, bytes: 1000, pauses: ['elasticsearch', 'buffer full'] };
  const metrics = metricsWith({
    inFlight: () => now.inFlight,
    bufferBytes: () => now.bytes,
    pauses: () => now.pauses,
  });
  expect(await samples(metrics)).toMatchObject({
    logweir_in_flight_records: 3,
    logweir_buffer_size_bytes: 1000,
    'logweir_paused{reason="elasticsearch"}': 1,
    'logweir_paused{reason="buffer full"}': 1,
  });
  now.inFlight = 0;
  now.pauses = ['elasticsearch'];
  const later = await samples(metrics);
  expect(later['logweir_in_flight_records']).toBe(0);
  expect(later['logweir_paused{reason="elasticsearch"}']).toBe(1);
  expect(later).not.toHaveProperty('logweir_paused{reason="buffer full"}');
});

describe('blocks', () => {
  const hold = (reason: string, seconds: number): BlockInfo => ({
    reason,
    since: 1_000_000,
    seconds,
    records: 1,
    partitions: [],
    offset: null,
    record: null,
    message: null,
    action: '',
  });
  const seconds = 'logweir_hold_seconds_total{reason="403 block"}';

  it('are counted with their time, while they last and after their end', async () => {
    let holds = [hold('403 block', 10), hold('404 gone', 10)];
    const metrics = metricsWith({ holds: () => holds });
    expect(await samples(metrics)).toMatchObject({ logweir_held: 2, [seconds]: 10 });
    holds = [hold('403 block', 15), hold('404 gone', 15)];
    expect((await samples(metrics))[seconds]).toBe(15);
    holds = [hold('404 gone', 99)];
    metrics.holdEnded(hold('403 block', 17));
    expect(await samples(metrics)).toMatchObject({ logweir_held: 1, [seconds]: 17 });
  });

  it('without a scrape while they lasted are counted at their end', async () => {
    const metrics = metricsWith();
    metrics.holdEnded(hold('403 block', 4));
    expect((await samples(metrics))[seconds]).toBe(4);
  });

  it('of the same cause add up', async () => {
    const metrics = metricsWith();
    metrics.holdEnded(hold('403 block', 4));
    metrics.holdEnded(hold('403 block', 2));
    expect((await samples(metrics))[seconds]).toBe(6);
  });
});

it('the connection, the last contact, and rejected rebalance answers', async () => {
  let kafka = { connected: false, reason: null, lastContact: null, silentSeconds: null } as ReturnType<
    Gauges['kafka']
  >;
  const metrics = metricsWith({ kafka: () => kafka, rebalanceFailures: () => 3 });
  const before = await samples(metrics);
  expect(before['logweir_kafka_connected']).toBe(0);
  expect(before).not.toHaveProperty('logweir_kafka_last_contact_seconds');
  expect(before['logweir_kafka_rebalance_failures_total']).toBe(3);
  kafka = { connected: true, reason: null, lastContact: 1, silentSeconds: 4.5 };
  expect(await samples(metrics)).toMatchObject({
    logweir_kafka_connected: 1,
    logweir_kafka_last_contact_seconds: 4.5,
  });
});
