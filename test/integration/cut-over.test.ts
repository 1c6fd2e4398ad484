import kafka, { type Message } from '@confluentinc/kafka-javascript';
import { expect, it, onTestFinished } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { called } from '../support/kafka-client.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { logweirCommand } from '../support/command.ts';
import { join } from 'node:path';
import { waitFor } from '../support/topics.ts';

const events = (count: number, from = 0) => Array.from({ length: count }, (_, seq) => agentEvent(from + seq));

/** A member of the group as Vector is one: librdkafka with its default strategy, client id and session. */
async function vectorIn(
  lab: Lab,
): Promise<{ read(count: number): Promise<number[]>; leave(): Promise<void> }> {
  const consumer = new kafka.KafkaConsumer(
    {
      'bootstrap.servers': lab.kafka,
      'group.id': lab.group,
      'client.id': 'vector',
      'session.timeout.ms': 10_000,
      'partition.assignment.strategy': 'range',
      'enable.auto.commit': false,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  await called((callback) => consumer.connect({ timeout: 30_000 }, (error) => callback(error, undefined)));
  let isThere = true;
  const leave = async (): Promise<void> => {
    if (!isThere) return;
    isThere = false;
    await new Promise((resolve) => consumer.disconnect(resolve));
  };
  onTestFinished(leave);
  consumer.setDefaultConsumeTimeout(100);
  consumer.subscribe([lab.topic]);
  return {
    leave,
    /** Reads so many records or more, and commits them. @returns the committed offsets by partition */
    async read(count) {
      const next = new Map<number, number>();
      let read = 0;
      while (read < count) {
        const messages = await called<Message[]>((callback) => consumer.consume(20, callback));
        read += messages.length;
        for (const { partition, offset } of messages) next.set(partition, offset + 1);
      }
      consumer.commitSync([...next].map(([partition, offset]) => ({ topic: lab.topic, partition, offset })));
      return Array.from({ length: lab.partitions }, (_, partition) => next.get(partition) ?? 0);
    },
  };
}

it('Logweir continues in the group of a Vector at its committed offsets: no record is missing or read twice', async () => {
  const lab = await openLab();
  for (let partition = 0; partition < lab.partitions; partition++)
    await lab.ledger.produce(lab.topic, events(100, partition * 100), { partition });
  const vector = await vectorIn(lab);
  // In the middle of the partitions: it has committed less than there is.
  const committed = await vector.read(240);
  expect(committed.some((offset) => offset > 0 && offset < 100)).toBe(true);

  // While Vector is a member, Logweir waits, says why, and moves nothing.
  const logweir = lab.start();
  await logweir.waitForLog(/members with another assignment protocol \(a Vector that is still running/);
  const checked = await logweirCommand(['check', '-c', join(logweir.directory, 'logweir.yaml')]);
  expect(checked.stdout).toContain('(vector at 127.0.0.1) with the assignment protocol range');
  expect((await logweir.status()).records.received).toBe(0);
  expect(await lab.committed()).toEqual(committed.map((offset) => (offset === 0 ? -1 : offset)));

  // The recipe: stop Vector; what is produced meanwhile waits.
  await vector.leave();
  await lab.ledger.produce(lab.topic, events(50, 1000), { partition: 0 });
  await lab.waitForLagZero();
  const left = 350 - committed.reduce((sum, offset) => sum + offset, 0);
  await waitFor(async () => (await logweir.status()).records.indexed === left, {
    timeoutMs: 10_000,
    what: 'exactly the records behind the committed offsets',
  });
  expect((await logweir.status()).records).toMatchObject({ received: left, dead_lettered: 0 });
  const expected = [...lab.ledger.entries]
    .filter(([, { partition, offset }]) => offset >= (committed[partition] ?? 0))
    .map(([id]) => id);
  const found = (await lab.search()).map(({ _id }) => _id);
  expect(found.toSorted()).toEqual(expected.toSorted());
});
