import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logweirCommand } from '../support/command.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';
import { readTopic } from '../support/topic-reader.ts';

const strict = `export default (event) => { if (event.bad) throw new Error('bad event'); return event; };`;

it('dlq lists without repeats, shows one, and sends them through a mended chain with their own ids', async () => {
  const lab = await openLab({ partitions: 2 });
  await lab.ledger.produce(lab.topic, [{ seq: 0 }, { seq: 1, bad: true }, { seq: 2, bad: true }], {
    partition: 0,
  });
  await lab.ledger.produce(lab.topic, [{ seq: 3 }, { seq: 4, bad: true }], { partition: 1, key: 'k' });
  const sections = { transforms: [{ use: './strict.js' }] };
  const first = lab.start(sections, { 'strict.js': strict });
  await lab.waitForLagZero();
  expect((await first.status()).records).toMatchObject({ indexed: 2, dead_lettered: 3 });
  await first.stop();
  const dlq = (...args: string[]) => {
    const [name = '', ...rest] = args;
    return logweirCommand(['dlq', name, ...rest, '-c', join(first.directory, 'logweir.yaml')]);
  };

  const list = await dlq('list');
  expect(list.stderr).toBe('');
  expect(list.stdout).toContain(`3 dead letters in ${lab.topic}-dlq\n       3  transform ./strict.js\n`);
  expect(list.stdout).toContain(`${lab.topic}:0:1  transform ./strict.js: bad event`);
  const shown = JSON.parse((await dlq('show', `${lab.topic}:1:1`)).stdout) as { record: object };
  expect(shown).toMatchObject({
    reason: 'transform ./strict.js',
    record: { value: '{"seq":4,"bad":true}', key: 'k' },
  });

  // Not mended yet: they come back to the dead letters, and are still listed once each.
  expect((await dlq('retry', '--execute')).stdout).toContain(
    '0 indexed, 0 in the failure store, 0 dropped by a transform, 3 dead-lettered again, 0 left alone (cut short)',
  );
  expect((await dlq('list')).stdout).toContain('3 dead letters in');
  const letters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(letters).toHaveLength(6);

  writeFileSync(join(first.directory, 'strict.js'), 'export default (event) => event;');
  const dry = await dlq('retry');
  expect(dry.stdout).toContain('3 dead letters to be sent through the chain again\ndry run');
  const done = await dlq('retry', '--execute');
  expect(done.stdout).toContain(
    '3 indexed, 0 in the failure store, 0 dropped by a transform, 0 dead-lettered again',
  );
  expect((await dlq('list')).stdout).toContain('0 dead letters in');
  const bad = new Set(
    letters.map(({ headers }) => `${headers['logweir-partition']}:${headers['logweir-offset']}`),
  );
  expect(bad.size).toBe(3);
  await expectExactlyOnce(lab, {
    hash: 'source',
    deadLetteredBefore: ({ partition, offset }) => bad.has(`${partition}:${offset}`),
  });
});

it('dlq put dead-letters by hand the one record that holds the group', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, [{ seq: 0 }, { seq: 1, bad: true }, { seq: 2 }]);
  const transforms = [{ use: './strict.js', on_error: 'hold' }];
  const logweir = lab.start({ transforms }, { 'strict.js': strict });
  await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
  expect((await logweir.status()).holds[0]?.reason).toBe('transform ./strict.js failed');
  await logweir.waitUntil(
    async () => (await lab.committed())[0] === 1,
    'the record before it to be committed',
  );
  const put = (place: string, ...args: string[]) =>
    logweirCommand(['dlq', 'put', place, '-c', join(logweir.directory, 'logweir.yaml'), ...args]);
  expect((await put(`${lab.topic}:0:1`)).code).toBe(75);
  await logweir.stop();
  expect(await put(`${lab.topic}:0:2`)).toMatchObject({
    code: 64,
    stderr: expect.stringContaining(
      'is not what the group is held at: the group goes on at offset 1',
    ) as string,
  });
  expect((await put(`${lab.topic}:0:1`)).stdout).toContain('dry run');
  const done = await put(`${lab.topic}:0:1`, '--execute');
  expect(done.stderr).toBe('');
  expect(done.stdout).toContain('dead-lettered, and the offset is moved behind it');
  lab.start({ transforms }, { 'strict.js': strict });
  await lab.waitForLagZero();
  const [letter] = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(letter?.headers).toMatchObject({ 'logweir-reason': 'by_hand', 'logweir-offset': '1' });
  expect((await lab.search()).map(({ _source }) => _source['seq'])).toEqual([0, 2]);
});
