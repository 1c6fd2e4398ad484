import { describe, expect, it } from 'vitest';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';

async function waitForState(logweir: Logweir, state: string): Promise<void> {
  const what = `Elasticsearch to be ${state}`;
  await logweir.waitUntil(async () => (await logweir.status()).elasticsearch.state === state, what, 20_000);
}

const at = (url: string) => ({ elasticsearch: { endpoints: [url] } });

describe('before the first record', () => {
  it.each([
    ['an address where nothing listens', 'http://127.0.0.1:1', /ECONNREFUSED/],
    ['a server without TLS that is asked with it', 'https', /SSL|TLS|packet length|wrong version/i],
  ])('%s is not ready, with the reason, and is no pause', async (_name, given, reason) => {
    const lab = await openLab({ partitions: 1 });
    const url = given === 'https' ? lab.proxy.url.replace('http:', 'https:') : given;
    const logweir = lab.start(at(url));
    await waitForState(logweir, 'unreachable');
    const status = await logweir.status();
    expect(status.elasticsearch.reason).toMatch(reason);
    expect(status.kafka.paused).toEqual([]);
    const ready = await logweir.get('/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.body).toMatch(/^Elasticsearch: unreachable: https?:\/\/127\.0\.0\.1:\d+\/: /);
    expect((await logweir.get('/health/live')).status).toBe(200);
    expect((await logweir.waitForLog('Elasticsearch is unreachable'))['reason']).toMatch(reason);
  });

  it.each([
    ['401', { status: 401, body: {} }, /HTTP 401: login rejected/],
    ['503', { status: 503, body: {} }, /HTTP 503$/],
    [
      'another server',
      { status: 200, headers: { 'x-elastic-product': '' }, body: '<html>' },
      /X-Elastic-Product/,
    ],
  ])('%s is not ready, and is ready as soon as that is mended', async (_name, answer, reason) => {
    const lab = await openLab({ partitions: 1 });
    const rule = lab.proxy.rule({ from: 1, path: '/' }, { answer });
    const logweir = lab.start();
    await waitForState(logweir, 'unreachable');
    expect((await logweir.status()).elasticsearch.reason).toMatch(reason);
    expect(lab.proxy.bulkRequests).toBe(0);
    rule.remove();
    await waitForState(logweir, 'ok');
    await logweir.waitForPartitions(1);
    expect((await logweir.get('/health/ready')).status).toBe(200);
  });

  it.each([403, 405])('HTTP %i is Elasticsearch: it asks for no privilege', async (status) => {
    const lab = await openLab({ partitions: 1 });
    lab.proxy.rule({ from: 1, path: '/' }, { answer: { status, body: {} } });
    const logweir = lab.start();
    await waitForState(logweir, 'ok');
    await logweir.waitForPartitions(1);
    expect((await logweir.get('/health/ready')).status).toBe(200);
  });
});

it('what goes away while nothing comes is seen, and consumption is not paused for it', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, [{ seq: 0 }]);
  const logweir = lab.start();
  await lab.waitForLagZero();
  await waitForState(logweir, 'ok');
  await lab.proxy.refuse();
  await waitForState(logweir, 'unreachable');
  expect((await logweir.status()).kafka.paused).toEqual([]);
  await lab.proxy.accept();
  await lab.ledger.produce(lab.topic, [{ seq: 1 }]);
  await lab.waitForLagZero();
  await waitForState(logweir, 'ok');
  await expectExactlyOnce(lab);
});

it('of several endpoints one is enough, and the status says which does not answer', async () => {
  const lab = await openLab({ partitions: 1 });
  const logweir = lab.start({ elasticsearch: { endpoints: ['http://127.0.0.1:1', lab.proxy.url] } });
  await waitForState(logweir, 'ok');
  expect((await logweir.status()).elasticsearch.reason).toMatch(/^http:\/\/127\.0\.0\.1:1\/: .*ECONNREFUSED/);
  await logweir.waitForPartitions(1);
  expect((await logweir.get('/health/ready')).status).toBe(200);
  expect(await logweir.stop()).toEqual({ code: 0, signal: null });
});

it('a SIGTERM while it is asked ends the process as ever', async () => {
  const lab = await openLab({ partitions: 1 });
  lab.proxy.rule({ from: 1, path: '/' }, 'hang');
  const logweir = lab.start();
  await logweir.waitForPartitions(1);
  expect((await logweir.status()).elasticsearch.state).not.toBe('ok');
  const start = Date.now();
  expect(await logweir.stop()).toEqual({ code: 0, signal: null });
  expect(Date.now() - start).toBeLessThan(8000);
});
