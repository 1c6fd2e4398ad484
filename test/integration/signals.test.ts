import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { expectExactlyOnce } from '../support/checks.ts';
import { agentEvent } from '../support/events.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';

const events = (count: number) => Array.from({ length: count }, (_, index) => agentEvent(index));

/** Bulk requests that are answered later. */
async function bulksInFlight(lab: Lab, logweir: Logweir, answerAfterMs: number): Promise<void> {
  const slow = lab.proxy.rule({ from: 1 }, { delayMs: answerAfterMs });
  await lab.ledger.produce(lab.topic, events(300));
  await logweir.waitUntil(() => slow.hits > 0, 'a request in flight');
}

/** Runs it again, and waits for what it had not read. @returns how many documents the first one had sent and not awaited */
async function goOn(lab: Lab): Promise<number> {
  const { itemsSent, acknowledged } = lab.proxy;
  const open = itemsSent - acknowledged.size;
  lab.start();
  await lab.waitForLagZero();
  // What was acknowledged was committed, too: nothing is sent twice.
  return open + lab.proxy.itemsSent - 300;
}

it.each<[number, NodeJS.Signals, NodeJS.Signals]>([
  [1, 'SIGTERM', 'SIGTERM'],
  [10, 'SIGINT', 'SIGINT'],
  [50, 'SIGTERM', 'SIGINT'],
  [500, 'SIGTERM', 'SIGTERM'],
])('two signals %d ms apart (%s, %s) are one: what is in flight is awaited', async (ms, first, second) => {
  const lab = await openLab({ partitions: 1 });
  const logweir = lab.start({ elasticsearch: { batch: { max_events: 100 } } });
  await bulksInFlight(lab, logweir, 1500);
  logweir.signal(first);
  await delay(ms);
  logweir.signal(second);
  expect(await logweir.exited).toEqual({ code: 0, signal: null });
  expect(await goOn(lab)).toBe(0);
  await expectExactlyOnce(lab);
});

it.each<[NodeJS.Signals, number]>([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('%s 1.2 seconds after the first signal ends it at once, with %d', async (second, code) => {
  const lab = await openLab({ partitions: 1 });
  const logweir = lab.start();
  await bulksInFlight(lab, logweir, 20_000);
  logweir.signal('SIGTERM');
  await logweir.waitForLog('stopping');
  await delay(1200);
  logweir.signal(second);
  expect(await logweir.exited).toEqual({ code, signal: null });
});

it('a signal that reaches the supervisor and each of its workers, twice, ends nothing early', async () => {
  const lab = await openLab({ partitions: 2 });
  const logweir = lab.start({ workers: 2 });
  const status = async () =>
    (await logweir.status()) as unknown as { workers: { pid: number; state: string }[] };
  await logweir.waitForPartitions(2);
  const areUp = async () => (await status()).workers.every(({ state }) => state === 'running');
  await logweir.waitUntil(areUp, 'both workers to run');
  const pids = [...(await status()).workers.map(({ pid }) => pid), logweir.pid];
  await bulksInFlight(lab, logweir, 1500);
  for (let round = 0; round < 2; round++) {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGTERM');
    await delay(20);
  }
  expect(await logweir.exited).toEqual({ code: 0, signal: null });
  expect(await goOn(lab)).toBe(0);
  await expectExactlyOnce(lab);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
