import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logweirCommand } from '../support/command.ts';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';

const mark = (version: number): string =>
  `export default (event: Record<string, unknown>) => ({ ...event, version: ${version} });\n`;

function replay(directory: string, ...options: string[]) {
  return logweirCommand(['replay', '-c', join(directory, 'logweir.yaml'), ...options]);
}

async function versions(lab: Lab): Promise<unknown[]> {
  return [...new Set((await lab.search()).map(({ _source }) => _source['version']))];
}

it('replay after changing a transform corrects the documents in place and stores no duplicate', async () => {
  const lab = await openLab();
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: 600 }, (_, sequence) => agentEvent(sequence)),
  );
  const sections = { transforms: [{ use: './mark.ts' }] };
  const first = lab.start(sections, { 'mark.ts': mark(1) });
  await lab.waitForLagZero();
  expect(await versions(lab)).toEqual([1]);

  // While a member runs, the group's offsets are its own.
  const rejected = await replay(first.directory, '--to-earliest', '--execute');
  expect(rejected.code).toBe(75);
  expect(rejected.stderr).toMatch(
    /the group group-\w+ is active; stop these members first: logweir at 127.0.0.1/,
  );

  expect((await first.stop()).code).toBe(0);
  const before = await lab.committed();
  const dry = await replay(first.directory, '--to-earliest');
  expect(dry.code).toBe(0);
  expect(dry.stdout).toContain(
    '600 records will be consumed again, 0 will be skipped\ndry run: nothing was changed',
  );
  expect(await lab.committed()).toEqual(before);

  const done = await replay(first.directory, '--to-earliest', '--execute');
  expect(done.stderr).toBe('');
  expect(done.stdout).toContain('are moved');
  expect(await lab.committed()).toEqual([0, 0, 0]);
  const second = lab.start(sections, { 'mark.ts': mark(2) });
  await lab.waitForLagZero();
  expect((await second.status()).records.received).toBe(600);
  expect(await versions(lab)).toEqual([2]);
  await expectExactlyOnce(lab);
});

it('moves to a time, by a duration, to an offset, and by a number of records', async () => {
  const lab = await openLab({ partitions: 1 });
  const now = Date.now();
  for (let hour = 3; hour >= 0; hour--) {
    const events = Array.from({ length: 10 }, (_, index) => agentEvent((3 - hour) * 10 + index));
    await lab.ledger.produce(lab.topic, events, { timestamp: now - hour * 3_600_000 });
  }
  const logweir = lab.start();
  await lab.waitForLagZero();
  await logweir.stop();
  const to = async (...options: string[]): Promise<number> => {
    const result = await replay(logweir.directory, ...options, '--execute');
    expect(result.stderr).toBe('');
    return (await lab.committed())[0] ?? -1;
  };
  expect(await to('--to-datetime', new Date(now - 2.5 * 3_600_000).toISOString())).toBe(10);
  expect(await to('--by-duration', '90m')).toBe(20);
  expect(await to('--to-offset', '7')).toBe(7);
  expect(await to('--shift-by', '-3')).toBe(4);
  expect(await to('--shift-by', '5')).toBe(9);
  expect(await to('--to-offset', '9999')).toBe(40);
  expect(await to('--to-earliest', '--partition', '0')).toBe(0);
});

it('says what is wrong with the command line, with exit code 64', async () => {
  const lab = await openLab();
  const logweir = lab.start();
  await logweir.waitForPartitions(3);
  await logweir.stop();
  expect((await replay(logweir.directory)).stderr).toContain('give exactly one of --to-earliest');
  expect((await replay(logweir.directory, '--by-duration', 'soon')).stderr).toContain(
    "'soon' is not a duration",
  );
  const partition = await replay(logweir.directory, '--to-earliest', '--partition', '99');
  expect(partition).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('there is no such partition'),
  });
});
