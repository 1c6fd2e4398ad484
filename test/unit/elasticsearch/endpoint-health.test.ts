import { expect, it, vi } from 'vitest';
import { EndpointHealth } from '../../../src/elasticsearch/endpoint-health.ts';
import { Reachability } from '../../../src/elasticsearch/reachability.ts';
import { fakeDelay } from '../support/fake-delay.ts';
import { settleDown } from '../support/fakes.ts';
import { memoryLog } from '../support/memory-log.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

const ENDPOINTS = ['http://elastic:s3cret@good:9200', 'http://dead:9200'];

it('one failing endpoint of two is named, once when it begins to fail and once when it answers again', () => {
  const { log, lines } = memoryLog();
  const health = new EndpointHealth(ENDPOINTS, log);
  expect(health.list()).toMatchObject([
    { url: 'http://good:9200/', state: 'unknown', since: null },
    { url: 'http://dead:9200/', state: 'unknown', since: null },
  ]);
  health.note('http://elastic:s3cret@good:9200/', null);
  for (let n = 0; n < 5; n++) health.note('http://dead:9200/', 'connect ECONNREFUSED');
  expect(health.isAnyFailing).toBe(true);
  expect(health.list()).toMatchObject([
    { url: 'http://good:9200/', state: 'ok', reason: null, failures: 0 },
    { url: 'http://dead:9200/', state: 'failing', reason: 'connect ECONNREFUSED', failures: 5 },
  ]);
  health.note('http://dead:9200/', null);
  health.note('http://other:9200/', 'unknown endpoints are ignored');
  expect(health.isAnyFailing).toBe(false);
  expect(lines).toMatchObject([
    { code: 'endpoint_failing', endpoint: 'http://dead:9200/', reason: 'connect ECONNREFUSED', others_ok: 1 },
    { code: 'endpoint_recovered', endpoint: 'http://dead:9200/' },
  ]);
  expect(JSON.stringify([lines, health.list()])).not.toContain('s3cret');
});

it('an endpoint that flaps is not told each time, and a single one is told by the outage', () => {
  const { log, lines } = memoryLog();
  const health = new EndpointHealth(ENDPOINTS, log);
  for (let n = 0; n < 100; n++) health.note('http://dead:9200/', n % 2 === 0 ? 'reset' : null);
  expect(lines.filter(({ code }) => code === 'endpoint_failing')).toHaveLength(1);
  const single = memoryLog();
  new EndpointHealth(['http://dead:9200'], single.log).note('http://dead:9200/', 'reset');
  expect(single.lines).toEqual([]);
});

it('is checked while it fails, although bulk requests are answered by the other one', async () => {
  fakeDelay.reset();
  fakeDelay.held = true;
  const health = new EndpointHealth(ENDPOINTS, memoryLog().log);
  let asked = 0;
  let reason: string | null = 'connect ECONNREFUSED';
  const ask = health.observed(async () => {
    asked++;
    return [
      { endpoint: 'http://good:9200/', reason: null },
      { endpoint: 'http://dead:9200/', reason },
    ];
  });
  const changed: string[] = [];
  const reachability = new Reachability(
    ask,
    ({ state }) => void changed.push(state),
    () => health.isAnyFailing,
  );
  const running = reachability.run();
  const later = async (): Promise<void> => {
    reachability.answered();
    fakeDelay.end();
    await settleDown();
  };
  await settleDown();
  expect(asked).toBe(1);
  await later();
  expect([asked, health.isAnyFailing]).toEqual([2, true]);
  reason = null;
  await later();
  expect([asked, health.isAnyFailing]).toEqual([3, false]);
  await later();
  expect([asked, changed]).toEqual([3, ['ok']]);
  reachability.close();
  fakeDelay.end();
  await running;
});
