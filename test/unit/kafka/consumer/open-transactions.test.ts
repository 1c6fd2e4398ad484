import { expect, it } from 'vitest';
import { OpenTransactions, waitsFor } from '../../../../src/kafka/consumer/open-transactions.ts';

const STABLE = 100;
const at = (position = STABLE) => ({ position, highWatermark: STABLE, openTransaction: null });

/** Queries every five seconds. @returns each change with its second */
function query(seconds: number, owned: ReturnType<typeof at>, endAt: (second: number) => number): string[] {
  const transactions = new OpenTransactions();
  const changes: string[] = [];
  for (let second = 0; second <= seconds; second += 5) {
    const change = transactions.note(owned, endAt(second), second * 1000, 1e12 + second * 1000);
    if (change !== null) changes.push(`${change} ${second}`);
  }
  return changes;
}

it('records that are written, and not delivered for ten seconds, show an open transaction, which is reported once', () => {
  const owned = at();
  expect(query(40, owned, () => STABLE + 7)).toEqual(['began 10']);
  expect(owned.openTransaction).toEqual({ since: 1e12, behind: 7 });
  expect(waitsFor({ since: 1e12, behind: 7 })).toBe(
    'an open transaction of a producer since 2001-09-09T01:46:40.000Z; 7 offsets wait behind it',
  );
});

it('the transaction has ended when all written records are delivered', () => {
  const owned = at();
  expect(query(40, owned, (second) => (second < 20 ? STABLE + 7 : STABLE))).toEqual(['began 10', 'ended 20']);
  expect(owned.openTransaction).toBeNull();
});

it.each<[string, ReturnType<typeof at>, (owned: ReturnType<typeof at>) => number]>([
  ['all records are delivered', at(), () => STABLE],
  ['delivered records are still to be read', at(STABLE - 1), () => STABLE + 7],
  ['the high watermark is not known yet', { ...at(0), highWatermark: -1 }, () => STABLE],
  [
    'short transactions follow each other',
    at(),
    (owned) => {
      owned.highWatermark = owned.position += 3;
      return owned.highWatermark + 2;
    },
  ],
])('no transaction is open if %s', (_name, owned, end) => {
  expect(query(60, owned, () => end(owned))).toEqual([]);
});
