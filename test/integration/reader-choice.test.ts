import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { expectExactlyOnce } from '../support/checks.ts';
import { agentEvent } from '../support/events.ts';
import { type Lab, type Sections, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { copyOfProgram } from '../support/program-copy.ts';

const FALLBACK = 'native reader unavailable, reading with the Kafka client at half the speed';

/** Runs Logweir until it has read a topic to its end. @returns the running process */
async function run(sections: Sections = {}, home?: string): Promise<{ lab: Lab; logweir: Logweir }> {
  const lab = await openLab({ partitions: 2 });
  const logweir = lab.start(sections, {}, [], home);
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: 500 }, (_, sequence) => agentEvent(sequence)),
  );
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
  return { lab, logweir };
}

/** Whether the process has loaded the reader's file. */
function isNative({ pid }: Logweir): boolean {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').includes('native/reader.node');
}

const warnings = (logweir: Logweir): unknown[] =>
  logweir.log().flatMap(({ msg, reason }) => (msg === FALLBACK ? [reason] : []));

describe('Logweir reads from Kafka', () => {
  it('with the native reader by default', async () => {
    const { logweir } = await run();
    expect(isNative(logweir)).toBe(true);
    expect(warnings(logweir)).toEqual([]);
    expect((await logweir.stop()).code).toBe(0);
  });

  it('with the client, and one warning, if the native reader does not exist', async () => {
    const { logweir } = await run({}, copyOfProgram());
    expect(isNative(logweir)).toBe(false);
    expect(warnings(logweir)).toEqual([
      'native/reader.node does not exist: it is built when Logweir is installed',
    ]);
    expect((await logweir.stop()).code).toBe(0);
  });

  it('with the client, and one warning, if the native reader cannot be loaded', async () => {
    const home = copyOfProgram();
    writeFileSync(join(home, 'native/reader.node'), 'of another machine');
    const { logweir } = await run({}, home);
    expect(isNative(logweir)).toBe(false);
    expect(warnings(logweir)).toEqual([expect.stringContaining('reader.node')]);
    expect((await logweir.stop()).code).toBe(0);
  });

  it('with the client, and no warning, if kafka.reader is client', async () => {
    const { logweir } = await run({ kafka: { reader: 'client' } });
    expect(isNative(logweir)).toBe(false);
    expect(warnings(logweir)).toEqual([]);
  });

  afterEach(() => {
    delete process.env['KAFKA_READER'];
  });

  it('with the client, and no warning, if KAFKA_READER is client', async () => {
    process.env['KAFKA_READER'] = 'client';
    const { logweir } = await run();
    expect(isNative(logweir)).toBe(false);
    expect(warnings(logweir)).toEqual([]);
  });
});
