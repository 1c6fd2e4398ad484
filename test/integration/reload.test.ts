import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

/** Names the version of itself in every event; what it imports is reloaded with it. */
const stamp = "import { version } from './version.ts';\nexport default (event) => ({ ...event, version });";
const versionFile = (version: number): string => `export const version: number = ${version};`;

it('SIGHUP under load: the new transforms are used within a second, nothing is lost or stored twice', async () => {
  const lab = await openLab();
  const logweir = lab.start(
    { transforms: [{ use: './stamp.js' }] },
    { 'stamp.js': stamp, 'version.ts': versionFile(1) },
  );
  await logweir.waitForPartitions(3);
  let produced = 0;
  const enough = new AbortController();
  const producing = (async () => {
    for (; !enough.signal.aborted; produced += 500) {
      await lab.ledger.produce(lab.topic, events(produced, 500));
      await delay(150);
    }
  })();
  // Records that were received before are still indexed as they were.
  const isIndexed = async (version: number): Promise<void> =>
    logweir.waitUntil(
      async () => (await lab.search({ term: { version } })).length > 0,
      `version ${version} to be indexed`,
    );
  await isIndexed(1);
  for (let version = 2; version <= 4; version++) {
    logweir.write('version.ts', versionFile(version));
    const asked = Date.now();
    logweir.signal('SIGHUP');
    const reloads = () => logweir.log().filter(({ msg }) => msg?.startsWith('transforms reloaded')).length;
    await logweir.waitUntil(() => reloads() === version - 1, 'the reload');
    expect(Date.now() - asked).toBeLessThan(1000);
    await isIndexed(version);
  }
  enough.abort();
  await producing;
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
  expect((await logweir.status()).records).toMatchObject({ received: produced, indexed: produced });
});

it('what does not load leaves the old transforms running, and says why with the lines around it', async () => {
  const lab = await openLab({ partitions: 1 });
  const logweir = lab.start(
    { transforms: [{ use: './stamp.js' }] },
    { 'stamp.js': stamp, 'version.ts': versionFile(1) },
  );
  await logweir.waitForPartitions(1);
  logweir.write('version.ts', 'export const version = ;\n');
  logweir.signal('SIGHUP');
  const { reason } = await logweir.waitForLog('transforms not reloaded');
  expect(reason).toMatch(/logweir\.yaml:\d+:\d+ transforms\.0 \(\.\/stamp\.js\) does not load: /);
  expect(reason).toContain('> 1 | export const version = ;');
  await lab.ledger.produce(lab.topic, events(0, 10));
  await lab.waitForLagZero();
  expect(await lab.search({ term: { version: 1 } })).toHaveLength(10);
});

it('--watch reloads by itself, and a record that is blocked for its transform continues', async () => {
  const lab = await openLab({ partitions: 1 });
  const logweir = lab.start(
    { transforms: [{ use: './mine.js', on_error: 'hold' }] },
    { 'mine.js': "export default () => { throw new Error('not yet'); };" },
    ['--watch'],
  );
  await lab.ledger.produce(lab.topic, events(0, 10));
  await logweir.waitUntil(async () => (await logweir.status()).holds.length === 1, 'the hold');
  expect(await lab.committed()).toEqual([0]);
  logweir.write('mine.js', 'export default (event) => ({ ...event, version: 2 });');
  await lab.waitForLagZero();
  expect(await lab.search({ term: { version: 2 } })).toHaveLength(10);
  expect((await logweir.status()).holds).toEqual([]);
  await expectExactlyOnce(lab);
});

it('every worker reloads', async () => {
  const lab = await openLab({ partitions: 4 });
  const logweir = lab.start(
    { workers: 2, transforms: [{ use: './stamp.js' }] },
    { 'stamp.js': stamp, 'version.ts': versionFile(1) },
  );
  await logweir.waitForPartitions(4);
  logweir.write('version.ts', versionFile(2));
  logweir.signal('SIGHUP');
  const workers = () => logweir.log().filter(({ msg }) => msg?.startsWith('transforms reloaded'));
  await logweir.waitUntil(() => workers().length === 2, 'both workers to reload');
  expect(
    workers()
      .map(({ worker }) => worker)
      .toSorted((a, b) => Number(a) - Number(b)),
  ).toEqual([1, 2]);
  await lab.ledger.produce(lab.topic, events(0, 100));
  await lab.waitForLagZero();
  expect(await lab.search({ term: { version: 2 } })).toHaveLength(100);
});
