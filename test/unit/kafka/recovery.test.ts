import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Assignment, OwnedPartition } from '../../../src/kafka/assignment.ts';
import type { RebalanceProtocol } from '../../../src/kafka/native.ts';
import { Recovery } from '../../../src/kafka/recovery.ts';
import { RECREATED_ALARM, RETENTION_ALARM } from '../../../src/kafka/start-offset.ts';
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
    epochs: { cutOf: async (_where, _low, end) => end },
    learnPositions: () => owned.advance(POSITION + moved),
  });
});

async function check(low: number, high: number): Promise<void> {
  await recovery.check(owned, { low, high, topicId: null }, performance.now());
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

  it('is left alone where only the client has moved', async () => {
    moved = 5;
    await untilStalled();
    expect(calls).toEqual([]);
    expect(owned.position).toBe(POSITION + 5);
  });
});
