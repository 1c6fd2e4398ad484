import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ElasticsearchServer, startElasticsearch } from '../support/elasticsearch-server.ts';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';

const EVENTS = 20_000;
const KILLS = 5;

let directory: string;
let elasticsearch: ElasticsearchServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logweir-kill-'));
  elasticsearch = await startElasticsearch({ runDirectory: directory });
});

afterAll(async () => {
  await elasticsearch.close();
  rmSync(directory, { recursive: true, force: true });
});

it('kill -9 five times with bulks in flight, Elasticsearch stopped twice: each event is stored exactly once', async () => {
  const lab = await openLab({ partitions: 6, elasticsearch: elasticsearch.url });
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: EVENTS }, (_, sequence) => agentEvent(sequence)),
  );
  // Small batches and a slow way keep the work going through all the kills.
  const settings = {
    kafka: { session_timeout_ms: 6000, commit_interval_ms: 50 },
    elasticsearch: {
      batch: { max_events: 250 },
      request: { timeout_ms: 2000, backoff: { initial_ms: 50, max_ms: 500 } },
    },
  };
  const slow = lab.proxy.rule({ from: 1 }, { delayMs: 60 });
  for (let kill = 0; kill < KILLS; kill++) {
    const logweir = lab.start(settings);
    await logweir.waitForPartitions(6);
    const before = lab.proxy.acknowledged.size;
    const progress = (): boolean => lab.proxy.acknowledged.size > before + 1500;
    await logweir.waitUntil(progress, 'progress');
    if (kill === 1 || kill === 3) {
      await elasticsearch.stop();
      await logweir.waitForLog('does not accept documents');
      await elasticsearch.start();
      await logweir.waitForLog('accepts documents again');
    }
    await lab.proxy.waitForInFlight(1);
    await logweir.kill();
    expect(logweir.running).toBe(false);
  }
  expect(lab.proxy.acknowledged.size).toBeLessThan(EVENTS);
  expect(slow.hits).toBeGreaterThan(0);
  slow.remove();
  const last = lab.start(settings);
  await lab.waitForLagZero();
  expect((await lab.commits()).length).toBeGreaterThan(20);
  await expectExactlyOnce(lab);
  expect((await last.stop()).code).toBe(0);
}, 240_000);
