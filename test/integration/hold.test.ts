import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { forgeItems } from '../support/forge.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { createTopic, deleteTopic } from '../support/topics.ts';
import { readTopic } from '../support/topic-reader.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

async function request(lab: Lab, method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${lab.elasticsearch}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

async function heldReason(logweir: Logweir): Promise<string> {
  await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
  return (await logweir.status()).holds[0]?.reason ?? '';
}

describe('faults of the environment hold, and end by themselves', () => {
  it.each([
    [
      'a read-only block, as the flood stage sets it',
      (lab: Lab) =>
        request(lab, 'PUT', `${lab.index}/_settings`, { 'index.blocks.read_only_allow_delete': true }),
      (lab: Lab) =>
        request(lab, 'PUT', `${lab.index}/_settings`, { 'index.blocks.read_only_allow_delete': null }),
      /^(403|429) cluster_block_exception \(index /,
    ],
    [
      'a write block',
      (lab: Lab) => request(lab, 'PUT', `${lab.index}/_settings`, { 'index.blocks.write': true }),
      (lab: Lab) => request(lab, 'PUT', `${lab.index}/_settings`, { 'index.blocks.write': null }),
      /^403 cluster_block_exception \(index /,
    ],
    [
      'a closed index',
      (lab: Lab) => request(lab, 'POST', `${lab.index}/_close`),
      (lab: Lab) => request(lab, 'POST', `${lab.index}/_open`),
      /^400 index_closed_exception \(index /,
    ],
  ])('%s', async (_name, block, unblock, reason) => {
    const lab = await openLab();
    await lab.ledger.produce(lab.topic, events(0, 50));
    const logweir = lab.start();
    await lab.waitForLagZero();
    const before = await lab.committed();
    await block(lab);
    await lab.ledger.produce(lab.topic, events(50, 500));
    expect(await heldReason(logweir)).toMatch(reason);
    expect((await logweir.get('/health/ready')).status).toBe(503);
    expect(await logweir.metric('logweir_held')).toBe(1);
    expect(await lab.committed()).toEqual(before);
    await unblock(lab);
    await lab.waitForLagZero();
    await logweir.waitForLog('unblocked');
    expect((await logweir.get('/health/ready')).status).toBe(200);
    expect((await logweir.get('/metrics')).body).toMatch(
      /logweir_hold_seconds_total\{reason="4.*cluster_block|index_closed/,
    );
    await expectExactlyOnce(lab);
  });
});

it('a hold stops only the partitions that it concerns', async () => {
  const lab = await openLab({ partitions: 2 });
  const blocked = `${lab.index}-blocked`;
  const open = `${lab.index}-open`;
  await request(lab, 'PUT', blocked, { settings: { 'index.blocks.write': true } });
  const transforms = [{ use: './route.ts' }];
  const route = `export default (event, { partition }) => ({ ...event, where: partition === 0 ? 'blocked' : 'open' });`;
  const logweir = lab.start(
    { transforms, elasticsearch: { index: `${lab.index}-{{where}}` } },
    { 'route.ts': route },
  );
  await lab.ledger.produce(lab.topic, events(0, 200), { partition: 0 });
  expect(await heldReason(logweir)).toContain(blocked);
  for (let round = 1; round <= 5; round++) {
    await lab.ledger.produce(lab.topic, events(round * 1000, 200), { partition: 1 });
    const end = round * 200;
    await logweir.waitUntil(
      async () => (await lab.committed())[1] === end,
      'the other partition to continue',
    );
  }
  const { kafka, holds } = await logweir.status();
  expect(holds).toMatchObject([{ partitions: [`${lab.topic}[0]`] }]);
  expect(kafka.partitions.map(({ partition, paused }) => [partition, paused])).toEqual([
    [0, true],
    [1, false],
  ]);
  expect((await lab.committed())[0]).toBeLessThanOrEqual(0);
  await request(lab, 'PUT', `${blocked}/_settings`, { 'index.blocks.write': null });
  await lab.waitForLagZero();
  const counts = await Promise.all(
    [blocked, open].map(async (index) => {
      await request(lab, 'POST', `${index}/_refresh`);
      const answer = await fetch(`${lab.elasticsearch}/${index}/_count`);
      return ((await answer.json()) as { count: number }).count;
    }),
  );
  expect(counts).toEqual([200, 1000]);
});

it('a dead-letter topic that rejects is a hold; once it accepts the record everything continues', async () => {
  const lab = await openLab({ partitions: 1 });
  const deadLetters = `${lab.topic}-dlq`;
  await createTopic(lab.kafka, deadLetters, 1, { 'max.message.bytes': '50' });
  await lab.ledger.produce(lab.topic, ['{"seq":0}', 'not JSON', '{"seq":2}']);
  const logweir = lab.start();
  expect(await heldReason(logweir)).toMatch(/^dead letters cannot be written to .*-dlq: /);
  await logweir.waitUntil(
    async () => (await lab.committed())[0] === 1,
    'the record before it to be committed',
  );
  // The broker creates it again, without that limit, for the next dead letter.
  await deleteTopic(lab.kafka, deadLetters);
  await lab.waitForLagZero();
  expect((await readTopic(lab.kafka, deadLetters)).length).toBeGreaterThan(0);
  expect((await logweir.status()).records).toMatchObject({ indexed: 2, dead_lettered: 1 });
});

it('a record too large for the dead-letter topic goes there truncated, with the length and hash of the whole', async () => {
  const lab = await openLab({ partitions: 1 });
  await createTopic(lab.kafka, `${lab.topic}-dlq`, 1, { 'max.message.bytes': '2000' });
  const value = Buffer.from(
    `not JSON ${Array.from({ length: 9000 }, () => Math.random().toString(36)).join('')}`,
  );
  await lab.ledger.produce(lab.topic, [value]);
  lab.start();
  await lab.waitForLagZero();
  const [deadLetter] = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(deadLetter?.value?.length).toBeGreaterThan(100);
  expect(value.subarray(0, deadLetter?.value?.length)).toEqual(deadLetter?.value);
  expect(deadLetter?.headers).toMatchObject({
    'logweir-truncated-from': String(value.length),
    'logweir-sha256': createHash('sha256').update(value).digest('hex'),
    'logweir-topic': lab.topic,
    'logweir-offset': '0',
  });
});

it.each(['hold', 'index'])(
  'what Elasticsearch rejects with dead_letter.to: %s is held, and continues when the mapping is mended',
  async (to) => {
    const lab = await openLab({ partitions: 1 });
    const deadLetters = `${lab.index}-dead-letters`;
    // A mapping that nothing can be written with, until its field is made another one.
    const strict = { mappings: { dynamic: 'strict', properties: { seq: { type: 'long' } } } };
    await request(lab, 'PUT', lab.index, strict);
    if (to === 'index') await request(lab, 'PUT', deadLetters, strict);
    const logweir = lab.start({ dead_letter: { to, index: deadLetters } });
    await lab.ledger.produce(lab.topic, [{ seq: 0 }, { seq: 1, message: 'new field' }, { seq: 2 }]);
    const reason = await heldReason(logweir);
    expect(reason).toBe(
      to === 'hold'
        ? `dead letters are off: strict_dynamic_mapping_exception (index ${lab.index})`
        : `the dead-letter index rejects: strict_dynamic_mapping_exception (index ${deadLetters})`,
    );
    expect((await lab.committed())[0]).toBeLessThan(2);
    await request(lab, 'PUT', `${to === 'hold' ? lab.index : deadLetters}/_mapping`, { dynamic: true });
    await lab.waitForLagZero();
    await logweir.waitForLog('unblocked');
    const { records } = await logweir.status();
    expect(records).toMatchObject(
      to === 'hold' ? { indexed: 3, dead_lettered: 0 } : { indexed: 2, dead_lettered: 1 },
    );
  },
);

it('dead letters can go to an index, and can be switched off, which holds', async () => {
  const lab = await openLab({ partitions: 1 });
  const index = `${lab.index}-dead-letters`;
  await lab.ledger.produce(lab.topic, ['{"seq":0}', 'not JSON', '{"seq":2}'], { key: 'k' });
  const off = lab.start({ dead_letter: { to: 'hold' } });
  expect(await heldReason(off)).toBe('dead letters are off: invalid_json');
  await off.waitUntil(async () => (await lab.committed())[0] === 1, 'the record before it to be committed');
  await off.stop();
  const on = lab.start({ dead_letter: { to: 'index', index } });
  await lab.waitForLagZero();
  expect((await on.status()).records).toMatchObject({ received: 2, indexed: 1, dead_lettered: 1 });
  await request(lab, 'POST', `${index}/_refresh`);
  const answer = (await (await fetch(`${lab.elasticsearch}/${index}/_search`)).json()) as {
    hits: { hits: { _source: object }[] };
  };
  expect(answer.hits.hits.map(({ _source }) => _source)).toMatchObject([
    { reason: 'invalid_json', topic: lab.topic, partition: 0, offset: 1, key: 'k', value: 'not JSON' },
  ]);
});

it('one item that keeps answering 500 while its neighbours pass becomes a named hold', async () => {
  const lab = await openLab({ partitions: 2 });
  const forged = forgeItems(500, 'some_exception', (document) => document.includes('"poisoned":true'));
  const rule = lab.proxy.rule({ from: 1 }, forged.action);
  const logweir = lab.start();
  await logweir.waitForPartitions(2);
  await lab.ledger.produce(lab.topic, [{ seq: 0, poisoned: true }], { partition: 0 });
  const feeding = new AbortController();
  const fed = (async () => {
    for (let seq = 1; !feeding.signal.aborted; seq++)
      await lab.ledger.produce(lab.topic, [{ seq }], { partition: 1 });
  })();
  expect(await heldReason(logweir)).toMatch(/^500 some_exception, repeatedly \(index /);
  feeding.abort();
  await fed;
  expect((await logweir.status()).holds).toMatchObject([{ partitions: [`${lab.topic}[0]`] }]);
  await logweir.waitUntil(
    async () => (await lab.committed())[1] === (await lab.ends())[1],
    'the neighbours to pass',
  );
  rule.remove();
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});
