/** Clocks are set, forward and back. Only points in time may follow them; durations are measured by one that nobody sets. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Alarms } from '../../src/alarms.ts';
import { Beginning } from '../../src/clock.ts';
import { Holds } from '../../src/holds.ts';
import { Assignment, OwnedPartition } from '../../src/kafka/assignment.ts';
import { Committer } from '../../src/kafka/committer.ts';
import type { NativeConsumer } from '../../src/kafka/native.ts';
import { createLog, RepeatGate } from '../../src/log.ts';
import { Outage } from '../../src/elasticsearch/outage.ts';
import { Chain } from '../../src/transform/chain.ts';
import { root } from '../support/paths.ts';
import { deferred, received } from './support/fakes.ts';
import { memoryLog } from './support/memory-log.ts';
import { PipelineLab } from './support/pipeline-lab.ts';

/** Where the time of day is asked for, and why that is one. Everything else is `performance.now()`. */
const POINTS_IN_TIME: Record<string, string> = {
  'src/clock.ts': 'since when something lasts, for people to read',
  'src/admin/metrics.ts': "how old a record is, by its producer's or broker's time of day",
  'src/elasticsearch/verdict.ts': 'Retry-After may be a time of day; at most a minute is believed',
  'src/elasticsearch/dead-letter-index.ts': 'when a record was dead-lettered',
  'src/kafka/dead-letter-topic.ts': 'when a record was dead-lettered',
  'src/kafka/watch.ts': 'since when no broker answers, for people to read',
  'src/commands/transform.ts': 'a line of standard input is a record of this moment',
  'src/commands/dlq.ts': '--since may be back from this moment',
  'src/commands/dlq-retry.ts': '--since may be back from this moment',
  'src/commands/replay.ts': '--by-duration is back from this moment',
  'src/transform/watchdog-thread.ts': 'the time of a log line',
};

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

it('the time of day is asked for only where a point in time is wanted', () => {
  const asking = [...filesBelow('src'), ...filesBelow('transforms')].filter((file) =>
    /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\)/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(asking.toSorted()).toEqual(Object.keys(POINTS_IN_TIME).toSorted());
});

const HOUR_MS = 3_600_000;

describe.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])('a clock that is set an hour %s', (_name, step) => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const stepClock = (): void => void vi.setSystemTime(Date.now() + step);

  it('neither ends a drain nor makes it longer', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.take(['{}']);
    let isOver = false;
    const drained = lab.pipeline.drained([owned], 5000).then(() => {
      isOver = true;
    });
    stepClock();
    await vi.advanceTimersByTimeAsync(4900);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    await drained;
  });

  it('neither lets a repeated message through nor keeps it back for longer', () => {
    const gate = new RepeatGate(10_000);
    expect(gate.pass()).toBe(0);
    stepClock();
    vi.advanceTimersByTime(9000);
    expect(gate.pass()).toBeUndefined();
    vi.advanceTimersByTime(1100);
    expect(gate.pass()).toBe(1);
  });

  it('neither makes a commit be sent twice nor keeps one that was lost from being made anew', async () => {
    const assignment = new Assignment();
    const owned = new OwnedPartition('t', 0, 0, -1);
    owned.advance(5);
    assignment.add(owned);
    const sent: unknown[] = [];
    const client = { commit: (offsets: unknown) => void sent.push(offsets) } as unknown as NativeConsumer;
    const committer = new Committer(client, assignment, 1000, createLog('silent'));
    try {
      vi.advanceTimersByTime(1000);
      stepClock();
      vi.advanceTimersByTime(8000);
      expect(sent).toHaveLength(1);
      vi.advanceTimersByTime(3000);
      expect(sent).toHaveLength(2);
      let isOver = false;
      const settled = committer.settle([owned], 2000).then(() => {
        isOver = true;
      });
      stepClock();
      await vi.advanceTimersByTimeAsync(1900);
      expect(isOver).toBe(false);
      await vi.advanceTimersByTimeAsync(600);
      await settled;
    } finally {
      committer.close();
    }
  });

  it('neither closes the transforms of an old chain early nor late', async () => {
    const gate = deferred();
    let isClosed = false;
    const run = async (): Promise<undefined> => gate.promise as Promise<undefined>;
    const close = (): void => {
      isClosed = true;
    };
    const chain = new Chain([{ name: 'slow', run, onError: 'drop', timeoutMs: 5000, close }], () => {});
    void chain.run({}, { topic: 't', partition: 0, offset: 0, timestamp: 0, key: null, headers: undefined });
    const retired = chain.retire();
    stepClock();
    await vi.advanceTimersByTimeAsync(4900);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    await retired;
    expect(isClosed).toBe(true);
  });

  it('does not change how long something is said to have lasted', () => {
    const { log, lines } = memoryLog();
    const outage = new Outage(() => {});
    const alarms = new Alarms(log, () => ({ outage: null, holds: [], inFlight: 0 }));
    const holds = new Holds(alarms.holds);
    const { settlement } = received();
    holds.add('blocked', settlement);
    outage.failed('hold', 'HTTP 401');
    const began = new Beginning();
    stepClock();
    vi.advanceTimersByTime(7000);
    expect(holds.list()).toMatchObject([{ since: Date.UTC(2026, 0, 2), seconds: 7 }]);
    expect([outage.state?.began.seconds, began.seconds]).toEqual([7, 7]);
    holds.remove('blocked', settlement);
    expect(lines.at(-1)).toMatchObject({ msg: 'a hold has ended', seconds: 7 });
  });
});
