import { expect, it } from 'vitest';
import { LagGrowth } from '../../../../src/admin/warnings/lag-growth.ts';
import type { Finding } from '../../../../src/admin/warnings/warning.ts';

/** Looks once a second; the brokers answer every two. */
class Watched {
  readonly #growth = new LagGrowth();
  #now = 100;
  #settled = 0;
  #produced = 0;
  partitions = 'a[0]';

  /** @param lags at each answer of the brokers */
  see(
    lags: readonly (number | null)[],
    settledPerSecond = 0,
    producedPerSecond = settledPerSecond + 1000,
  ): readonly Finding[] {
    let found: readonly Finding[] = [];
    for (const lag of lags)
      for (let second = 0; second < 2; second++) {
        this.#settled += settledPerSecond;
        this.#produced += producedPerSecond;
        const counts = { ends: this.#produced, settled: this.#settled };
        found = this.#growth.look({ lag, ...counts, partitions: this.partitions }, this.#now++);
      }
    return found;
  }
}

it('a lag that grows for five seconds is told, with its growth and what is settled', () => {
  const watched = new Watched();
  expect(watched.see([0, 5000], 100)).toEqual([]);
  expect(watched.see([10_000, 15_000], 100)).toMatchObject([
    { cause: 'lag_growing', details: { lag: 15_000, grown: 15_000, settled_per_second: 100 } },
  ]);
  // While it falls it is still told for half a minute, and again when it grows.
  expect(watched.see([14_000, 13_000, 12_000], 100)).toHaveLength(1);
  const falling = Array.from({ length: 13 }, (_, index) => 11_900 - 100 * index);
  expect(watched.see(falling, 100)).toEqual([]);
});

it.each<[string, readonly (number | null)[], number]>([
  ['one burst', [0, 50_000, 49_000, 48_000, 47_000, 46_000], 200],
  ['a burst after a quiet time', [0, 0, 0, 50_000, 49_000, 48_000], 200],
  ['a backlog at the start that shrinks', [null, 900_000, 800_000, 700_000], 20_000],
  ['a growth of four seconds', [0, 5000, 10_000, 10_000, 10_000], 200],
  ['a growth of less than 1,000 records', [0, 300, 600, 900], 1],
  ['what is settled in less than ten seconds', [0, 5000, 10_000, 15_000], 2000],
  ['a lag that swings', [0, 4000, 10, 4000, 20, 4000, 5], 100],
  ['an unknown lag, or an outage, between', [0, 5000, null, 10_000], 0],
])('%s is not told', (_, lags, settled) => {
  const watched = new Watched();
  for (const lag of lags) expect(watched.see([lag], settled)).toEqual([]);
});

it('partitions that are assigned bring their lag without being told', () => {
  const watched = new Watched();
  watched.see([0, 5000]);
  watched.partitions = 'a[0],a[1]';
  expect(watched.see([10_000])).toEqual([]);
  expect(watched.see([15_000, 20_000, 25_000])).toHaveLength(1);
});

it('a committed offset that one slow request holds is no lag that grows, while more is settled than produced', () => {
  expect(new Watched().see([50_000, 52_000, 54_000, 56_000], 2000, 400)).toEqual([]);
});
