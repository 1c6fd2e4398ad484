/**
 * The system clock may be set forward and back. Only points in time follow it; durations use a monotonic clock.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Alarms } from '../../src/admin/alarms.ts';
import { Beginning } from '../../src/clock.ts';
import { BlockedRecords } from '../../src/pipeline/blocked-records.ts';
import { Assignment, OwnedPartition } from '../../src/kafka/consumer/assignment.ts';
import { Committer } from '../../src/kafka/consumer/committer.ts';
import type { NativeConsumer } from '../../src/kafka/native.ts';
import { createLog, RepeatGate } from '../../src/log.ts';
import { CircuitBreaker } from '../../src/elasticsearch/circuit-breaker.ts';
import { Chain } from '../../src/transform/runtime/chain.ts';
import { root } from '../support/paths.ts';
import { deferred, received } from './support/fakes.ts';
import { memoryLog } from './support/memory-log.ts';
import { PipelineLab } from './support/pipeline-lab.ts';

/** The files that read the time of day, and why. All others use `performance.now()`. */
const POINTS_IN_TIME: Record<string, string> = {
  'src/clock.ts': 'the start of a state, for display',
  'src/admin/gauges.ts': 'the age of a record, by the clock of its producer or broker',
  'src/admin/flow-metrics.ts': 'the age of a record, by the clock of its producer or broker',
  'src/admin/monitor.ts': 'how long ago times of the status were, for display',
  'src/commands/check.ts': 'the clock is compared with that of a server; the date of the index of now',
  'src/commands/template.ts': 'the date of the index of now',
  'src/commands/top.ts': 'how long ago times of the status were, for display',
  'src/admin/metrics.ts': 'the age of a record, by the clock of its producer or broker',
  'src/elasticsearch/verdict.ts': 'Retry-After may be a time of day; it is limited to a minute',
  'src/dead-letter/index.ts': 'the time of dead-lettering',
  'src/dead-letter/topic.ts': 'the time of dead-lettering',
  'src/kafka/consumer/watch.ts': 'the last contact with a broker, for display',
  'src/commands/sample-records.ts': 'the timestamp of a line of standard input',
  'src/commands/compare/compare.ts': '--from and --to may count back from now',
  'src/commands/find-server.ts': 'the clock is compared with that of a server',
  'src/commands/dlq.ts': '--since may count back from now',
  'src/commands/dlq-retry.ts': '--since may count back from now',
  'src/commands/replay.ts': '--by-duration counts back from now',
  'src/vrl/parse-logs.ts': 'parse_klog of VRL: a time without a year is of the current one',
  'src/vrl/syslog.ts': 'parse_syslog of VRL: a time without a year is of the current one',
  'src/vrl/times.ts': 'now() of VRL',
  'src/transform/runtime/watchdog-thread.ts': 'the time of a log line',
};

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

it('the time of day is read only for points in time', () => {
  const asking = [...filesBelow('src'), ...filesBelow('transforms')].filter((file) =>
    /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\)/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(asking.toSorted()).toEqual(Object.keys(POINTS_IN_TIME).toSorted());
});

const HOUR_MS = 3_600_000;

describe.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])('a system clock that is set an hour %s', (_name, step) => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const stepClock = (): void => void vi.setSystemTime(Date.now() + step);

  it('neither ends nor extends a drain', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}']);
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

  it('neither passes nor suppresses a repeated message', () => {
    const gate = new RepeatGate(10_000);
    expect(gate.pass()).toBe(0);
    stepClock();
    vi.advanceTimersByTime(9000);
    expect(gate.pass()).toBeUndefined();
    vi.advanceTimersByTime(1100);
    expect(gate.pass()).toBe(1);
  });

  it('neither repeats a commit nor prevents the repetition of a lost one', async () => {
    const assignment = new Assignment();
    const owned = new OwnedPartition('t', 0, 0, -1);
    owned.advance(5);
    assignment.add(owned);
    const sent: unknown[] = [];
    const client = { commit: (offsets: unknown) => void sent.push(offsets) } as unknown as NativeConsumer;
    const committer = new Committer(client, assignment, 1000, createLog({ level: 'silent' }));
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

  it('closes the transforms of an old chain neither early nor late', async () => {
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

  it('does not change reported durations', () => {
    const { log, lines } = memoryLog();
    const breaker = new CircuitBreaker(() => {});
    const alarms = new Alarms(log, () => ({ breaker: null, holds: [], inFlight: 0, lag: null }));
    const blockedRecords = new BlockedRecords(alarms.blocked);
    const { settlement } = received();
    blockedRecords.add('blocked', settlement);
    breaker.failed('hold', 'HTTP 401');
    const began = new Beginning();
    stepClock();
    vi.advanceTimersByTime(7000);
    expect(blockedRecords.list()).toMatchObject([{ since: Date.UTC(2026, 0, 2), seconds: 7 }]);
    expect([breaker.state?.began.seconds, began.seconds]).toEqual([7, 7]);
    blockedRecords.remove('blocked', settlement);
    expect(lines.at(-1)).toMatchObject({ msg: 'unblocked', seconds: 7 });
  });
});
