import { expect, it, onTestFinished } from 'vitest';
import { dashboardQueries } from '../support/dashboard.ts';
import { agentEvent } from '../support/events.ts';
import { openLab } from '../support/lab.ts';
import { Prometheus } from '../support/prometheus-server.ts';
import { vectorDashboards } from '../support/vector-dashboards.ts';
import { waitFor } from '../support/wait.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

/** Drops one event of five, and fails for another. */
const files = {
  'drops.js': 'export default (event) => (event.seq % 5 === 1 ? undefined : event);',
  'fails.js': 'export default (event) => { if (event.seq % 5 === 2) throw new Error("no"); return event; };',
};
const transforms = [{ use: './drops.js' }, { use: './fails.js' }];

it('a real Prometheus answers every query of the dashboard, sees an outage, and sees it end', async () => {
  const lab = await openLab({ partitions: 1 });
  const logweir = lab.start({ transforms }, files);
  const { admin } = await logweir.waitForLog(/^starting/);
  const prometheus = await Prometheus.start(new URL(String(admin)).host);
  onTestFinished(async () => prometheus.close());

  let produced = 0;
  const produce = async (): Promise<void> => {
    await lab.ledger.produce(lab.topic, events(produced, 20));
    produced += 20;
  };
  let missing: string[] = [];
  const isAnswered = async (): Promise<boolean> => {
    await produce();
    const answers = await Promise.all(
      dashboardQueries('5s').map(async (one) => ({ ...one, values: await prometheus.query(one.expr) })),
    );
    missing = answers
      .filter(({ values }) => !values.some(Number.isFinite))
      .map(({ title, expr }) => `${title}: ${expr}`);
    return missing.length === 0;
  };
  await waitFor(isAnswered, { timeoutMs: 40_000, what: 'every query to have data', everyMs: 300 }).catch(
    (error: unknown) => {
      throw new Error(missing.join('\n'), { cause: error });
    },
  );
  const firing = async (name: string) => prometheus.firing(name);
  await waitFor(async () => (await firing('LogweirTransformFailing')) !== undefined, {
    timeoutMs: 10_000,
    what: 'the alert of the transform',
  });
  expect((await firing('LogweirTransformFailing'))?.annotations['description']).toMatch(
    /^It fails for 2\d(\.\d+)?% of its events/,
  );
  expect(await firing('LogweirPausedByElasticsearch')).toBeUndefined();

  await lab.proxy.refuse();
  await produce();
  const outage = ['LogweirPausedByElasticsearch', 'LogweirNotFlowing'];
  for (const name of outage)
    await waitFor(async () => (await firing(name)) !== undefined, { timeoutMs: 30_000, what: name });
  expect((await firing('LogweirNotFlowing'))?.annotations['description']).toMatch(
    /^\d+ records wait in Kafka, and 127\.0\.0\.1:\d+ has settled none/,
  );
  await lab.proxy.accept();
  for (const name of outage)
    await waitFor(async () => (await firing(name)) === undefined, {
      timeoutMs: 30_000,
      what: `${name} to end`,
    });
  await lab.waitForLagZero();

  const status = JSON.parse((await logweir.get('/api/status')).body) as { transforms: unknown };
  const fifth = produced / 5;
  expect(status.transforms).toEqual([
    {
      name: './drops.js',
      in: produced,
      out: 4 * fifth,
      dropped: fifth,
      failed: 0,
      seconds: expect.any(Number),
    },
    {
      name: './fails.js',
      in: 4 * fifth,
      out: 3 * fifth,
      dropped: 0,
      failed: fifth,
      seconds: expect.any(Number),
    },
  ]);
});

it("with the prefix vector_, two workers serve Vector's names and labels as one", async () => {
  const lab = await openLab({ partitions: 2 });
  const admin = {
    listen: '127.0.0.1:0',
    metrics_prefix: 'vector_',
    component_ids: { source: 'kafka_in', transforms: { './drops.js': 'drop_some' }, sink: 'es_out' },
  };
  await lab.ledger.produce(lab.topic, events(0, 100));
  const logweir = lab.start({ workers: 2, transforms, admin }, files);
  await lab.waitForLagZero();
  const bothRun = async (): Promise<boolean> => {
    const { workers } = JSON.parse((await logweir.get('/api/status')).body) as {
      workers: { state: string }[];
    };
    return workers.filter(({ state }) => state === 'running').length === 2;
  };
  await logweir.waitUntil(bothRun, 'two running workers');
  await logweir.waitForPartitions(2);
  const { body } = await logweir.get('/metrics');
  const of = (name: string, ...labels: string[]): number =>
    body
      .split('\n')
      .filter((line) => line.startsWith(`vector_${name}{`) && labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  const asked = vectorDashboards.flatMap(({ metrics }) => metrics.map(({ name }) => name));
  const isThere = (name: string): boolean => new RegExp(`^vector_${name}(_count)?[{].*host=`, 'm').test(body);
  expect(asked.filter((name) => !isThere(name))).toEqual([]);
  expect(of('component_received_events_total', 'component_id="kafka_in"', 'component_kind="source"')).toBe(
    100,
  );
  expect(of('component_received_events_total', 'component_id="drop_some"')).toBe(100);
  expect(of('component_discarded_events_total', 'component_id="drop_some"', 'intentional="true"')).toBe(20);
  expect(of('component_errors_total', 'component_id="./fails.js"', 'stage="processing"')).toBe(20);
  expect(of('component_sent_events_total', 'component_id="es_out"', 'component_type="elasticsearch"')).toBe(
    60,
  );
  expect(of('component_sent_event_bytes_total', 'component_id="es_out"')).toBeGreaterThan(60 * 50);
  expect(of('http_client_responses_total', 'status="200"')).toBeGreaterThan(0);
  expect(of('kafka_consumer_lag', 'topic_id=', 'partition_id="1"')).toBe(0);
  expect(of('build_info', 'version=')).toBe(1);
  expect(of('workers', 'state="running"')).toBe(2);
  expect(of('worker_restarts_total')).toBe(0);
  expect(of('process_start_time_seconds')).toBeLessThan(Date.now() / 1000 + 1);
  const status = JSON.parse((await logweir.get('/api/status')).body) as { transforms: object[] };
  expect(status.transforms).toMatchObject([
    { name: './drops.js', in: 100, out: 80, dropped: 20, failed: 0 },
    { name: './fails.js', in: 80, out: 60, dropped: 0, failed: 20 },
  ]);
});
