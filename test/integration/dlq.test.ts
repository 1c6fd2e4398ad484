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
  const sections = { transforms: [{ use: './strict.js' }] };
  const first = lab.start(sections, { 'strict.js': strict });
  const dlq = (...args: string[]) => {
    const [name = '', ...rest] = args;
    return logweirCommand(['dlq', name, ...rest, '-c', join(first.directory, 'logweir.yaml')]);
  };
  expect((await dlq('list')).stderr).toContain(
    'it is created with the first dead letter, so there are none yet',
  );
  await lab.ledger.produce(lab.topic, [{ seq: 0 }, { seq: 1, bad: true }, { seq: 2, bad: true }], {
    partition: 0,
  });
  await lab.ledger.produce(lab.topic, [{ seq: 3 }, { seq: 4, bad: true }], { partition: 1, key: 'k' });
  await lab.waitForLagZero();
  expect((await first.status()).records).toMatchObject({ indexed: 2, dead_lettered: 3 });
  await first.stop();

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
    '0 indexed, 0 in the failure store, 0 dropped by a transform, 3 dead-lettered again, 0 unchanged (not selected, or truncated)',
  );
  expect((await dlq('list')).stdout).toContain('3 dead letters in');
  const deadLetters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(deadLetters).toHaveLength(6);

  writeFileSync(join(first.directory, 'strict.js'), 'export default (event) => event;');
  const dry = await dlq('retry');
  expect(dry.stdout).toContain('3 dead letters to retry\ndry run');
  const done = await dlq('retry', '--execute');
  expect(done.stdout).toContain(
    '3 indexed, 0 in the failure store, 0 dropped by a transform, 0 dead-lettered again',
  );
  expect((await dlq('list')).stdout).toContain('0 dead letters in');
  const bad = new Set(
    deadLetters.map(({ headers }) => `${headers['logweir-partition']}:${headers['logweir-offset']}`),
  );
  expect(bad.size).toBe(3);
  await expectExactlyOnce(lab, {
    hash: 'source',
    deadLetteredBefore: ({ partition, offset }) => bad.has(`${partition}:${offset}`),
  });
});

it('dlq put dead-letters by hand the one record that blocks the group', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, [{ seq: 0 }, { seq: 1, bad: true }, { seq: 2 }]);
  const transforms = [{ use: './strict.js', on_error: 'hold' }];
  const logweir = lab.start({ transforms, dead_letter: { to: 'hold' } }, { 'strict.js': strict });
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
      'is not the next record of the group: the group continues at offset 1',
    ) as string,
  });
  for (const args of [['list'], ['retry'], ['show', `${lab.topic}:0:1`]])
    expect(
      await logweirCommand(['dlq', ...args, '-c', join(logweir.directory, 'logweir.yaml')]),
    ).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(
        /dead_letter\.to is 'hold': there are no dead letters.*'logweir dlq put/,
      ) as string,
    });
  expect((await put(`${lab.topic}:0:1`)).stdout).toContain('dry run');
  const done = await put(`${lab.topic}:0:1`, '--execute');
  expect(done.stderr).toBe('');
  expect(done.stdout).toContain('dead-lettered, and moved the offset past it');
  lab.start({ transforms }, { 'strict.js': strict });
  await lab.waitForLagZero();
  const [deadLetter] = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(deadLetter?.headers).toMatchObject({ 'logweir-reason': 'by_hand', 'logweir-offset': '1' });
  expect((await lab.search()).map(({ _source }) => _source['seq'])).toEqual([0, 2]);
});

const picky = `export default (event) => {
  if (event.level) throw new Error('failed to parse field [level] of type [long]: ' + event.level);
  if (event.ip) throw new Error('failed to parse field [ip] of type [ip]: ' + event.ip);
  return event;
};`;

it('dlq list and retry process only the selected ones; the others between them stay unchanged', async () => {
  const lab = await openLab({ partitions: 1 });
  const events = Array.from({ length: 12 }, (_, n) =>
    n % 3 === 0 ? { n, ip: `x${n}` } : { n, level: `w${n}` },
  );
  await lab.ledger.produce(lab.topic, events);
  const sections = { transforms: [{ use: './picky.js' }] };
  const first = lab.start(sections, { 'picky.js': picky });
  await lab.waitForLagZero();
  await first.stop();
  const dlq = async (...args: string[]) => {
    const result = await logweirCommand(['dlq', ...args, '-c', join(first.directory, 'logweir.yaml')]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    return result.stdout;
  };
  const list = async (...args: string[]) =>
    JSON.parse(await dlq('list', '--json', ...args)) as {
      total: number;
      reasons: { count: number; kinds: { kind: string; count: number }[] }[];
      letters: { place: string; time: string; value: string }[];
    };
  expect((await list()).reasons).toMatchObject([
    {
      count: 12,
      kinds: [
        { kind: 'failed to parse field [level] of type [long]', count: 8 },
        { kind: 'failed to parse field [ip] of type [ip]', count: 4 },
      ],
    },
  ]);
  expect(await dlq('list', '--limit', '1')).toContain(
    '           8  failed to parse field [level] of type [long]\n',
  );
  const newest = await list('--newest', '--limit', '2', '--reason', '[ip]');
  expect([newest.total, newest.letters.map(({ place }) => place)]).toEqual([
    4,
    [`${lab.topic}:0:9`, `${lab.topic}:0:6`],
  ]);
  expect((await list('--since', '2030-01-01T00:00:00Z')).total).toBe(0);
  const before = await list('--limit', '100', '--reason', '[level]');

  first.write('picky.js', 'export default (event) => event;');
  expect(await dlq('retry', '--reason', '[ip]', '--limit', '3')).toContain(
    '3 dead letters to retry\n4 dead letters before the last of them do not match',
  );
  expect(await dlq('retry', '--reason', '[ip]', '--limit', '3', '--execute')).toContain(
    '3 indexed, 0 in the failure store, 0 dropped by a transform, 0 dead-lettered again, 4 unchanged',
  );
  expect((await lab.search()).map(({ _source }) => _source['n'])).toEqual([0, 3, 6]);
  // They are where they were: their reasons, their values and their times.
  const after = await list('--limit', '100', '--reason', '[level]');
  const byPlace = (rows: { place: string }[]) => rows.toSorted((a, b) => (a.place < b.place ? -1 : 1));
  expect(byPlace(after.letters)).toEqual(byPlace(before.letters));
  expect((await list()).total).toBe(9);

  expect(await dlq('retry', '--newest', '--limit', '1', '--execute')).toContain('1 indexed');
  expect((await lab.search()).map(({ _source }) => Number(_source['n'])).toSorted((a, b) => a - b)).toEqual([
    0, 3, 6, 11,
  ]);
  expect(await dlq('retry', '--execute')).toContain('8 indexed');
  expect((await list()).total).toBe(0);
  expect(await lab.search()).toHaveLength(12);
});

it('dlq show gives headers, key and value as text, and as Base64 where they are none', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, ['{"bad":true}'], { key: 'k' });
  const logweir = lab.start({ transforms: [{ use: './strict.js' }] }, { 'strict.js': strict });
  await lab.waitForLagZero();
  await logweir.stop();
  const show = await logweirCommand([
    'dlq',
    'show',
    `${lab.topic}:0:0`,
    '-c',
    join(logweir.directory, 'logweir.yaml'),
  ]);
  expect(show.stdout).not.toContain('"Buffer"');
  expect(JSON.parse(show.stdout)).toMatchObject({ record: { key: 'k', value: '{"bad":true}' } });
});
