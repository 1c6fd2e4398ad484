import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { forgeItems } from '../support/forge.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { ProxyRequest } from '../support/proxy.ts';
import { readTopic } from '../support/topic-reader.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));
const linesOf = ({ body }: ProxyRequest): string[] => body.toString().trimEnd().split('\n');

/** Rejects whole requests by their content, as a proxy's body limit or a parser would. */
function reject(lab: Lab, status: number, isRejected: (request: ProxyRequest) => boolean) {
  return lab.proxy.rule(() => true, {
    answer: async (request, forward) =>
      isRejected(request)
        ? { status, body: { error: { type: 'rejected', reason: 'on purpose' } } }
        : forward(),
  });
}

it('413: the body is halved until it fits, and nothing is lost', async () => {
  const lab = await openLab();
  let rejected = 0;
  reject(lab, 413, (request) => request.body.length > 20_000 && ++rejected > 0);
  await lab.ledger.produce(lab.topic, events(0, 3000));
  const logweir = lab.start();
  await lab.waitForLagZero();
  expect(rejected).toBeGreaterThan(0);
  expect((await logweir.status()).records).toMatchObject({ indexed: 3000, dead_lettered: 0 });
  await expectExactlyOnce(lab);
});

it('413 for a single document: it goes to the dead letter, its neighbours are indexed, the offset moves', async () => {
  const lab = await openLab({ partitions: 1 });
  reject(lab, 413, (request) => request.body.length > 50_000);
  await lab.ledger.produce(lab.topic, [{ seq: 0 }, { seq: 1, large: 'x'.repeat(60_000) }, { seq: 2 }]);
  const logweir = lab.start();
  await lab.waitForLagZero();
  const [deadLetter, ...others] = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(others).toEqual([]);
  expect(deadLetter?.headers).toMatchObject({
    'logweir-reason': 'document_too_large',
    'logweir-offset': '1',
  });
  expect((await logweir.status()).records).toMatchObject({ indexed: 2, dead_lettered: 1 });
});

it('400 for the whole request: the document that fails alone is found and dead-lettered, the others are indexed', async () => {
  const lab = await openLab({ partitions: 1 });
  const rule = reject(lab, 400, (request) => linesOf(request).some((line) => line.includes('"evil":true')));
  const payloads = events(0, 200).map((event, index) => (index === 120 ? { ...event, evil: true } : event));
  await lab.ledger.produce(lab.topic, payloads);
  const logweir = lab.start();
  await lab.waitForLagZero();
  expect(rule.hits).toBeGreaterThan(5);
  expect(
    (await readTopic(lab.kafka, `${lab.topic}-dlq`)).map(({ headers }) => headers['logweir-offset']),
  ).toEqual(['120']);
  expect((await logweir.status()).records).toMatchObject({ indexed: 199, dead_lettered: 1 });
});

it('400 for everything is a proxy’s fault or ours: held, nothing dead-lettered, nothing lost', async () => {
  const lab = await openLab({ partitions: 1 });
  const rule = reject(lab, 400, () => true);
  await lab.ledger.produce(lab.topic, events(0, 40));
  const logweir = lab.start();
  await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
  expect((await logweir.status()).holds[0]?.reason).toMatch(/^HTTP 400 rejected \(index /);
  expect((await logweir.status()).records.dead_lettered).toBe(0);
  rule.remove();
  await lab.waitForLagZero();
  expect(await readTopic(lab.kafka, `${lab.topic}-dlq`)).toEqual([]);
  await expectExactlyOnce(lab);
});

it('a mixed batch {201, 400, 429}: exactly one sent, one dead-lettered, one sent again', async () => {
  const lab = await openLab({ partitions: 1 });
  await fetch(`${lab.elasticsearch}/${lab.index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mappings: { properties: { n: { type: 'long' } } } }),
  });
  const busy = { index: { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'busy' } } };
  let mixed = 0;
  lab.proxy.rule(() => mixed === 0, {
    answer: async (request, forward) => {
      const lines = linesOf(request);
      if (lines.length !== 6) return forward();
      mixed++;
      const { body } = await forward(`${lines.slice(0, 4).join('\n')}\n`);
      const { items } = JSON.parse(body.toString()) as { items: object[] };
      return { status: 200, body: { errors: true, items: [...items, busy] } };
    },
  });
  const logweir = lab.start();
  await logweir.waitForPartitions(1);
  // One request for all three: they come in one message set.
  await lab.ledger.produceInTransaction(
    lab.topic,
    ['{"seq":0,"n":1}', '{"seq":1,"n":"x"}', '{"seq":2,"n":3}'],
    { abort: false },
  );
  await lab.waitForLagZero();
  expect(mixed).toBe(1);
  expect(await logweir.metric('logweir_component_sent_events_total')).toBe(2);
  expect(await logweir.metric('logweir_documents_retried_total')).toBe(1);
  expect(await logweir.metric('logweir_dead_letters_total{reason="document_parsing_exception"}')).toBe(1);
  expect(lab.proxy.itemsSent).toBe(4);
  expect((await logweir.status()).records).toMatchObject({ received: 3, indexed: 2, dead_lettered: 1 });
});

it('a random 30 % of all items answered 429: nothing is lost, and only what failed is sent again', async () => {
  const lab = await openLab();
  const forged = forgeItems(429, 'es_rejected_execution_exception', 0.3);
  lab.proxy.rule({ from: 1 }, forged.action);
  await lab.ledger.produce(lab.topic, events(0, 2000));
  const logweir = lab.start();
  await lab.waitForLagZero();
  expect(forged.count).toBeGreaterThan(400);
  expect(lab.proxy.itemsSent).toBe(2000 + forged.count);
  expect(await logweir.metric('logweir_documents_retried_total')).toBe(forged.count);
  await expectExactlyOnce(lab);
});
