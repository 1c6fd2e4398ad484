import { expect, it } from 'vitest';
import { OpenTransactions, waitsFor } from '../../../src/kafka/open-transactions.ts';

const STABLE = 100;
const at = (position = STABLE) => ({ position, highWatermark: STABLE, openTransaction: null });

/** Asks every five seconds. @returns what has changed, by the second */
function ask(seconds: number, owned: ReturnType<typeof at>, endAt: (second: number) => number): string[] {
  const transactions = new OpenTransactions();
  const changes: string[] = [];
  for (let second = 0; second <= seconds; second += 5) {
    const change = transactions.note(owned, endAt(second), second * 1000, 1e12 + second * 1000);
    if (change !== null) changes.push(`${change} ${second}`);
  }
  return changes;
}

it('what is written and not delivered for ten seconds is held back by an open transaction, said once', () => {
  const owned = at();
  expect(ask(40, owned, () => STABLE + 7)).toEqual(['began 10']);
  expect(owned.openTransaction).toEqual({ since: 1e12, behind: 7 });
  expect(waitsFor({ since: 1e12, behind: 7 })).toBe(
    'an open transaction of a producer since 2001-09-09T01:46:40.000Z; 7 offsets lie behind it',
  );
});

it('the wait ends when all that is written is delivered', () => {
  const owned = at();
  expect(ask(40, owned, (second) => (second < 20 ? STABLE + 7 : STABLE))).toEqual(['began 10', 'ended 20']);
  expect(owned.openTransaction).toBeNull();
});

it.each<[string, ReturnType<typeof at>, (owned: ReturnType<typeof at>) => number]>([
  ['there is nothing more', at(), () => STABLE],
  ['something is still to be read', at(STABLE - 1), () => STABLE + 7],
  ['the end is not known yet', { ...at(0), highWatermark: -1 }, () => STABLE],
  [
    'short transactions follow each other',
    at(),
    (owned) => {
      owned.highWatermark = owned.position += 3;
      return owned.highWatermark + 2;
    },
  ],
])('none is open where %s', (_name, owned, end) => {
  expect(ask(60, owned, () => end(owned))).toEqual([]);
});
