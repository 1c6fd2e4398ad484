import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Assignment, OwnedPartition } from '../../../src/kafka/assignment.ts';
import type { RebalanceProtocol } from '../../../src/kafka/native.ts';
import { Recovery } from '../../../src/kafka/recovery.ts';
import { RECREATED_ALARM, RETENTION_ALARM, TRUNCATION_ALARM } from '../../../src/kafka/start-offset.ts';
import { notingConsumer } from '../support/fakes.ts';
import { type LogLine, memoryLog } from '../support/memory-log.ts';

const POSITION = 100;
const COOPERATIVE_ANEW = ['resume 0', 'incrementalUnassign 0', 'incrementalAssign 0'];

let assignment: Assignment;
let owned: OwnedPartition;
let other: OwnedPartition;
let rebalancer: { isBusy: boolean; protocol: RebalanceProtocol };
let calls: string[];
let lines: LogLine[];
/** A call of the client that fails. */
let refused: string | null;
let recovery: Recovery;
/** What the client has moved over by the time that its position is asked for. */
let moved: number;
/** Where the log was cut; and what was asked to find that out. */
let cut: number | Error;
let cuts: unknown[];

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
  refused = null;
  moved = 0;
  cut = Infinity;
  cuts = [];
  const memory = memoryLog();
  lines = memory.lines;
  const names = ['resume', 'assign', 'incrementalAssign', 'incrementalUnassign'];
  const consumer = notingConsumer(calls, names, (name) => {
    if (name === refused) throw new Error('not now');
  });
  recovery = new Recovery({
    consumer,
    assignment,
    rebalancer,
    log: memory.log,
    betweenPolls: async (action) => action(),
    epochs: {
      cutOf: async (_where, low, end, epoch) => {
        cuts.push([low, end, epoch]);
        if (cut instanceof Error) throw cut;
        return Math.min(cut, end);
      },
    },
    learnPositions: () => owned.advance(POSITION + moved),
  });
});

async function check(low: number, high: number, topicId: string | null = null): Promise<void> {
  await recovery.check(owned, { low, high, topicId }, performance.now());
}

it('does nothing where the broker has what is read next, or that is the next record to come', async () => {
  await check(0, 200);
  await check(POSITION, POSITION);
  expect(calls).toEqual([]);
});

it('goes on at the lowest offset where retention was faster, and says how much is lost', async () => {
  owned.paused = true;
  await check(150, 200);
  expect(calls).toEqual(COOPERATIVE_ANEW);
  expect(owned.position).toBe(150);
  expect(owned.paused).toBe(false);
  expect(lines).toMatchObject([{ msg: RETENTION_ALARM, lost: 50, low: 150 }]);
});

it('begins a new epoch where the topic was created anew: the old one commits nothing more', async () => {
  await check(0, 7);
  expect(calls).toEqual(COOPERATIVE_ANEW);
  expect(owned.closed).toBe(true);
  expect(assignment.find('t', 0)).toMatchObject({ position: 0, committed: -1, closed: false });
  expect(lines).toMatchObject([{ msg: RECREATED_ALARM, position: POSITION, high: 7 }]);
});

it('assigns all partitions anew, each where it stands, where the group knows no single ones', async () => {
  rebalancer.protocol = 'EAGER';
  other.paused = true;
  await check(150, 200);
  expect(calls).toEqual(['resume 0', 'resume 0 1', 'assign 0 1']);
  expect(other.paused).toBe(false);
});

it.each([
  ['while the client waits for the answer to a rebalance', () => (rebalancer.isBusy = true)],
  ['while it drains', () => (owned.draining = true)],
  ['when it was given up', () => (owned.closed = true)],
])('keeps its hands off %s', async (_name, change) => {
  change();
  await check(150, 200);
  expect(calls).toEqual([]);
  expect(owned.position).toBe(POSITION);
});

it('says that it could not be fetched anew, and tries again', async () => {
  refused = 'incrementalAssign';
  await check(150, 200);
  expect(lines.at(-1)).toMatchObject({ partition: 't[0]', reason: 'not now' });
  refused = null;
  await check(160, 200);
  expect(calls).toEqual(['resume 0', 'incrementalUnassign 0', ...COOPERATIVE_ANEW]);
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

  it('is fetched anew where it stands', async () => {
    await untilStalled();
    expect(calls).toEqual(COOPERATIVE_ANEW);
    expect(owned.position).toBe(POSITION);
    expect(lines).toMatchObject([{ msg: 'the client has stopped fetching; starting it anew' }]);
  });

  it('goes on where its log was cut, since what was written there meanwhile was never read', async () => {
    owned.noteEpoch(POSITION - 1, 4);
    cut = 97;
    await untilStalled();
    expect(cuts).toEqual([[0, POSITION, 4]]);
    expect(assignment.find('t', 0)).toMatchObject({ position: 97, committed: -1 });
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM, lost: 3, offset: 97 }]);
  });

  it('is left alone where only the client has moved', async () => {
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

  it('is read on where it was cut, and not from its beginning, if it is of the same topic', async () => {
    cut = 90;
    await check(0, 95, 'id');
    expect(calls).toEqual(COOPERATIVE_ANEW);
    expect(owned.closed).toBe(true);
    expect(assignment.find('t', 0)).toMatchObject({ position: 90, committed: -1, topicId: 'id' });
    expect(cuts).toEqual([[0, 95, 4]]);
    expect(lines).toMatchObject([
      { msg: TRUNCATION_ALARM, lost: 10, offset: 90, position: POSITION, high: 95 },
    ]);
  });

  it('is read on at its end where nobody knows by which leader it was written', async () => {
    const before = owned;
    owned = new OwnedPartition('t', 0, POSITION, -1);
    owned.topicId = 'id';
    assignment.remove(before);
    assignment.add(owned);
    await check(0, 95, 'id');
    expect(assignment.find('t', 0)).toMatchObject({ position: 95 });
    expect([cuts, lines]).toMatchObject([[], [{ lost: 5 }]]);
  });

  it('is asked about again where nobody tells where it was cut', async () => {
    cut = new Error('no answer');
    await check(0, 95, 'id');
    expect(owned.closed).toBe(false);
    expect(lines).toMatchObject([{ reason: 'no answer' }]);
    cut = 95;
    await check(0, 95, 'id');
    expect(assignment.find('t', 0)).toMatchObject({ position: 95 });
  });

  it('is one of another topic where the id has changed, even if all offsets are there', async () => {
    await check(0, 200, 'other');
    expect(assignment.find('t', 0)).toMatchObject({ position: 0, committed: -1, topicId: 'other' });
    expect(lines).toMatchObject([{ msg: RECREATED_ALARM }]);
  });

  it('is left alone where the broker does not tell the id yet, though the offset is beyond the end', async () => {
    await check(0, 90, null);
    expect([calls, lines]).toEqual([[], []]);
    await check(0, 90, 'id');
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM }]);
  });

  it('learns the id where it was not known, and takes it for no change', async () => {
    owned.topicId = null;
    await check(0, 200, 'id');
    await check(0, 200, null);
    expect([owned.topicId, calls]).toEqual(['id', []]);
  });
});

describe('a committed offset that reading was started from', () => {
  beforeEach(() => {
    owned.topicId = 'id';
    owned.noteEpoch(POSITION - 1, 4);
    owned.unverified = { offset: POSITION, epoch: 4 };
  });

  it('is looked at once: whether the record before it is still of the same leader', async () => {
    await check(0, 200, 'id');
    await check(0, 200, 'id');
    expect([cuts, calls, owned.unverified]).toEqual([[[0, POSITION, 4]], [], null]);
  });

  it('needs no look where the next record is of the same leader', async () => {
    owned.advance(POSITION + 1);
    await check(0, 200, 'id');
    expect([cuts, owned.unverified]).toEqual([[], null]);
  });

  it('is left for where the log was cut before it, also if more has been read since', async () => {
    owned.noteEpoch(POSITION, 6);
    owned.advance(POSITION + 20);
    // Committed meanwhile, so that nothing else knows by whom the record before was written.
    owned.epochs.forget(POSITION + 20);
    cut = 96;
    await check(0, 200, 'id');
    expect(assignment.find('t', 0)).toMatchObject({ position: 96, committed: -1 });
    expect(lines).toMatchObject([{ msg: TRUNCATION_ALARM, lost: 4, offset: 96 }]);
  });

  it('is looked at again where nobody answers', async () => {
    cut = new Error('no answer');
    await check(0, 200, 'id');
    expect([owned.unverified?.offset, lines]).toEqual([POSITION, []]);
  });
});
