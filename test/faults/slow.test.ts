import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { readTopic } from '../support/topic-reader.ts';

const events = (count: number, from = 0) => Array.from({ length: count }, (_, seq) => agentEvent(from + seq));

/** Every bulk request takes as long as it is large. */
function slowBy(lab: Lab, bytesPerMs: number) {
  return lab.proxy.rule(
    { from: 1 },
    {
      answer: async (request, forward) => {
        await delay(request.body.length / bytesPerMs);
        return forward();
      },
    },
  );
}

const impatient = { request: { timeout_ms: 2000, backoff: { initial_ms: 50, max_ms: 500 } } };

describe('bulks that take longer than request.timeout_ms for their size', () => {
  it('become smaller, and the backlog is gone in about the time that the server needs', async () => {
    const lab = await openLab({ partitions: 1 });
    // 500 kB take 2 s.
    slowBy(lab, 250);
    await lab.ledger.produce(lab.topic, events(20_000));
    const start = Date.now();
    const logweir = lab.start({ elasticsearch: impatient });
    await lab.waitForLagZero(120_000);
    process.stdout.write(`${Date.now() - start} ms, ${lab.proxy.itemsSent} items sent\n`);
    expect(lab.proxy.itemsSent).toBeLessThan(60_000);
    expect((await logweir.status()).records).toMatchObject({ indexed: 20_000, dead_lettered: 0 });
    await expectExactlyOnce(lab);
  }, 180_000);

  it('are larger again when the server is no longer slow, also after it was away in between', async () => {
    const lab = await openLab({ partitions: 1 });
    const slow = slowBy(lab, 100);
    await lab.ledger.produce(lab.topic, events(5000));
    lab.start({ elasticsearch: impatient });
    await lab.proxy.waitForInFlight(1);
    await lab.proxy.refuse();
    await delay(1500);
    await lab.proxy.accept();
    await lab.waitForLagZero(120_000);
    slow.remove();
    const before = lab.proxy.bulkRequests;
    await lab.ledger.produce(lab.topic, events(20_000, 5000));
    await lab.waitForLagZero();
    expect(20_000 / (lab.proxy.bulkRequests - before)).toBeGreaterThan(300);
    await expectExactlyOnce(lab);
  }, 180_000);

  it('while every request takes nearly as long whatever its size: bodies stay large', async () => {
    const lab = await openLab({ partitions: 1 });
    lab.proxy.rule({ from: 1 }, { delayMs: 1000 });
    await lab.ledger.produce(lab.topic, events(20_000));
    const start = Date.now();
    lab.start({ elasticsearch: impatient });
    await lab.waitForLagZero(120_000);
    expect(20_000 / lab.proxy.bulkRequests).toBeGreaterThan(250);
    expect(Date.now() - start).toBeLessThan(60_000);
    await expectExactlyOnce(lab);
  }, 180_000);
});

describe.each(['reset', '413'] as const)(
  'a proxy that reads no more than 200 kB of a body (%s)',
  (answer) => {
    it('gets smaller bodies, and accepts all of them', async () => {
      const lab = await openLab({ partitions: 1 });
      const most = { bytes: 200_000, answer, hits: 0 };
      lab.proxy.bodyMost = most;
      await lab.ledger.produce(lab.topic, events(3000));
      const logweir = lab.start();
      await lab.waitForLagZero();
      expect(most.hits).toBeGreaterThan(0);
      expect(most.hits).toBeLessThan(20);
      expect((await logweir.status()).records).toMatchObject({ indexed: 3000, dead_lettered: 0 });
      await expectExactlyOnce(lab);
    });

    it('and a document that is more: it alone goes to the dead letter, as too large', async () => {
      const lab = await openLab({ partitions: 1 });
      lab.proxy.bodyMost = { bytes: 200_000, answer, hits: 0 };
      const large = { seq: 1500, large: 'x'.repeat(300_000) };
      await lab.ledger.produce(lab.topic, [...events(1500), large, ...events(1499, 1501)]);
      const logweir = lab.start();
      await lab.waitForLagZero(90_000);
      const deadLetters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
      expect(
        deadLetters.map(({ headers }) => [headers['logweir-reason'], headers['logweir-offset']]),
      ).toEqual([['document_too_large', '1500']]);
      expect((await logweir.status()).records).toMatchObject({ indexed: 2999, dead_lettered: 1 });
      expect((await logweir.get('/health/ready')).status).toBe(200);
    }, 120_000);

    it('and such a document that comes alone: it goes to the dead letter, and what comes after is indexed', async () => {
      const lab = await openLab({ partitions: 1 });
      lab.proxy.bodyMost = { bytes: 200_000, answer, hits: 0 };
      const logweir = lab.start();
      await lab.ledger.produce(lab.topic, [{ seq: 0, large: 'x'.repeat(300_000) }]);
      await lab.waitForLagZero(90_000);
      await lab.ledger.produce(lab.topic, events(10, 1));
      await lab.waitForLagZero();
      expect((await logweir.status()).records).toMatchObject({ indexed: 10, dead_lettered: 1 });
    }, 120_000);
  },
);
