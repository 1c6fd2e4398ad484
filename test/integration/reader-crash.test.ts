import { join } from 'node:path';
import { expect, it } from 'vitest';
import { build, hasCompiler } from '../native/build.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { agentEvent } from '../support/events.ts';
import { openLab } from '../support/lab.ts';
import { copyOfProgram } from '../support/program-copy.ts';

const EVENTS = 12_000;
/** A static member: after a crash it rejoins the group at once. */
const SETTINGS = {
  kafka: { session_timeout_ms: 10_000, commit_interval_ms: 50, group_instance_id: 'the-one' },
  elasticsearch: { batch: { max_events: 250 } },
};

it.runIf(hasCompiler())(
  'a crash of the reader during a poll, and a kill -9, lose no event and store none twice',
  async () => {
    const home = copyOfProgram();
    build(join(home, 'native/reader.node'), { CFLAGS: '-DCRASHES' });
    const lab = await openLab({ partitions: 3 });
    await lab.ledger.produce(
      lab.topic,
      Array.from({ length: EVENTS }, (_, sequence) => agentEvent(sequence)),
    );
    const slow = lab.proxy.rule({ from: 1 }, { delayMs: 30 });
    for (const records of [1, 2500, 4000]) {
      process.env['READER_CRASHES_AFTER'] = String(records);
      const crashing = lab.start(SETTINGS, {}, [], home);
      expect(await crashing.exited).toEqual({ code: null, signal: 'SIGSEGV' });
    }
    delete process.env['READER_CRASHES_AFTER'];
    const killed = lab.start(SETTINGS, {}, [], home);
    const before = lab.proxy.acknowledged.size;
    await killed.waitUntil(() => lab.proxy.acknowledged.size > before + 1000, 'progress');
    await killed.kill();
    expect(lab.proxy.acknowledged.size).toBeLessThan(EVENTS);
    slow.remove();
    const last = lab.start(SETTINGS);
    await lab.waitForLagZero();
    await expectExactlyOnce(lab);
    expect((await last.stop()).code).toBe(0);
  },
);
