import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { called, withAdmin } from '../support/kafka-client.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { createTopic, deleteTopic, waitFor } from '../support/topics.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));
const SESSION = { session_timeout_ms: 6000 };

/** Every partition's committed offset moves within ten seconds. */
async function expectEveryPartitionToMove(lab: Lab, from: number): Promise<void> {
  const before = await lab.committed();
  for (let partition = 0; partition < lab.partitions; partition++) {
    await lab.ledger.produce(lab.topic, events(from + partition * 10, 10), { partition });
  }
  const moved = async (): Promise<boolean> =>
    (await lab.committed()).every((offset, index) => offset > (before[index] ?? -1));
  await waitFor(moved, { timeoutMs: 10_000, what: 'every partition to move' });
}

it('2 → 5 → 2 members under load with slow bulks: 0 lost, 0 stored twice, every partition moves', async () => {
  const lab = await openLab({ partitions: 6 });
  const slow = lab.proxy.rule({ from: 1 }, { delayMs: 100 });
  const settings = { kafka: SESSION, elasticsearch: { batch: { max_events: 100 } } };
  const feeding = new AbortController();
  let fed = 0;
  const feed = (async () => {
    while (!feeding.signal.aborted) {
      await lab.ledger.produce(lab.topic, events(fed, 100));
      fed += 100;
      await waitFor(() => lab.proxy.acknowledged.size > fed - 3000, { timeoutMs: 60_000, what: 'progress' });
    }
  })();
  const members: Logweir[] = [lab.start(settings), lab.start(settings)];
  for (const member of members) await member.waitForPartitions(3);
  for (let joined = 0; joined < 3; joined++) members.push(lab.start(settings));
  for (const member of members.slice(2))
    await member.waitUntil(async () => (await member.status()).kafka.partitions.length > 0, 'partitions');
  // One is killed, two leave in order: the rest share what they had.
  await members[0]?.kill();
  await Promise.all([members[1]?.stop(), members[2]?.stop()]);
  for (const member of members.slice(3)) await member.waitForPartitions(3);
  feeding.abort();
  await feed;
  expect(slow.hits).toBeGreaterThan(0);
  await expectEveryPartitionToMove(lab, 1_000_000);
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

it('a partition that is lost while it is paused, and comes back after the outage, is read again', async () => {
  const lab = await openLab({ partitions: 2 });
  await lab.ledger.produce(lab.topic, events(0, 200));
  const settings = { kafka: SESSION, shutdown_timeout_ms: 500 };
  const first = lab.start(settings);
  await lab.waitForLagZero();
  await lab.proxy.refuse();
  await lab.ledger.produce(lab.topic, events(200, 50), { partition: 0 });
  await lab.ledger.produce(lab.topic, events(250, 50), { partition: 1 });
  await first.waitUntil(
    async () => (await first.status()).kafka.partitions.every(({ paused }) => paused),
    'a pause',
  );
  const second = lab.start(settings);
  await second.waitForPartitions(1);
  await first.waitForPartitions(1);
  await lab.proxy.accept();
  await second.stop();
  await first.waitForPartitions(2);
  await expectEveryPartitionToMove(lab, 1000);
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

it('the eager protocol works too', async () => {
  const lab = await openLab({ partitions: 4 });
  const settings = {
    kafka: { ...SESSION, librdkafka_options: { 'partition.assignment.strategy': 'range,roundrobin' } },
  };
  await lab.ledger.produce(lab.topic, events(0, 2000));
  const first = lab.start(settings);
  await first.waitForPartitions(4);
  const second = lab.start(settings);
  await second.waitForPartitions(2);
  await first.waitForPartitions(2);
  await lab.ledger.produce(lab.topic, events(2000, 2000));
  expect((await first.stop()).code).toBe(0);
  await second.waitForPartitions(4);
  await lab.waitForLagZero();
  expect(second.log().find(({ msg }) => msg === 'partitions assigned')?.['protocol']).toBe('EAGER');
  await expectExactlyOnce(lab);
});

it('static membership: a restart within the session does not rebalance the others', async () => {
  const lab = await openLab({ partitions: 4 });
  const settings = (name: string) => ({ kafka: { session_timeout_ms: 20_000, group_instance_id: name } });
  const first = lab.start(settings('a'));
  await first.waitForPartitions(4);
  const second = lab.start(settings('b'));
  await second.waitForPartitions(2);
  await first.waitForPartitions(2);
  const rebalances = (): number => first.log().filter(({ msg }) => msg?.startsWith('partitions ')).length;
  const before = rebalances();
  expect((await second.stop()).code).toBe(0);
  await lab.ledger.produce(lab.topic, events(0, 400));
  const again = lab.start(settings('b'));
  await again.waitForPartitions(2);
  await lab.waitForLagZero();
  expect(rebalances()).toBe(before);
  await expectExactlyOnce(lab);
});

it('two members with one static name: the later one continues, the first is told why and ends', async () => {
  const lab = await openLab({ partitions: 2 });
  await lab.ledger.produce(lab.topic, events(0, 200));
  const settings = { kafka: { ...SESSION, group_instance_id: 'twin' } };
  const first = lab.start(settings);
  await first.waitForPartitions(2);
  const second = lab.start(settings);
  expect((await first.exited).code).toBe(70);
  expect(first.output).toMatch(/group_instance_id/);
  await lab.ledger.produce(lab.topic, events(200, 200));
  await lab.waitForLagZero();
  expect(second.running).toBe(true);
  await expectExactlyOnce(lab);
});

it('a member that is frozen for longer than the session loses its partitions, and commits nothing when it wakes', async () => {
  const lab = await openLab({ partitions: 2 });
  await lab.ledger.produce(lab.topic, events(0, 200));
  const first = lab.start({ kafka: SESSION });
  await lab.waitForLagZero();
  first.signal('SIGSTOP');
  const second = lab.start({ kafka: SESSION });
  await second.waitForPartitions(2);
  await lab.ledger.produce(lab.topic, events(200, 200));
  await lab.waitForLagZero();
  first.signal('SIGCONT');
  await first.waitForLog('partitions lost', 30_000);
  await first.waitForPartitions(1);
  await lab.ledger.produce(lab.topic, events(400, 200));
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

it('partitions that are added while it runs are read from their start', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, events(0, 100));
  const logweir = lab.start({
    kafka: { librdkafka_options: { 'topic.metadata.refresh.interval.ms': 1000 } },
  });
  await lab.waitForLagZero();
  await withAdmin(lab.kafka, (admin) =>
    called((callback) => admin.createPartitions(lab.topic, 3, 10_000, (error) => callback(error, undefined))),
  );
  await logweir.waitForPartitions(3);
  // The ledger's producer learns of new partitions when it connects.
  await lab.ledger.close();
  await lab.ledger.produce(lab.topic, events(100, 100), { partition: 2 });
  await waitFor(() => lab.proxy.acknowledged.size === 200, { timeoutMs: 30_000, what: 'all records' });
  await expectExactlyOnce(lab);
});

it('a topic that is deleted and created again: old documents stay, new ones are added (recipe 10)', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, events(0, 300));
  const logweir = lab.start({
    kafka: { librdkafka_options: { 'topic.metadata.refresh.interval.ms': 1000 } },
  });
  await lab.waitForLagZero();
  await deleteTopic(lab.kafka, lab.topic);
  await logweir.waitUntil(
    async () => (await logweir.status()).kafka.partitions.length === 0,
    'the topic to be gone',
  );
  await createTopic(lab.kafka, lab.topic, 1);
  await lab.ledger.produce(lab.topic, events(300, 100));
  await waitFor(() => lab.proxy.acknowledged.size === 400, { timeoutMs: 40_000, what: 'the new records' });
  await expectExactlyOnce(lab);
});

it('records that retention deleted before they were read are an alarm with their number, and reading continues', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, events(0, 100));
  const first = lab.start();
  await lab.waitForLagZero();
  await first.stop();
  await lab.ledger.produce(lab.topic, events(100, 50));
  const gone = [...lab.ledger.entries]
    .filter(([, { offset }]) => offset >= 100 && offset < 130)
    .map(([id]) => id);
  for (const id of gone) lab.ledger.entries.delete(id);
  await deleteRecords(lab, 130);
  const second = lab.start();
  const line = await second.waitForLog('records were deleted by retention before they were read');
  expect(line).toMatchObject({ lost: 30, committed: 100, low: 130 });
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

it('the same while it runs and is paused by an outage', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, events(0, 100));
  const logweir = lab.start();
  await lab.waitForLagZero();
  await lab.proxy.refuse();
  await lab.ledger.produce(lab.topic, events(100, 10));
  await logweir.waitUntil(
    async () => (await logweir.status()).kafka.partitions[0]?.paused === true,
    'a pause',
  );
  const { position } = (await logweir.status()).kafka.partitions[0] as unknown as { position: number };
  await lab.ledger.produce(lab.topic, events(200, 500));
  const last = position + 300;
  for (const [id, { offset }] of lab.ledger.entries)
    if (offset >= position && offset < last) lab.ledger.entries.delete(id);
  await deleteRecords(lab, last);
  await lab.proxy.accept();
  const line = await logweir.waitForLog('records were deleted by retention before they were read', 30_000);
  expect(line).toMatchObject({ lost: 300, low: last });
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

async function deleteRecords(lab: Lab, before: number): Promise<void> {
  await withAdmin(lab.kafka, (admin) =>
    called((callback) => {
      admin.deleteRecords(
        [{ topic: lab.topic, partition: 0, offset: before }],
        { timeout: 10_000 },
        (error) => callback(error, undefined),
      );
    }),
  );
}
