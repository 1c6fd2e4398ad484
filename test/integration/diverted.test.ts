import { expect, it } from 'vitest';
import { itemsOf } from '../support/forge.ts';
import { type Lab, openLab } from '../support/lab.ts';

/**
 * Answers some documents as Elasticsearch does where it has not indexed them, and lets it have the others. The development server
 * has neither ingest processors nor failure stores; these are exactly what a complete one answered.
 */
function divert(lab: Lab, answers: Record<string, object>) {
  return lab.proxy.rule(
    { from: 1 },
    {
      answer: async (request, forward) => {
        const all = itemsOf(request).map(([action, source]) => {
          const { to } = JSON.parse(source) as { to?: string };
          return { lines: `${action}\n${source}\n`, diverted: to === undefined ? undefined : answers[to] };
        });
        const kept = all.filter(({ diverted }) => diverted === undefined).map(({ lines }) => lines);
        const real =
          kept.length === 0
            ? []
            : (JSON.parse((await forward(kept.join(''))).body.toString()) as { items: object[] }).items;
        return {
          status: 200,
          body: { errors: false, items: all.map(({ diverted }) => diverted ?? real.shift()) },
        };
      },
    },
  );
}

const DROPPED = { create: { result: 'noop', status: 200 } };
const STORED = { create: { result: 'created', failure_store: 'used', status: 201 } };

it('what a pipeline drops and what goes into the failure store is told from what is in the index', async () => {
  const lab = await openLab({ partitions: 1 });
  divert(lab, { nowhere: DROPPED, failures: STORED });
  const records = [
    { seq: 0 },
    { seq: 1, to: 'nowhere' },
    { seq: 2, to: 'failures' },
    { seq: 3 },
    { seq: 4, to: 'nowhere' },
  ];
  await lab.ledger.produce(lab.topic, records);
  const logweir = lab.start();
  await lab.waitForLagZero();
  const status = await logweir.status();
  expect(status.records).toMatchObject({
    received: 5,
    in_flight: 0,
    indexed: 2,
    dropped: 2,
    failure_store: 1,
    dead_lettered: 0,
  });
  expect((await lab.search()).map(({ _source }) => _source['seq'])).toEqual([0, 3]);
  const metrics: [string, number][] = [
    ['logweir_records_total{outcome="indexed"}', 2],
    ['logweir_records_total{outcome="failure_store"}', 1],
    ['logweir_records_total{outcome="dropped"}', 2],
    ['logweir_component_sent_events_total', 2],
    ['logweir_component_discarded_events_total', 2],
    ['logweir_documents_dropped_by_pipeline_total', 2],
  ];
  for (const [name, value] of metrics) expect([name, await logweir.metric(name)]).toEqual([name, value]);
});

it('a mapping that sends everything to the failure store is an alarm, and is over when most pass again', async () => {
  const lab = await openLab({ partitions: 1 });
  const rule = divert(lab, { failures: STORED });
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: 600 }, (_, seq) => ({ seq, to: 'failures' })),
  );
  const logweir = lab.start();
  await lab.waitForLagZero();
  expect(await logweir.metric('logweir_reject_storm')).toBe(1);
  expect((await logweir.waitForLog('were rejected for one reason'))['reason']).toBe('failure_store');
  rule.remove();
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: 1000 }, (_, seq) => ({ seq: 600 + seq })),
  );
  await lab.waitForLagZero();
  expect(await logweir.metric('logweir_reject_storm')).toBe(0);
  expect((await logweir.status()).records).toMatchObject({ failure_store: 600, indexed: 1000 });
});

it('the workers of one instance add them up', async () => {
  const lab = await openLab({ partitions: 2 });
  divert(lab, { failures: STORED });
  for (const partition of [0, 1])
    await lab.ledger.produce(lab.topic, [{ seq: partition }, { seq: 10 + partition, to: 'failures' }], {
      partition,
    });
  const logweir = lab.start({ workers: 2 });
  await lab.waitForLagZero();
  expect((await logweir.status()).records).toMatchObject({ received: 4, indexed: 2, failure_store: 2 });
  expect(await logweir.metric('logweir_records_total{outcome="failure_store"}')).toBe(2);
});
