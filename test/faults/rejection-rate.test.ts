import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { readTopic } from '../support/topic-reader.ts';

const events = (from: number, count: number, n: unknown) =>
  Array.from({ length: count }, (_, index) => ({ ...agentEvent(from + index), n }));

/** Replaces the lab's index by one with a type for the field `n`. */
async function mapping(lab: Lab, type: string): Promise<void> {
  await fetch(`${lab.elasticsearch}/${lab.index}`, { method: 'DELETE' });
  const answer = await fetch(`${lab.elasticsearch}/${lab.index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mappings: { properties: { n: { type } } } }),
  });
  expect(answer.status).toBe(200);
}

it('a mapping that rejects nearly everything raises an alarm, which ends when most records pass again', async () => {
  const lab = await openLab({ partitions: 1 });
  await mapping(lab, 'long');
  const logweir = lab.start();
  await lab.ledger.produce(lab.topic, events(0, 2000, 'no number'));
  const alarm = await logweir.waitForLog('rejected for one reason');
  expect(alarm['reason']).toBe('document_parsing_exception');
  expect(await logweir.metric('logweir_reject_storm')).toBe(1);
  await lab.waitForLagZero();
  await lab.ledger.produce(lab.topic, events(2000, 1000, 1));
  await logweir.waitForLog('rejection rate back to normal');
  expect(await logweir.metric('logweir_reject_storm')).toBe(0);
  await lab.waitForLagZero();
  expect((await logweir.status()).records).toMatchObject({ indexed: 1000, dead_lettered: 2000 });
});

it('hold_above_ratio: records are blocked instead, and all are indexed once the mapping is mended', async () => {
  const lab = await openLab({ partitions: 1 });
  await mapping(lab, 'long');
  const logweir = lab.start({ dead_letter: { hold_above_ratio: 0.1 } });
  await lab.ledger.produce(lab.topic, events(0, 2000, 'no number'));
  await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
  const { holds } = await logweir.status();
  expect(holds[0]?.reason).toMatch(
    /^more than 100 of the last 1000 records were rejected: document_parsing_exception/,
  );
  // Between two polls: the one that is under way ends first.
  await logweir.waitUntil(
    async () => (await logweir.status()).kafka.partitions[0]?.pause_reason === 'blocked records',
    'the partition to be paused',
  );
  await mapping(lab, 'keyword');
  await lab.waitForLagZero();
  const deadLetters = new Set(
    (await readTopic(lab.kafka, `${lab.topic}-dlq`)).map(({ headers }) => headers['logweir-offset']),
  );
  expect(deadLetters.size).toBe(101);
  await expectExactlyOnce(lab, { expectDeadLetters: ({ offset }) => deadLetters.has(String(offset)) });
});
