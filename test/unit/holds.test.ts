import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HoldInfo, Holds } from '../../src/holds.ts';
import { OwnedPartition } from '../../src/kafka/assignment.ts';
import { received } from './support/fakes.ts';

let told: string[] = [];
let ended: HoldInfo[] = [];
let holds: Holds;

beforeEach(() => {
  told = [];
  ended = [];
  holds = new Holds({
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

it('a cause is told once, when its first record is held and when its last one goes on', () => {
  const owned = new OwnedPartition('t', 0, 0, -1);
  const [one, other] = [0, 1].map((offset) => received({ offset }, owned).settlement) as [never, never];
  holds.add('blocked', one);
  holds.add('blocked', other);
  holds.remove('blocked', one);
  expect(told).toEqual(['began blocked']);
  holds.remove('blocked', other);
  expect(told).toEqual(['began blocked', 'ended blocked']);
});

it('a partition counts what is held of it, so that it alone is paused', () => {
  const [blocked, free] = [new OwnedPartition('t', 0, 0, -1), new OwnedPartition('t', 1, 0, -1)] as const;
  const { settlement } = received({ offset: 0 }, blocked);
  holds.add('blocked', settlement);
  expect([blocked.held, free.held]).toEqual([1, 0]);
  holds.remove('blocked', settlement);
  expect(blocked.held).toBe(0);
});

it('a record is held once for a cause, however many of its documents are', () => {
  const { settlement, owned } = received();
  holds.add('blocked', settlement);
  holds.add('blocked', settlement);
  expect(owned.held).toBe(1);
  expect(holds.list()).toMatchObject([{ records: 1 }]);
  holds.remove('blocked', settlement);
  expect(owned.held).toBe(0);
});

it('a record may be held for several causes, is one that is held, and goes on when all have ended', () => {
  const { settlement, owned } = received();
  holds.add('blocked', settlement);
  holds.add('no dead letters', settlement);
  expect(owned.held).toBe(1);
  holds.remove('blocked', settlement);
  expect(owned.held).toBe(1);
  expect(holds.size).toBe(1);
  holds.remove('no dead letters', settlement);
  expect(owned.held).toBe(0);
  expect(holds.size).toBe(0);
});

it('what was never held cannot go on', () => {
  const { settlement, owned } = received();
  holds.remove('blocked', settlement);
  holds.add('blocked', settlement);
  holds.remove('another cause', settlement);
  holds.remove('blocked', received().settlement);
  expect(owned.held).toBe(1);
  expect(told).toEqual(['began blocked']);
});

it('the list says since when, how many and where', () => {
  const [b, a] = [new OwnedPartition('b', 3, 0, -1), new OwnedPartition('a', 0, 0, -1)] as const;
  holds.add('blocked', received({ offset: 0 }, b).settlement);
  vi.advanceTimersByTime(4000);
  holds.add('blocked', received({ offset: 1 }, b).settlement);
  holds.add('blocked', received({ offset: 0 }, a).settlement);
  holds.add('late', received({ offset: 1 }, a).settlement);
  expect(holds.list()).toEqual([
    { reason: 'blocked', since: 1000, seconds: 4, records: 3, partitions: ['a[0]', 'b[3]'] },
    { reason: 'late', since: 5000, seconds: 0, records: 1, partitions: ['a[0]'] },
  ]);
});

it('a cause that comes back is told again, with its new time', () => {
  const { settlement } = received();
  holds.add('blocked', settlement);
  holds.remove('blocked', settlement);
  vi.setSystemTime(9000);
  holds.add('blocked', settlement);
  expect(told).toEqual(['began blocked', 'ended blocked', 'began blocked']);
  expect(holds.list()).toMatchObject([{ since: 9000 }]);
  expect(ended).toMatchObject([{ since: 1000 }]);
});

describe('records that were given up with their partition', () => {
  it('are forgotten, and a cause without any others has ended', () => {
    const [revoked, kept] = [new OwnedPartition('t', 0, 0, -1), new OwnedPartition('t', 1, 0, -1)] as const;
    const given = [0, 1].map((offset) => received({ offset }, revoked).settlement);
    for (const settlement of given) {
      holds.add('blocked', settlement);
      holds.add('only there', settlement);
    }
    holds.add('blocked', received({ offset: 0 }, kept).settlement);
    for (const settlement of given) settlement.giveUp();
    holds.removeGivenUp();
    expect(holds.list()).toMatchObject([{ reason: 'blocked', records: 1, partitions: ['t[1]'] }]);
    expect([revoked.held, kept.held]).toEqual([0, 1]);
    expect(told.at(-1)).toBe('ended only there');
  });
});

describe('causes that come from data', () => {
  it('are told apart up to a thousand; the records of further ones are held as others', () => {
    const owned = new OwnedPartition('t', 0, 0, -1);
    const held = Array.from({ length: 5000 }, (_, offset) => received({ offset }, owned).settlement);
    for (const [at, settlement] of held.entries()) holds.add(`403 (index bug32-${at})`, settlement);
    expect(holds.size).toBe(1001);
    expect(owned.held).toBe(5000);
    expect(holds.list().at(-1)).toMatchObject({ reason: 'other causes', records: 4000 });
    for (const [at, settlement] of held.entries()) holds.remove(`403 (index bug32-${at})`, settlement);
    expect([holds.size, owned.held, holds.bytes]).toEqual([0, 0, 0]);
    expect(told.at(-1)).toBe('ended other causes');
  });

  it('are cut where they are long', () => {
    const { settlement, owned } = received();
    holds.add('x'.repeat(100_000), settlement);
    expect(holds.list()[0]?.reason.length).toBeLessThan(1000);
    holds.remove('x'.repeat(100_000), settlement);
    expect([holds.size, owned.held]).toEqual([0, 0]);
  });
});
