import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ElasticsearchServer, startElasticsearch } from '../support/elasticsearch-server.ts';
import { agentEvent } from '../support/events.ts';
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
    await first.waitForLog('does not accept documents');
    await delay(DOWN_MS);
    await first.kill();
    const second = lab.start(SETTINGS);
    await second.waitForLog('does not accept documents');
    await elasticsearch.start();
    await second.waitForLog('accepts documents again');
    await stopFeeding();
    await lab.waitForLagZero();
    await expectExactlyOnce(lab);
  });

  it('whose disk passes the flood stage holds, and continues by itself when there is room again', async () => {
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
