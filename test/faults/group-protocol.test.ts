import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectExactlyOnce } from '../support/checks.ts';
import { logweirCommand } from '../support/command.ts';
import { agentEvent } from '../support/events.ts';
import { openLab } from '../support/lab.ts';
import { LedgerProducer } from '../support/ledger-producer.ts';
import { uniqueName, waitFor } from '../support/topics.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

it.concurrent(
  'with the group protocol of KIP-848 members share the partitions, take over, commit, and can be replayed',
  async ({ onTestFinished }) => {
    const lab = await openLab({ partitions: 4, onTestFinished });
    const settings = { kafka: { librdkafka_options: { 'group.protocol': 'consumer' } } };
    await lab.ledger.produce(lab.topic, events(0, 400));
    const first = lab.start(settings);
    await lab.waitForLagZero();
    const second = lab.start(settings);
    await first.waitForPartitions(2, 60_000);
    await second.waitForPartitions(2, 60_000);
    await lab.ledger.produce(lab.topic, events(400, 400));
    await lab.waitForLagZero();
    expect((await first.stop()).code).toBe(0);
    await second.waitForPartitions(4, 60_000);
    await lab.ledger.produce(lab.topic, events(800, 400));
    await lab.waitForLagZero();
    const third = lab.start(settings);
    await third.waitForPartitions(2, 60_000);
    await third.kill();
    await lab.ledger.produce(lab.topic, events(1200, 400));
    await lab.waitForLagZero(90_000);
    await second.stop();
    await expectExactlyOnce(lab);
    const replay = ['replay', '--to-earliest', '--execute', '-c', join(second.directory, 'logweir.yaml')];
    // The broker waits for the session of the one that was killed.
    await waitFor(async () => (await logweirCommand(replay)).code === 0, {
      timeoutMs: 90_000,
      what: 'the replay',
      everyMs: 1000,
    });
    expect(await lab.committed()).toEqual([0, 0, 0, 0]);
  },
  300_000,
);

it.concurrent(
  'a transaction that stays open is no client that has stopped fetching, and its records come when it ends',
  async ({ onTestFinished }) => {
    const lab = await openLab({ partitions: 1, onTestFinished });
    const producer = await LedgerProducer.connect(lab.kafka, 'none', uniqueName('open'));
    const logweir = lab.start();
    await logweir.waitForPartitions(1);
    try {
      await producer.transaction(false, async () => {
        const record = {
          topic: lab.topic,
          partition: 0,
          key: null,
          value: Buffer.from('{"n":1}'),
          timestamp: Date.now(),
          headers: [],
        };
        await producer.send([[record, () => {}]]);
        // Longer than a partition may stand still below its end.
        const began = performance.now();
        const isOver = (): boolean => performance.now() - began > 45_000;
        await waitFor(isOver, { timeoutMs: 60_000, what: 'the time to pass', everyMs: 1000 });
        // What is not committed is not there yet, to the lag as well.
        expect((await logweir.status()).kafka).toMatchObject({ connected: true, reason: null, lag: 0 });
        expect(logweir.output).not.toContain('fetch stalled');
        expect((await logweir.status()).kafka.partitions[0]?.waits_for).toMatch(
          /^an open transaction of a producer since 2.*Z; 1 offsets wait behind it$/,
        );
        expect(logweir.output).toContain('partition waits for an open transaction of a producer');
      });
    } finally {
      await producer.close();
    }
    await logweir.waitUntil(async () => (await logweir.status()).records.indexed === 1, 'the record');
    await lab.waitForLagZero();
    await logweir.waitForLog('open transaction of a producer ended');
    expect((await logweir.status()).kafka.partitions[0]?.waits_for).toBeNull();
  },
  180_000,
);
