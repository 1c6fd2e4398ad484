import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { expectExactlyOnce } from '../support/checks.ts';
import { agentEvent } from '../support/events.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';

const events = (count: number) => Array.from({ length: count }, (_, index) => agentEvent(index));

/** One with a bulk request that is answered later. */
async function withBulksInFlight(lab: Lab, answerAfterMs: number, sections = {}): Promise<Logweir> {
  const slow = lab.proxy.rule({ from: 1 }, { delayMs: answerAfterMs });
  await lab.ledger.produce(lab.topic, events(300));
  const logweir = lab.start({ elasticsearch: { batch: { max_events: 100 } }, ...sections });
  await logweir.waitUntil(() => slow.hits > 0, 'a request in flight');
  return logweir;
}

async function expectDrained(lab: Lab, logweir: Logweir): Promise<void> {
  expect(await logweir.exited).toEqual({ code: 0, signal: null });
  expect(logweir.log().some(({ msg }) => msg?.includes('ending at once'))).toBe(false);
  // What was sent is acknowledged and committed: the next one begins behind it.
  expect(lab.proxy.acknowledged.size).toBe(lab.proxy.itemsSent);
  expect(lab.proxy.itemsSent).toBeGreaterThan(0);
  const sent = lab.proxy.itemsSent;
  lab.start();
  await lab.waitForLagZero();
  expect(lab.proxy.itemsSent).toBe(300);
  expect(sent).toBeLessThanOrEqual(300);
  await expectExactlyOnce(lab);
}

it.each<[number, NodeJS.Signals, NodeJS.Signals]>([
  [1, 'SIGTERM', 'SIGTERM'],
  [10, 'SIGINT', 'SIGINT'],
  [50, 'SIGTERM', 'SIGINT'],
  [500, 'SIGTERM', 'SIGTERM'],
])('two signals %d ms apart (%s, %s) are one: what is in flight is awaited', async (ms, first, second) => {
  const lab = await openLab({ partitions: 1 });
  const logweir = await withBulksInFlight(lab, 1500);
  logweir.signal(first);
  await delay(ms);
  logweir.signal(second);
  await expectDrained(lab, logweir);
});

it.each<[NodeJS.Signals, number]>([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('%s 1.2 seconds after the first signal ends it at once, with %d', async (second, code) => {
  const lab = await openLab({ partitions: 1 });
  const logweir = await withBulksInFlight(lab, 20_000);
  logweir.signal('SIGTERM');
  await logweir.waitForLog('stopping');
  await delay(1200);
  logweir.signal(second);
  expect(await logweir.exited).toEqual({ code, signal: null });
});

it('a signal that reaches the supervisor and each of its workers, twice, ends nothing early', async () => {
  const lab = await openLab({ partitions: 2 });
  const logweir = await withBulksInFlight(lab, 1500, { workers: 2 });
  const { workers } = (await logweir.status()) as unknown as { workers: { pid: number }[] };
  const pids = [...workers.map(({ pid }) => pid), logweir.pid];
  for (let round = 0; round < 2; round++) {
    for (const pid of pids) process.kill(pid, 'SIGTERM');
    await delay(20);
  }
  await expectDrained(lab, logweir);
});
