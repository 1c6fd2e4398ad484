import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { forgeItems } from '../support/forge.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { waitFor } from '../support/topics.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

async function isPaused(lab: Lab, logweir: ReturnType<Lab['start']>): Promise<void> {
  await logweir.waitUntil(
    async () => (await logweir.status()).elasticsearch.state === 'outage',
    'the outage to be seen',
  );
  await logweir.waitUntil(
    async () => (await logweir.status()).kafka.partitions.every(({ paused }) => paused),
    'a pause',
  );
}

it('Elasticsearch down at start: said, retried, and everything arrives when it comes', async () => {
  const lab = await openLab();
  await lab.proxy.refuse();
  await lab.ledger.produce(lab.topic, events(0, 500));
  const logweir = lab.start();
  const line = await logweir.waitForLog('does not accept documents');
  expect(line['reason']).toMatch(/ECONNREFUSED/);
  await isPaused(lab, logweir);
  expect((await logweir.get('/health/ready')).status).toBe(503);
  expect((await logweir.get('/health/live')).status).toBe(200);
  expect(await lab.committed()).toEqual((await lab.ends()).map((end) => (end > 0 ? 0 : expect.anything())));
  await lab.proxy.accept();
  await lab.waitForLagZero();
  expect((await logweir.get('/health/ready')).status).toBe(200);
  await expectExactlyOnce(lab);
});

it('Elasticsearch down in the middle: consumption pauses, the committed offset stays, nothing is lost', async () => {
  const lab = await openLab();
  await lab.ledger.produce(lab.topic, events(0, 1000));
  const logweir = lab.start();
  await lab.waitForLagZero();
  const before = await lab.committed();
  await lab.proxy.refuse();
  await lab.ledger.produce(lab.topic, events(1000, 5000));
  await isPaused(lab, logweir);
  expect(await logweir.metric('logweir_paused{reason="elasticsearch"}')).toBe(1);
  expect(await lab.committed()).toEqual(before);
  await lab.proxy.accept();
  const start = Date.now();
  const acknowledged = lab.proxy.acknowledged.size;
  await waitFor(() => lab.proxy.acknowledged.size > acknowledged, {
    timeoutMs: 5000,
    what: 'an acknowledgement',
    everyMs: 5,
  });
  // max_ms of the backoff is 500 here.
  expect(Date.now() - start).toBeLessThan(1500);
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

it('an outage longer than max.poll.interval.ms: no eviction, and it continues by itself', async () => {
  const lab = await openLab();
  await lab.ledger.produce(lab.topic, events(0, 300));
  const logweir = lab.start({
    kafka: { session_timeout_ms: 6000, librdkafka_options: { 'max.poll.interval.ms': 6000 } },
  });
  await lab.waitForLagZero();
  await lab.proxy.refuse();
  await lab.ledger.produce(lab.topic, events(300, 300));
  await isPaused(lab, logweir);
  const pausedAt = Date.now();
  await logweir.waitUntil(
    () => Date.now() - pausedAt > 13_000,
    'more than twice max.poll.interval.ms to pass',
  );
  await lab.proxy.accept();
  await lab.waitForLagZero();
  const messages = logweir.log().map(({ msg }) => msg);
  expect(messages.filter((message) => message === 'partitions assigned')).toHaveLength(1);
  expect(
    messages.filter((message) => message === 'partitions lost' || message === 'partitions revoked'),
  ).toEqual([]);
  await expectExactlyOnce(lab);
});

it('answers that are cut before and after the write: sent again, stored once', async () => {
  const lab = await openLab();
  const before = lab.proxy.rule(({ count }) => count % 4 === 1, 'cutBefore');
  const after = lab.proxy.rule(({ count }) => count % 4 === 3, 'cutAfter');
  await lab.ledger.produce(lab.topic, events(0, 4000));
  lab.start({ elasticsearch: { batch: { max_events: 200 } } });
  await lab.waitForLagZero();
  expect(before.hits).toBeGreaterThan(1);
  expect(after.hits).toBeGreaterThan(1);
  expect(lab.proxy.itemsSent).toBeGreaterThan(4000);
  await expectExactlyOnce(lab);
});

it('SIGTERM during an outage: exits 0 within the shutdown timeout, and the next start brings the rest', async () => {
  const lab = await openLab();
  await lab.proxy.refuse();
  await lab.ledger.produce(lab.topic, events(0, 500));
  const logweir = lab.start({ shutdown_timeout_ms: 1500 });
  await isPaused(lab, logweir);
  const start = Date.now();
  expect(await logweir.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - start).toBeLessThan(8000);
  expect((await logweir.waitForLog(/^stopped$/))['unsettled']).toBeGreaterThan(0);
  await lab.proxy.accept();
  lab.start();
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

it('SIGTERM with bulks in flight: they are awaited and committed, so that nothing is sent twice', async () => {
  const lab = await openLab();
  lab.proxy.rule({ from: 1 }, { delayMs: 300 });
  await lab.ledger.produce(lab.topic, events(0, 1000));
  const first = lab.start({
    elasticsearch: { batch: { max_events: 100 } },
    buffer: { max_bytes: 1_048_576 },
  });
  await lab.proxy.waitForInFlight(1);
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  expect(lab.proxy.acknowledged.size).toBe(lab.proxy.itemsSent);
  lab.start();
  await lab.waitForLagZero();
  expect(lab.proxy.itemsSent).toBe(1000);
  await expectExactlyOnce(lab);
});

it('401 for a while, then 200: blocked with an alert, nothing skipped', async () => {
  const lab = await openLab();
  const wrong = lab.proxy.rule(
    { from: 1 },
    { answer: { status: 401, body: { error: { type: 'security_exception' } } } },
  );
  await lab.ledger.produce(lab.topic, events(0, 500));
  const logweir = lab.start();
  expect((await logweir.waitForLog('blocked: operator action required'))['reason']).toBe(
    'HTTP 401 security_exception',
  );
  expect(await logweir.metric('logweir_held')).toBe(1);
  expect((await lab.committed()).every((offset) => offset <= 0)).toBe(true);
  expect(wrong.hits).toBeGreaterThan(0);
  wrong.remove();
  await lab.waitForLagZero();
  expect(await logweir.metric('logweir_held')).toBe(0);
  await expectExactlyOnce(lab);
});

it('an item answered 429 once: only that one is sent again', async () => {
  const lab = await openLab({ partitions: 1 });
  const forged = forgeItems(
    429,
    'es_rejected_execution_exception',
    (document) => forged.count === 0 && /"seq":50[,}]/.test(document),
  );
  lab.proxy.rule({ from: 1 }, forged.action);
  await lab.ledger.produce(lab.topic, events(0, 100));
  lab.start();
  await lab.waitForLagZero();
  expect(forged.count).toBe(1);
  expect(lab.proxy.itemsSent).toBe(101);
  await expectExactlyOnce(lab);
});
