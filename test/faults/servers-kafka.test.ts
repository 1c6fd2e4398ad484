import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { type KafkaCluster, startKafkaCluster } from '../support/kafka-cluster.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { feed } from '../support/feed.ts';
import { openLab } from '../support/lab.ts';

const DOWN_MS = process.env['FULL'] === '1' ? 20_000 : 3000;
/** With a name of its own an instance that was killed takes its place in the group at once. */
const SETTINGS = {
  kafka: { session_timeout_ms: 10_000, group_instance_id: 'one' },
  elasticsearch: { batch: { max_events: 200 } },
};

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'logweir-servers-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a Kafka of three brokers', () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafkaCluster(directory);
  });
  afterAll(() => cluster.stop());

  it('each broker in turn killed with -9 or stopped, and the aggregator killed meanwhile: each event is stored once', async () => {
    const lab = await openLab({ kafka: cluster.bootstrapServers, partitions: 6, replicas: 3 });
    const stopFeeding = feed(lab);
    let logweir = lab.start(SETTINGS);
    await logweir.waitForPartitions(6);
    for (const [at, broker] of cluster.brokers.entries()) {
      await (at === 1 ? broker.stop() : broker.kill());
      await delay(DOWN_MS);
      if (at === 0) {
        await logweir.kill();
        logweir = lab.start(SETTINGS);
        await logweir.waitForPartitions(6);
      }
      const before = await lab.committed();
      await broker.start();
      const moved = async (): Promise<boolean> =>
        (await lab.committed()).every((offset, partition) => offset > (before[partition] ?? -1));
      await logweir.waitUntil(moved, 'every partition to move on');
    }
    await stopFeeding();
    await lab.waitForLagZero();
    expect(lab.ledger.entries.size).toBeGreaterThan(1000);
    await expectExactlyOnce(lab);
  });

  it('all brokers stopped and started again: it waits, and continues by itself', async () => {
    const lab = await openLab({ kafka: cluster.bootstrapServers, partitions: 3, replicas: 3 });
    const events = (from: number) => Array.from({ length: 1000 }, (_, index) => agentEvent(from + index));
    await lab.ledger.produce(lab.topic, events(0));
    const logweir = lab.start(SETTINGS);
    await logweir.waitForPartitions(3);
    await lab.waitForLagZero();
    await Promise.all(cluster.brokers.map((broker) => broker.kill()));
    await delay(DOWN_MS);
    expect(logweir.running).toBe(true);
    await Promise.all(cluster.brokers.map((broker) => broker.start()));
    await lab.ledger.produce(lab.topic, events(1000));
    await lab.waitForLagZero();
    await expectExactlyOnce(lab);
  });
});
