import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ElasticsearchServer, startElasticsearch } from '../support/elasticsearch-server.ts';
import { agentEvent } from '../support/events.ts';
import { type KafkaCluster, startKafkaCluster } from '../support/kafka-cluster.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';

const DOWN_MS = process.env['FULL'] === '1' ? 20_000 : 3000;
/** With a name of its own an instance that was killed takes its place in the group at once. */
const SETTINGS = {
  kafka: { session_timeout_ms: 10_000, group_instance_id: 'one' },
  elasticsearch: { batch: { max_events: 200 } },
};

/** Produces a few hundred events a second until it is told to end. */
function feed(lab: Lab): () => Promise<void> {
  const ending = new AbortController();
  const fed = (async () => {
    for (let from = 0; !ending.signal.aborted; from += 50) {
      const events = Array.from({ length: 50 }, (_, index) => agentEvent(from + index));
      await lab.ledger.produce(lab.topic, events);
      await delay(100);
    }
  })();
  return async () => {
    ending.abort();
    await fed;
  };
}

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'logweir-servers-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a real Elasticsearch', () => {
  let elasticsearch: ElasticsearchServer;
  beforeAll(async () => {
    elasticsearch = await startElasticsearch({
      runDirectory: join(directory, 'elasticsearch'),
      settings: {
        'cluster.routing.allocation.disk.threshold_enabled': true,
        'cluster.routing.allocation.disk.watermark.low': '1mb',
        'cluster.routing.allocation.disk.watermark.high': '1mb',
        'cluster.routing.allocation.disk.watermark.flood_stage': '1mb',
        'cluster.info.update.interval': '10s',
      },
    });
  });
  afterAll(() => elasticsearch.close());

  it('killed with -9 in full work and restarted, the aggregator killed meanwhile: each event is stored once', async () => {
    const lab = await openLab({ elasticsearch: elasticsearch.url });
    const stopFeeding = feed(lab);
    const first = lab.start(SETTINGS);
    await first.waitUntil(() => lab.proxy.acknowledged.size > 200, 'progress');
    await elasticsearch.kill();
    await first.waitForLog('not taking documents');
    await delay(DOWN_MS);
    await first.kill();
    const second = lab.start(SETTINGS);
    await second.waitForLog('not taking documents');
    await elasticsearch.start();
    await second.waitForLog('takes documents again');
    await stopFeeding();
    await lab.waitForLagZero();
    await expectExactlyOnce(lab);
  });

  it('whose disk passes the flood stage holds, and goes on by itself when there is room again', async () => {
    const lab = await openLab({ elasticsearch: elasticsearch.url });
    const setWatermarks = async (value: string | null): Promise<void> => {
      const names = ['low', 'high', 'flood_stage'].map(
        (name) => `cluster.routing.allocation.disk.watermark.${name}`,
      );
      const answer = await fetch(`${lab.elasticsearch}/_cluster/settings`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ persistent: Object.fromEntries(names.map((name) => [name, value])) }),
      });
      expect(answer.status).toBe(200);
    };
    await lab.ledger.produce(lab.topic, [agentEvent(0)]);
    const logweir = lab.start(SETTINGS);
    await lab.waitForLagZero();
    // More than any disk has must be free.
    await setWatermarks('900tb');
    await logweir.waitUntil(
      async () =>
        (await (await fetch(`${lab.elasticsearch}/${lab.index}/_settings`)).text()).includes(
          'read_only_allow_delete',
        ),
      'Elasticsearch to see its disk full',
    );
    await lab.ledger.produce(
      lab.topic,
      Array.from({ length: 500 }, (_, index) => agentEvent(index + 1)),
    );
    await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
    expect((await logweir.status()).holds[0]?.reason).toMatch(/^(403|429) cluster_block_exception \(index /);
    await setWatermarks(null);
    await lab.waitForLagZero();
    await expectExactlyOnce(lab);
  });
});

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

  it('all brokers stopped and started again: it waits, and goes on by itself', async () => {
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
