import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce, expectOnceOrDeadLettered } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';
import { Logweir, type Status } from '../support/logweir.ts';
import { readTopic } from '../support/topic-reader.ts';
import { waitFor } from '../support/wait.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

type Workers = Status & {
  workers: { worker: number; pid: number; state: string; reason: string | null; restarts: number }[];
};

async function statusOf(logweir: Logweir): Promise<Workers> {
  return (await logweir.status()) as Workers;
}

async function waitForWorkers(logweir: Logweir, partitions: number): Promise<Workers> {
  let status: Workers | undefined;
  await logweir.waitUntil(async () => {
    status = await statusOf(logweir);
    return (
      status.kafka.partitions.length === partitions &&
      new Set(status.kafka.partitions.map(({ worker }) => worker)).size === status.workers.length
    );
  }, 'every worker to have partitions');
  if (status === undefined) throw new Error('no status');
  return status;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('two workers share the partitions, answer as one, and end together with exit code 0', async () => {
  const lab = await openLab({ partitions: 4 });
  await lab.ledger.produce(lab.topic, events(0, 2000));
  const logweir = lab.start({ workers: 2, kafka: { group_instance_id: 'shop' } });
  const { workers } = await waitForWorkers(logweir, 4);
  expect(workers).toMatchObject([
    { worker: 1, state: 'running', restarts: 0 },
    { worker: 2, state: 'running', restarts: 0 },
  ]);
  await lab.ledger.produce(lab.topic, events(2000, 2000));
  await lab.waitForLagZero();
  expect((await logweir.get('/health/ready')).status).toBe(200);
  const { records } = await statusOf(logweir);
  expect(records).toMatchObject({ received: 4000, indexed: 4000, in_flight: 0 });
  expect(await logweir.metric('logweir_records_total{outcome="indexed"}')).toBe(4000);
  expect(await logweir.metric('logweir_component_received_events_total')).toBe(4000);
  const lines = logweir.log().filter(({ msg }) => msg === 'starting');
  expect(lines.map(({ worker }) => worker)).toEqual([1, 2]);
  expect(await logweir.stop()).toEqual({ code: 0, signal: null });
  expect(workers.filter(({ pid }) => isAlive(pid))).toEqual([]);
  await expectExactlyOnce(lab);
});

it('a worker that is killed is started again, its records are read again, and counts never go back', async () => {
  const lab = await openLab({ partitions: 4 });
  const logweir = lab.start({ workers: 2, kafka: { session_timeout_ms: 6000 } });
  const [victim] = (await waitForWorkers(logweir, 4)).workers;
  if (victim === undefined) throw new Error('no worker');
  await lab.ledger.produce(lab.topic, events(0, 4000));
  await logweir.waitUntil(async () => (await statusOf(logweir)).records.indexed > 500, 'progress');
  const before = await statusOf(logweir);
  const received = await logweir.metric('logweir_component_received_events_total');
  process.kill(victim.pid, 'SIGKILL');
  await logweir.waitForLog('worker exited');
  expect((await statusOf(logweir)).records.received).toBeGreaterThanOrEqual(before.records.received);
  const later = (await logweir.metric('logweir_component_received_events_total')) ?? 0;
  expect(later).toBeGreaterThanOrEqual(received ?? Infinity);
  expect((await logweir.get('/health/ready')).body).toMatch(/^worker 1: /);
  await lab.waitForLagZero();
  await logweir.waitUntil(async () => (await statusOf(logweir)).workers[0]?.state === 'running', 'worker 1');
  const { records, workers } = await statusOf(logweir);
  expect(workers[0]).toMatchObject({ worker: 1, restarts: 1 });
  expect(workers[0]?.pid).not.toBe(victim.pid);
  const { received: total, in_flight: inFlight, indexed, returned } = records;
  expect(total).toBe(indexed + inFlight + returned);
  await expectExactlyOnce(lab);
});

const HANGS = `export default (event) => {
  if (event.seq === 77) for (;;);
  event.touched = true;
  return event;
};`;

it('a record that makes a transform hang is dead-lettered the second time; all others are indexed', async () => {
  const lab = await openLab({ partitions: 4 });
  await lab.ledger.produce(lab.topic, events(0, 400));
  const logweir = lab.start(
    {
      workers: 2,
      stuck_after_ms: 1500,
      transforms: [{ use: './hangs.js' }],
      kafka: { session_timeout_ms: 6000 },
    },
    { 'hangs.js': HANGS },
  );
  await logweir.waitForLog('record quarantined', 60_000);
  await lab.waitForLagZero();
  const stuck = logweir.log().filter(({ msg }) => msg?.startsWith('worker stuck'));
  const at = [...lab.ledger.entries.values()].find(({ sequence }) => sequence === 77);
  expect(stuck).toHaveLength(2);
  expect(stuck[0]).toMatchObject({
    transform: './hangs.js',
    record: { topic: lab.topic, partition: at?.partition, offset: at?.offset },
  });
  const deadLetters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(deadLetters.map(({ headers }) => headers['logweir-reason'])).toEqual(['transform_stuck']);
  expect(await expectOnceOrDeadLettered(lab, true)).toEqual({ deadLettered: 1, twice: 0 });
  // Nothing remains of it: what comes later passes.
  await lab.ledger.produce(lab.topic, events(1000, 100));
  await lab.waitForLagZero();
});

const HANGS_LATE = `export default (event) => {
  if (event.seq === 77) event.message = { toJSON() { for (;;); } };
  return event;
};`;

it('a record that hangs after the transforms, while its document is rendered, is dead-lettered the second time too', async () => {
  const lab = await openLab({ partitions: 2 });
  await lab.ledger.produce(lab.topic, events(0, 200));
  const logweir = lab.start(
    {
      workers: 2,
      stuck_after_ms: 1500,
      transforms: [{ use: './hangs.js' }],
      kafka: { session_timeout_ms: 6000 },
    },
    { 'hangs.js': HANGS_LATE },
  );
  await lab.waitForLagZero(90_000);
  const stuck = logweir.log().filter(({ msg }) => msg?.startsWith('worker stuck'));
  const at = [...lab.ledger.entries.values()].find(({ sequence }) => sequence === 77);
  expect(stuck).toHaveLength(2);
  expect(stuck[1]).toMatchObject({
    transform: 'render',
    record: { topic: lab.topic, partition: at?.partition, offset: at?.offset },
  });
  const deadLetters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(deadLetters.map(({ headers }) => headers['logweir-reason'])).toEqual(['transform_stuck']);
  expect(await expectOnceOrDeadLettered(lab, true)).toEqual({ deadLettered: 1, twice: 0 });
});

it('one process alone names the transform and the record that it is stuck at', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, [{ seq: 77 }]);
  const logweir = lab.start(
    { stuck_after_ms: 1000, transforms: [{ use: './hangs.js' }] },
    { 'hangs.js': HANGS },
  );
  expect(await logweir.waitForLog('event loop stuck')).toMatchObject({
    level: 60,
    transform: './hangs.js',
    record: { topic: lab.topic, partition: 0, offset: 0 },
  });
  expect(await lab.committed()).toEqual([-1]);
});

it('workers end by themselves when their supervisor is killed, one that hangs included', async () => {
  const lab = await openLab({ partitions: 4 });
  const logweir = lab.start(
    { workers: 2, stuck_after_ms: 4000, transforms: [{ use: './hangs.js' }] },
    { 'hangs.js': HANGS },
  );
  const { workers } = await waitForWorkers(logweir, 4);
  await lab.ledger.produce(lab.topic, events(0, 200));
  await logweir.waitUntil(
    async () => (await statusOf(logweir)).workers.some(({ state }) => state === 'silent'),
    'a worker to hang',
  );
  await logweir.kill();
  const allGone = (): boolean => workers.every(({ pid }) => !isAlive(pid));
  await waitFor(allGone, { timeoutMs: 20_000, what: 'the workers to be gone' });
  expect(allGone()).toBe(true);
});

it('a chain that does not load is said once, and ends all with exit code 78', async () => {
  const lab = await openLab({ partitions: 1 });
  const logweir = lab.start({ workers: 3, transforms: [{ use: './missing.js' }] });
  expect(await logweir.exited).toEqual({ code: 78, signal: null });
  expect(logweir.output.match(/there is no file/g)).toHaveLength(1);
});

it('a second signal, a second after the first, ends all workers at once', async () => {
  const lab = await openLab({ partitions: 2 });
  const stalled = lab.proxy.rule({ from: 1 }, { delayMs: 20_000 });
  const logweir = lab.start({ workers: 2 });
  const { workers } = await waitForWorkers(logweir, 2);
  await lab.ledger.produce(lab.topic, events(0, 100));
  await logweir.waitUntil(() => stalled.hits > 0, 'a request in flight');
  logweir.signal('SIGTERM');
  await logweir.waitForLog('stopping workers');
  await delay(1100);
  logweir.signal('SIGTERM');
  expect(await logweir.exited).toEqual({ code: 143, signal: null });
  await waitFor(() => workers.every(({ pid }) => !isAlive(pid)), {
    timeoutMs: 10_000,
    what: 'the workers to be gone',
  });
  stalled.remove();
  expect(await lab.search()).toEqual([]);
});
