import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { expectExactlyOnce } from '../support/checks.ts';
import { logweirCommand } from '../support/command.ts';
import { agentEvent } from '../support/events.ts';
import { openLab } from '../support/lab.ts';
import { readTopic } from '../support/topic-reader.ts';

const events = (count: number, from = 0) => Array.from({ length: count }, (_, seq) => agentEvent(from + seq));

/** Runs on OpenSearch 2 and 3, and on Elasticsearch, which must show no difference. */
it('indexes, rejects, waits for a block, and replays: with gzip, two workers, and each document once', async () => {
  const lab = await openLab({ partitions: 2 });
  const elasticsearch = { endpoints: [lab.proxy.url], index: lab.index, compression: 'gzip' };
  const put = async (path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${lab.elasticsearch}/${path}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  };
  await put(lab.index, { mappings: { properties: { n: { type: 'long' } } } });
  await lab.ledger.produce(lab.topic, [...events(200), { n: 1 }, { n: 3 }]);
  const rejected = await lab.ledger.produce(lab.topic, [{ n: 'no number' }, 'no JSON']);
  const logweir = lab.start({ elasticsearch, workers: 2 });
  await lab.waitForLagZero();

  const status = await logweir.status();
  expect(status.records).toMatchObject({ indexed: 202, dead_lettered: 2 });
  expect(status.elasticsearch).toMatchObject({ product: inject('product'), state: 'ok' });
  // The development Elasticsearch has no handler for GET /.
  if (inject('product') === 'opensearch') expect(status.elasticsearch.version).toMatch(/^(2\.19|3)\.\d/);
  const identified = () => logweir.log().filter(({ code }) => code === 'elasticsearch_identified');
  await logweir.waitUntil(() => identified().length === 2, 'both workers to name the product');
  expect(identified()[0]).toMatchObject({ product: inject('product') });
  const letters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  const reasons = letters.map(({ headers }) => headers['logweir-reason']);
  expect(reasons).toHaveLength(2);
  expect(reasons).toContain('invalid_json');
  // Elasticsearch calls it document_parsing_exception.
  expect(reasons.join()).toMatch(/(mapper|document)_parsing_exception/);

  await put(`${lab.index}/_settings`, { 'index.blocks.write': true });
  await lab.ledger.produce(lab.topic, events(50, 200));
  await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
  expect((await logweir.status()).holds[0]?.reason).toMatch(/^403 cluster_block_exception/);
  await put(`${lab.index}/_settings`, { 'index.blocks.write': false });
  await lab.waitForLagZero();
  expect(await logweir.stop()).toEqual({ code: 0, signal: null });

  const config = ['-c', join(logweir.directory, 'logweir.yaml')];
  expect((await logweirCommand(['replay', '--to-earliest', '--execute', ...config])).code).toBe(0);
  const again = lab.start({ elasticsearch });
  await lab.waitForLagZero();
  expect((await again.status()).records).toMatchObject({ indexed: 252, dead_lettered: 2 });
  await expectExactlyOnce(lab, { expectDeadLetters: (entry) => rejected.includes(entry) });
});
