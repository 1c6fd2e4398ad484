import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Assignment, OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import type { TopicPartition } from '../../../../src/record.ts';
import { ErrorCode, type NativeConsumer, type RebalanceProtocol } from '../../../../src/kafka/native.ts';
import { Rebalancer } from '../../../../src/kafka/consumer/rebalance.ts';
import type { Resolved } from '../../../../src/kafka/consumer/start-resolver.ts';
import { settleDown } from '../../support/fakes.ts';
import { fakeDelay } from '../../support/fake-delay.ts';
import { type LogLine, memoryLog } from '../../support/memory-log.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

const START = 100;
const [p0, p1, p2] = [0, 1, 2].map((partition): TopicPartition => ({ topic: 't', partition })) as [
  TopicPartition,
  TopicPartition,
  TopicPartition,
];

let assignment: Assignment;
let calls: string[];
let lines: LogLine[];
/** Names of the client's calls that throw, and how often. */
let rejections: Map<string, number>;
let protocol: RebalanceProtocol;
let lost: boolean;
let stopping: AbortController;
/** Partitions without an answer of a broker. */
let silent: Set<number>;
let drain: () => Promise<void>;
let rebalancer: Rebalancer;

beforeEach(() => {
  fakeDelay.reset();
  assignment = new Assignment();
  calls = [];
  rejections = new Map();
  protocol = 'COOPERATIVE';
  lost = false;
  stopping = new AbortController();
  silent = new Set();
  drain = async () => {};
  const memory = memoryLog();
  lines = memory.lines;
  const call =
    (name: string) =>
    (partitions: readonly TopicPartition[] = []): void => {
      const left = rejections.get(name) ?? 0;
      rejections.set(name, left - 1);
      const text = [name, ...partitions.map(({ partition }) => partition)].join(' ');
      calls.push(left > 0 ? `${text} (rejected)` : text);
      if (left > 0) throw new Error('Local: Erroneous state');
    };
  const names = ['assign', 'unassign', 'incrementalAssign', 'incrementalUnassign', 'resume'];
  const consumer = {
    ...Object.fromEntries(names.map((name) => [name, call(name)])),
    rebalanceProtocol: () => protocol,
    assignmentLost: () => lost,
  };
  rebalancer = new Rebalancer({
    consumer: consumer as unknown as NativeConsumer,
    assignment,
    committer: { settle: async (owned) => void calls.push(`settle ${owned.length}`) },
    starts: {
      resolve: async (partitions): Promise<Resolved> => ({
        owned: partitions
          .filter(({ partition }) => !silent.has(partition))
          .map(({ topic, partition }) => new OwnedPartition(topic, partition, START, START)),
        missing: partitions.filter(({ partition }) => silent.has(partition)),
        skipped: [],
      }),
    },
    log: memory.log,
    drainMs: 1000,
    stopping: stopping.signal,
    betweenPolls: async (action) => action(),
    drained: () => drain(),
    abandon: (owned) => void calls.push(`abandon ${owned.length}`),
  });
});

function assign(...partitions: TopicPartition[]): Promise<void> {
  rebalancer.handle({ code: ErrorCode.ASSIGN_PARTITIONS, message: 'assign' }, partitions);
  return rebalancer.idle();
}

function revoke(...partitions: TopicPartition[]): Promise<void> {
  rebalancer.handle({ code: ErrorCode.REVOKE_PARTITIONS, message: 'revoke' }, partitions);
  return rebalancer.idle();
}

const ownedNow = (): number[] => assignment.inOrder().map(({ partition }) => partition);

describe('an assignment', () => {
  it.each<[RebalanceProtocol, string]>([
    ['COOPERATIVE', 'incrementalAssign 0 1'],
    ['EAGER', 'assign 0 1'],
  ])('is answered as the protocol requires (%s)', async (given, call) => {
    protocol = given;
    await assign(p0, p1);
    expect(calls).toEqual([call]);
    expect(ownedNow()).toEqual([0, 1]);
    expect(rebalancer.isBusy).toBe(false);
  });

  it('of no partitions is answered too', async () => {
    await assign();
    expect(calls).toEqual(['incrementalAssign']);
  });

  it('is answered without partitions that have no start offset; they follow later', async () => {
    fakeDelay.held = true;
    silent.add(1);
    await assign(p0, p1);
    expect(calls).toEqual(['incrementalAssign 0']);
    expect(rebalancer.awaited?.partitions).toEqual(['t[1]']);
    fakeDelay.end();
    await settleDown();
    expect(ownedNow()).toEqual([0]);
    silent.clear();
    fakeDelay.end();
    await settleDown();
    expect(calls).toEqual(['incrementalAssign 0', 'incrementalAssign 1']);
    expect(rebalancer.awaited).toBeNull();
  });
});

describe('a revocation', () => {
  it('settles records in flight, commits them, and abandons the others', async () => {
    await assign(p0, p1);
    calls.length = 0;
    const [first] = assignment.inOrder();
    await revoke(p0);
    expect(calls).toEqual(['settle 1', 'abandon 1', 'incrementalUnassign 0']);
    expect(first?.closed).toBe(true);
    expect(ownedNow()).toEqual([1]);
  });

  it('of lost partitions commits nothing', async () => {
    await assign(p0);
    calls.length = 0;
    lost = true;
    await revoke(p0);
    expect(calls).toEqual(['abandon 1', 'incrementalUnassign 0']);
  });

  it('ends a pause, which the client would keep', async () => {
    await assign(p0);
    for (const owned of assignment.all()) owned.paused = true;
    await revoke(p0);
    expect(calls).toContain('resume 0');
  });

  it('of a partition without a start offset ends the wait', async () => {
    fakeDelay.held = true;
    silent.add(1);
    await assign(p0, p1);
    await revoke(p1);
    silent.clear();
    fakeDelay.end();
    await settleDown();
    expect(calls.filter((call) => call.startsWith('incrementalAssign'))).toEqual(['incrementalAssign 0']);
    expect(rebalancer.awaited).toBeNull();
  });

  it('is answered even if records in flight cannot be settled', async () => {
    await assign(p0);
    drain = () => Promise.reject(new Error('broken'));
    await revoke(p0);
    expect(calls.at(-1)).toBe('incrementalUnassign 0');
    expect(lines).toContainEqual(expect.objectContaining({ reason: 'broken', level: 50 }));
  });
});

it('the wait for a revoked partition does not affect a new assignment of it', async () => {
  fakeDelay.held = true;
  silent.add(1);
  await assign(p1);
  await revoke(p1);
  silent.clear();
  await assign(p1);
  const [owned] = assignment.all();
  fakeDelay.end();
  await settleDown();
  expect(calls.filter((call) => call === 'incrementalAssign 1')).toHaveLength(1);
  expect(assignment.all()).toEqual([owned]);
});

describe('an answer that the client rejects is repeated', () => {
  it.each<[string, RebalanceProtocol, string, () => Promise<void>]>([
    ['incrementalAssign', 'COOPERATIVE', 'incrementalAssign 0 1', () => assign(p0, p1)],
    ['assign', 'EAGER', 'assign 0 1', () => assign(p0, p1)],
    ['incrementalUnassign', 'COOPERATIVE', 'incrementalUnassign 2', () => revoke(p2)],
    ['unassign', 'EAGER', 'unassign', () => revoke(p2)],
  ])('%s', async (name, given, call, event) => {
    protocol = given;
    rejections.set(name, 3);
    await event();
    expect(calls.filter((one) => one.startsWith(name))).toEqual([
      ...Array(3).fill(`${call} (rejected)`),
      call,
    ]);
    expect(rebalancer.isBusy).toBe(false);
    expect(rebalancer.failures).toBe(3);
    expect(rebalancer.problem).toBeNull();
    expect(lines.filter(({ level }) => level === 50)).toMatchObject([{ reason: 'Local: Erroneous state' }]);
  });

  it('after increasing delays, while the rebalancer is busy and has a reason', async () => {
    fakeDelay.held = true;
    rejections.set('incrementalAssign', 8);
    const assigned = assign(p0);
    for (let attempt = 1; attempt <= 8; attempt++) {
      await settleDown();
      expect(ownedNow()).toEqual([]);
      expect([rebalancer.isBusy, rebalancer.failures]).toEqual([true, attempt]);
      expect(rebalancer.problem).toBe('Local: Erroneous state');
      fakeDelay.end();
    }
    await assigned;
    expect(ownedNow()).toEqual([0]);
    expect(fakeDelay.lengths.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('and abandons a revoked partition only once', async () => {
    await assign(p0);
    rejections.set('incrementalUnassign', 2);
    calls.length = 0;
    await revoke(p0);
    expect(calls.filter((call) => call.startsWith('abandon'))).toEqual(['abandon 1']);
  });

  it('but not indefinitely when the process ends', async () => {
    stopping.abort();
    rejections.set('incrementalAssign', 1000);
    await assign(p0);
    expect(calls.length).toBeLessThan(10);
    expect(rebalancer.isBusy).toBe(false);
  });

  it('also for a partition that is assigned later', async () => {
    fakeDelay.held = true;
    silent.add(1);
    await assign(p0, p1);
    silent.clear();
    rejections.set('incrementalAssign', 2);
    for (let round = 0; round < 3; round++) {
      fakeDelay.end();
      await settleDown();
    }
    expect(ownedNow()).toEqual([0, 1]);
    expect(rebalancer.failures).toBe(2);
  });

  it('and later events wait', async () => {
    rejections.set('incrementalAssign', 2);
    void assign(p0);
    await revoke(p0);
    expect(calls.map((call) => call.split(' ')[0])).toEqual([
      'incrementalAssign',
      'incrementalAssign',
      'incrementalAssign',
      'settle',
      'abandon',
      'incrementalUnassign',
    ]);
  });
});
