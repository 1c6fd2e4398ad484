import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BlockInfo, BlockedRecords } from '../../../src/pipeline/blocked-records.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { received } from '../support/fakes.ts';

let told: string[] = [];
let ended: BlockInfo[] = [];
let blockedRecords: BlockedRecords;

beforeEach(() => {
  told = [];
  ended = [];
  blockedRecords = new BlockedRecords({
    began: ({ reason }) => void told.push(`began ${reason}`),
    ended(hold) {
      told.push(`ended ${hold.reason}`);
      ended.push(hold);
    },
  });
  vi.useFakeTimers({ now: 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

it('a cause is told once, when its first record is blocked and when its last one continues', () => {
  const owned = new OwnedPartition('t', 0, 0, -1);
  const [one, other] = [0, 1].map((offset) => received({ offset }, owned).settlement) as [never, never];
  blockedRecords.add('blocked', one);
  blockedRecords.add('blocked', other);
  blockedRecords.remove('blocked', one);
  expect(told).toEqual(['began blocked']);
  blockedRecords.remove('blocked', other);
  expect(told).toEqual(['began blocked', 'ended blocked']);
});

it('a partition counts what is blocked of it, so that it alone is paused', () => {
  const [blocked, free] = [new OwnedPartition('t', 0, 0, -1), new OwnedPartition('t', 1, 0, -1)] as const;
  const { settlement } = received({ offset: 0 }, blocked);
  blockedRecords.add('blocked', settlement);
  expect([blocked.blocked, free.blocked]).toEqual([1, 0]);
  blockedRecords.remove('blocked', settlement);
  expect(blocked.blocked).toBe(0);
});

it('a record is blocked once for a cause, however many of its documents are', () => {
  const { settlement, owned } = received();
  blockedRecords.add('blocked', settlement);
  blockedRecords.add('blocked', settlement);
  expect(owned.blocked).toBe(1);
  expect(blockedRecords.list()).toMatchObject([{ records: 1 }]);
  blockedRecords.remove('blocked', settlement);
  expect(owned.blocked).toBe(0);
});

it('a record may be blocked for several causes, is one that is blocked, and continues when all have ended', () => {
  const { settlement, owned } = received();
  blockedRecords.add('blocked', settlement);
  blockedRecords.add('no dead letters', settlement);
  expect(owned.blocked).toBe(1);
  blockedRecords.remove('blocked', settlement);
  expect(owned.blocked).toBe(1);
  expect(blockedRecords.size).toBe(1);
  blockedRecords.remove('no dead letters', settlement);
  expect(owned.blocked).toBe(0);
  expect(blockedRecords.size).toBe(0);
});

it('what was never blocked cannot continue', () => {
  const { settlement, owned } = received();
  blockedRecords.remove('blocked', settlement);
  blockedRecords.add('blocked', settlement);
  blockedRecords.remove('another cause', settlement);
  blockedRecords.remove('blocked', received().settlement);
  expect(owned.blocked).toBe(1);
  expect(told).toEqual(['began blocked']);
});

it('the list says since when, how many and where', () => {
  const [b, a] = [new OwnedPartition('b', 3, 0, -1), new OwnedPartition('a', 0, 0, -1)] as const;
  blockedRecords.add('blocked', received({ offset: 0 }, b).settlement);
  vi.advanceTimersByTime(4000);
  blockedRecords.add('blocked', received({ offset: 1 }, b).settlement);
  blockedRecords.add('blocked', received({ offset: 0 }, a).settlement);
  blockedRecords.add('late', received({ offset: 1 }, a).settlement);
  expect(blockedRecords.list()).toMatchObject([
    { reason: 'blocked', since: 1000, seconds: 4, records: 3, partitions: ['a[0]', 'b[3]'] },
    { reason: 'late', since: 5000, seconds: 0, records: 1, partitions: ['a[0]'] },
  ]);
});

it('a cause that comes back is told again, with its new time', () => {
  const { settlement } = received();
  blockedRecords.add('blocked', settlement);
  blockedRecords.remove('blocked', settlement);
  vi.setSystemTime(9000);
  blockedRecords.add('blocked', settlement);
  expect(told).toEqual(['began blocked', 'ended blocked', 'began blocked']);
  expect(blockedRecords.list()).toMatchObject([{ since: 9000 }]);
  expect(ended).toMatchObject([{ since: 1000 }]);
});

describe('records that were abandoned with their partition', () => {
  it('are forgotten, and a cause without any others has ended', () => {
    const [revoked, kept] = [new OwnedPartition('t', 0, 0, -1), new OwnedPartition('t', 1, 0, -1)] as const;
    const given = [0, 1].map((offset) => received({ offset }, revoked).settlement);
    for (const settlement of given) {
      blockedRecords.add('blocked', settlement);
      blockedRecords.add('only there', settlement);
    }
    blockedRecords.add('blocked', received({ offset: 0 }, kept).settlement);
    for (const settlement of given) settlement.abandon();
    blockedRecords.removeAbandoned();
    expect(blockedRecords.list()).toMatchObject([{ reason: 'blocked', records: 1, partitions: ['t[1]'] }]);
    expect([revoked.blocked, kept.blocked]).toEqual([0, 1]);
    expect(told.at(-1)).toBe('ended only there');
  });
});

describe('causes that come from data', () => {
  it('are distinguished up to a thousand; the records of further ones are blocked as others', () => {
    const owned = new OwnedPartition('t', 0, 0, -1);
    const settlements = Array.from({ length: 5000 }, (_, offset) => received({ offset }, owned).settlement);
    for (const [at, settlement] of settlements.entries())
      blockedRecords.add(`403 (index bug32-${at})`, settlement);
    expect(blockedRecords.size).toBe(1001);
    expect(owned.blocked).toBe(5000);
    expect(blockedRecords.list().at(-1)).toMatchObject({ reason: 'other causes', records: 4000 });
    for (const [at, settlement] of settlements.entries())
      blockedRecords.remove(`403 (index bug32-${at})`, settlement);
    expect([blockedRecords.size, owned.blocked, blockedRecords.bytes]).toEqual([0, 0, 0]);
    expect(told.at(-1)).toBe('ended other causes');
  });

  it('are truncated where they are long', () => {
    const { settlement, owned } = received();
    blockedRecords.add('x'.repeat(100_000), settlement);
    expect(blockedRecords.list()[0]?.reason.length).toBeLessThan(1000);
    blockedRecords.remove('x'.repeat(100_000), settlement);
    expect([blockedRecords.size, owned.blocked]).toEqual([0, 0]);
  });
});
