import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';
import { committedOffsets } from '../support/committed-offsets.ts';
import { uniqueName, waitFor } from '../support/topics.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));
const SESSION = { session_timeout_ms: 6000 };

it('a restart resumes from the last committed offset, also after events that came meanwhile', async () => {
  const lab = await openLab();
  await lab.ledger.produce(lab.topic, events(0, 500));
  const first = lab.start();
  await lab.waitForLagZero();
  expect((await first.stop()).code).toBe(0);
  await lab.ledger.produce(lab.topic, events(500, 700));
  const second = lab.start();
  await lab.waitForLagZero();
  expect((await second.status()).records.received).toBe(700);
  expect(lab.proxy.itemsSent).toBe(1200);
  await expectExactlyOnce(lab);
});

it('a second run with another group reads the whole topic again, into its own index', async () => {
  const lab = await openLab();
  await lab.ledger.produce(lab.topic, events(0, 600));
  lab.start();
  await lab.waitForLagZero();
  const group = uniqueName('other');
  const index = uniqueName('other-index');
  const other = lab.start({ kafka: { group_id: group }, elasticsearch: { index } });
  await other.waitUntil(async () => {
    const committed = await committedOffsets(lab.kafka, group, lab.topic, lab.partitions);
    return (await lab.ends()).every((end, partition) => end === 0 || committed[partition] === end);
  }, 'the other group to read everything');
  expect((await other.status()).records.received).toBe(600);
  const again = await lab.ledger.check(lab.elasticsearch, index, { hash: 'none' });
  expect([again.indexed, again.lost.length, again.unexpected.length]).toEqual([600, 0, 0]);
  await expectExactlyOnce(lab);
});

it('instances of one group share the partitions; a third joins and all leave under load; nothing is lost or stored twice', async () => {
  const lab = await openLab({ partitions: 6 });
  const slow = lab.proxy.rule({ from: 1 }, { delayMs: 40 });
  const settings = {
    kafka: SESSION,
    elasticsearch: { batch: { max_events: 100 } },
    buffer: { max_bytes: 1_048_576 },
  };
  const payloads = events(0, 12_000);
  const produced = (async () => {
    for (let at = 0; at < payloads.length; at += 500) {
      await lab.ledger.produce(lab.topic, payloads.slice(at, at + 500));
      await waitFor(() => lab.proxy.acknowledged.size > at - 4000, {
        timeoutMs: 60_000,
        what: 'consumption to keep up',
      });
    }
  })();
  const first = lab.start(settings);
  await first.waitForPartitions(6);
  const second = lab.start(settings);
  await second.waitForPartitions(3);
  await first.waitForPartitions(3);
  const third = lab.start(settings);
  await third.waitForPartitions(2);
  expect((await second.stop()).code).toBe(0);
  await third.waitForPartitions(3);
  await first.kill();
  await third.waitForPartitions(6);
  await produced;
  await lab.waitForLagZero();
  expect(slow.hits).toBeGreaterThan(0);
  expect(
    (await third.status()).kafka.partitions.map(({ partition }) => partition).toSorted((a, b) => a - b),
  ).toEqual([0, 1, 2, 3, 4, 5]);
  await expectExactlyOnce(lab);
});

it('a revoke whose drain deadline passes: the late acknowledgement commits nothing, and the partition moves on', async () => {
  const lab = await openLab({ partitions: 2 });
  await lab.ledger.produce(lab.topic, events(0, 50), { partition: 0 });
  await lab.ledger.produce(lab.topic, events(50, 50), { partition: 1 });
  // Longer than the drain deadline (half of the session), shorter than the request timeout.
  const stuck = lab.proxy.rule({ nth: 1 }, { delayMs: 9000 });
  const settings = { kafka: SESSION, elasticsearch: { request: { timeout_ms: 20_000, concurrency: 1 } } };
  const first = lab.start(settings);
  await first.waitForPartitions(2);
  await lab.proxy.waitForInFlight(1);
  const second = lab.start(settings);
  await second.waitForPartitions(1);
  await first.waitForPartitions(1);
  expect((await first.status()).records.returned).toBeGreaterThan(0);
  expect(stuck.hits).toBe(1);
  await lab.waitForLagZero();
  const { records } = await first.status();
  const { received, in_flight, indexed, returned } = records;
  expect(received).toBe(indexed + returned + in_flight);
  await expectExactlyOnce(lab);
});

it('a spike of ten times the usual rate passes', async () => {
  const lab = await openLab();
  const logweir = lab.start();
  await logweir.waitForPartitions(3);
  for (let burst = 0; burst < 5; burst++) await lab.ledger.produce(lab.topic, events(burst * 100, 100));
  await lab.ledger.produce(lab.topic, events(500, 20_000));
  for (let burst = 0; burst < 5; burst++)
    await lab.ledger.produce(lab.topic, events(20_500 + burst * 100, 100));
  await lab.waitForLagZero();
  const { buffer } = await logweir.status();
  expect(buffer.bytes).toBe(0);
  await expectExactlyOnce(lab);
});

it('a regular expression matches topics, and never a dead-letter topic', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, [...events(0, 10), 'poison']);
  await lab.ledger.produce(`${lab.topic}-b`, events(10, 10));
  const logweir = lab.start({ kafka: { topics: [`^${lab.topic}.*`] } });
  await lab.waitForLagZero();
  // The dead-letter topic is there by now; the client looks for new topics every 10 s.
  const since = Date.now();
  await logweir.waitUntil(() => Date.now() - since > 12_000, 'the client to have looked for topics');
  expect((await logweir.status()).kafka.partitions.map(({ topic }) => topic).sort()).toEqual([
    lab.topic,
    `${lab.topic}-b`,
  ]);
  expect((await logweir.status()).records).toMatchObject({ received: 21, indexed: 20, dead_lettered: 1 });
});

it('a topic that is created later is read from its start, and a second topic beside it', async () => {
  const lab = await openLab();
  await lab.ledger.produce(lab.topic, events(0, 100));
  lab.start({ kafka: { topics: [lab.topic, `${lab.topic}-later`] } });
  await lab.waitForLagZero();
  await lab.ledger.produce(`${lab.topic}-later`, events(100, 100));
  await waitFor(() => lab.proxy.acknowledged.size === 200, {
    timeoutMs: 40_000,
    what: 'the later topic to be read',
  });
  await expectExactlyOnce(lab);
});
