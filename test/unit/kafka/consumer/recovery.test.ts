import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Assignment, OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import type { RebalanceProtocol } from '../../../../src/kafka/native.ts';
import { Recovery } from '../../../../src/kafka/consumer/recovery.ts';
import {
  RECREATED_ALARM,
  RETENTION_ALARM,
  TRUNCATION_ALARM,
} from '../../../../src/kafka/consumer/start-offset.ts';
import { notingConsumer } from '../../support/fakes.ts';
import { type LogLine, memoryLog } from '../../support/memory-log.ts';

const POSITION = 100;
const COOPERATIVE_RESTART = ['resume 0', 'incrementalUnassign 0', 'incrementalAssign 0'];

let assignment: Assignment;
let owned: OwnedPartition;
let other: OwnedPartition;
let rebalancer: { isBusy: boolean; protocol: RebalanceProtocol };
let calls: string[];
let lines: LogLine[];
/** Name of the client's call that fails. */
let failingCall: string | null;
let recovery: Recovery;
/** Offsets that the client has passed when its position is read. */
let moved: number;
/** The offset at which the log was truncated. */
let truncatedAt: number | Error;
/** Queries for that offset. */
let queries: unknown[];

beforeEach(() => {
  assignment = new Assignment();
  [owned, other] = [0, 1].map((partition) => new OwnedPartition('t', partition, POSITION, -1)) as [
    OwnedPartition,
    OwnedPartition,
  ];
  assignment.add(owned);
  assignment.add(other);
  rebalancer = { isBusy: false, protocol: 'COOPERATIVE' };
  calls = [];
  failingCall = null;
  moved = 0;
  truncatedAt = Infinity;
  queries = [];
  const memory = memoryLog();
  lines = memory.lines;
  const names = ['resume', 'assign', 'incrementalAssign', 'incrementalUnassign'];
  const consumer = notingConsumer(calls, names, (name) => {
    if (name === failingCall) throw new Error('not now');
  });
  recovery = new Recovery({
    consumer,
    assignment,
    rebalancer,
    log: memory.log,
    betweenPolls: async (action) => action(),
    epochs: {
      truncationOf: async (_where, low, end, epoch) => {
        queries.push([low, end, epoch]);
        if (truncatedAt instanceof Error) throw truncatedAt;
        return Math.min(truncatedAt, end);
      },
    },
    learnPositions: () => owned.advance(POSITION + moved),
  });
});

async function check(low: number, high: number, topicId: string | null = null): Promise<void> {
  await recovery.check(owned, { low, high, topicId }, performance.now());
}

it('does nothing if the broker has the next record, or has not written it yet', async () => {
  await check(0, 200);
  await check(POSITION, POSITION);
  expect(calls).toEqual([]);
});

it('continues at the lowest offset after retention, and logs the number of lost records', async () => {
  owned.paused = true;
  await check(150, 200);
  expect(calls).toEqual(COOPERATIVE_RESTART);
  expect(owned.position).toBe(150);
  expect(owned.paused).toBe(false);
  expect(lines).toMatchObject([{ msg: RETENTION_ALARM, lost: 50, low: 150 }]);
});

it('starts a new epoch for a recreated topic: the old one commits nothing more', async () => {
  await check(0, 7);
  expect(calls).toEqual(COOPERATIVE_RESTART);
  expect(owned.closed).toBe(true);
  expect(assignment.find('t', 0)).toMatchObject({ position: 0, committed: -1, closed: false });
  expect(lines).toMatchObject([{ msg: RECREATED_ALARM, position: POSITION, high: 7 }]);
});

it('assigns all partitions again at their positions with the eager protocol', async () => {
  rebalancer.protocol = 'EAGER';
  other.paused = true;
  await check(150, 200);
  expect(calls).toEqual(['resume 0', 'resume 0 1', 'assign 0 1']);
  expect(other.paused).toBe(false);
});

it.each([
  ['while the client waits for the answer to a rebalance', () => (rebalancer.isBusy = true)],
  ['while it drains', () => (owned.draining = true)],
  ['after its epoch has ended', () => (owned.closed = true)],
])('does nothing %s', async (_name, change) => {
  change();
  await check(150, 200);
  expect(calls).toEqual([]);
  expect(owned.position).toBe(POSITION);
});

it('logs a failed restart, and retries', async () => {
  failingCall = 'incrementalAssign';
  await check(150, 200);
  expect(lines.at(-1)).toMatchObject({ partition: 't[0]', reason: 'not now' });
  failingCall = null;
  await check(160, 200);
  expect(calls).toEqual(['resume 0', 'incrementalUnassign 0', ...COOPERATIVE_RESTART]);
});

describe('a partition that the client has silently stopped fetching', () => {
  const untilStalled = async (): Promise<void> => {
    vi.useFakeTimers();
    try {
      for (let second = 0; second <= 45; second += 5) {
        await check(0, 200);
        vi.advanceTimersByTime(5000);
      }
    } finally {
      vi.useRealTimers();
    }
  };

  it('is fetched again at its position', async () => {
    await untilStalled();
    expect(calls).toEqual(COOPERATIVE_RESTART);
    expect(owned.position).toBe(POSITION);
    expect(lines).toMatchObject([{ code: 'fetch_stalled', msg: 'fetch stalled, restarting' }]);
  });

  it('continues at the truncation of its log, because records written there since were never read', async () => {
    owned.noteEpoch(POSITION - 1, 4);
    truncatedAt = 97;
    await untilStalled();
    expect(queries).toEqual([[0, POSITION, 4]]);
    expect(assignment.find('t', 0)).toMatchObject({ position: 97, committed: -1 });
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM, lost: 3, offset: 97 }]);
  });

  it('is not restarted if only the client has moved', async () => {
    moved = 5;
    await untilStalled();
    expect(calls).toEqual([]);
    expect(owned.position).toBe(POSITION + 5);
  });
});

describe('a partition that was truncated', () => {
  beforeEach(() => {
    owned.topicId = 'id';
    owned.noteEpoch(POSITION - 1, 4);
  });

  it('continues at the truncation, and not at the beginning, if the topic is the same', async () => {
    truncatedAt = 90;
    await check(0, 95, 'id');
    expect(calls).toEqual(COOPERATIVE_RESTART);
    expect(owned.closed).toBe(true);
    expect(assignment.find('t', 0)).toMatchObject({ position: 90, committed: -1, topicId: 'id' });
    expect(queries).toEqual([[0, 95, 4]]);
    expect(lines).toMatchObject([
      { msg: TRUNCATION_ALARM, lost: 10, offset: 90, position: POSITION, high: 95 },
    ]);
  });

  it('continues at its end if the epoch of its records is unknown', async () => {
    const before = owned;
    owned = new OwnedPartition('t', 0, POSITION, -1);
    owned.topicId = 'id';
    assignment.remove(before);
    assignment.add(owned);
    await check(0, 95, 'id');
    expect(assignment.find('t', 0)).toMatchObject({ position: 95 });
    expect([queries, lines]).toMatchObject([[], [{ lost: 5 }]]);
  });

  it('is queried again if the query for the truncation fails', async () => {
    truncatedAt = new Error('no answer');
    await check(0, 95, 'id');
    expect(owned.closed).toBe(false);
    expect(lines).toMatchObject([{ reason: 'no answer' }]);
    truncatedAt = 95;
    await check(0, 95, 'id');
    expect(assignment.find('t', 0)).toMatchObject({ position: 95 });
  });

  it('counts as recreated if the topic id has changed, even if all offsets exist', async () => {
    await check(0, 200, 'other');
    expect(assignment.find('t', 0)).toMatchObject({ position: 0, committed: -1, topicId: 'other' });
    expect(lines).toMatchObject([{ msg: RECREATED_ALARM }]);
  });

  it('waits for the topic id if the offset is beyond the end', async () => {
    await check(0, 90, null);
    expect([calls, lines]).toEqual([[], []]);
    await check(0, 90, 'id');
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM }]);
  });

  it('adopts an id that was unknown, which is no change', async () => {
    owned.topicId = null;
    await check(0, 200, 'id');
    await check(0, 200, null);
    expect([owned.topicId, calls]).toEqual(['id', []]);
  });
});

describe('a committed start offset', () => {
  beforeEach(() => {
    owned.topicId = 'id';
    owned.startedAfter(POSITION, 4);
  });

  it('is verified once: the record before it must still have the same epoch', async () => {
    await check(0, 200, 'id');
    await check(0, 200, 'id');
    expect([queries, calls, owned.unverified]).toEqual([[[0, POSITION, 4]], [], undefined]);
  });

  it('needs no query if the next record has the same epoch', async () => {
    owned.advance(POSITION + 1);
    await check(0, 200, 'id');
    expect([queries, owned.unverified]).toEqual([[], undefined]);
  });

  it('is replaced by an earlier truncation, even if more records have been read since', async () => {
    owned.noteEpoch(POSITION, 6);
    owned.advance(POSITION + 20);
    // A commit has removed the epoch of the record before.
    owned.epochs.forget(POSITION + 20);
    truncatedAt = 96;
    await check(0, 200, 'id');
    expect(assignment.find('t', 0)).toMatchObject({ position: 96, committed: -1 });
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM, lost: 4, offset: 96 }]);
  });

  it('is verified again if no broker answers', async () => {
    truncatedAt = new Error('no answer');
    await check(0, 200, 'id');
    expect([owned.unverified?.offset, lines]).toEqual([POSITION, []]);
  });
});

describe('a change of the leader epoch among the consumed records', () => {
  beforeEach(() => {
    owned.topicId = 'id';
    owned.noteEpoch(POSITION - 10, 4);
    owned.noteEpoch(POSITION, 6);
    owned.advance(POSITION + 20);
  });

  it('blocks commits until it is known that the log was not truncated', async () => {
    expect(owned.committable).toBe(POSITION);
    await check(0, 200, 'id');
    expect([queries, calls, owned.committable]).toEqual([[[0, POSITION, 4]], [], POSITION + 20]);
  });

  it('is a truncation if records before it were rewritten, which the client has skipped', async () => {
    truncatedAt = 96;
    await check(0, 200, 'id');
    expect(assignment.find('t', 0)).toMatchObject({ position: 96, committed: -1 });
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM, lost: 4, offset: 96 }]);
  });

  it('is not forgotten during a rebalance', async () => {
    truncatedAt = 96;
    rebalancer.isBusy = true;
    await check(0, 200, 'id');
    expect([lines, owned.committable]).toEqual([[], POSITION]);
    rebalancer.isBusy = false;
    await check(0, 200, 'id');
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM }]);
  });

  it('is verified after an earlier one', async () => {
    owned.noteEpoch(POSITION + 20, 7);
    owned.advance(POSITION + 30);
    await check(0, 200, 'id');
    expect(owned.committable).toBe(POSITION + 20);
    await check(0, 200, 'id');
    expect(owned.committable).toBe(POSITION + 30);
    expect(queries).toEqual([
      [0, POSITION, 4],
      [0, POSITION + 20, 6],
    ]);
  });

  it('does not block commits indefinitely if no broker answers', async () => {
    truncatedAt = new Error('no answer');
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      await check(0, 200, 'id');
      vi.advanceTimersByTime(59_000);
      await check(0, 200, 'id');
      expect([owned.committable, lines]).toEqual([POSITION, []]);
      vi.advanceTimersByTime(1000);
      await check(0, 200, 'id');
    } finally {
      vi.useRealTimers();
    }
    expect(owned.committable).toBe(POSITION + 20);
    expect(lines).toMatchObject([{ level: 50, partition: 't[0]', offset: POSITION, reason: 'no answer' }]);
  });
});
