import { describe, expect, it } from 'vitest';
import { History } from '../../../src/admin/history.ts';

const sample = (received: number, over: object = {}) => ({
  received,
  indexed: received,
  dead_lettered: 0,
  dropped: 0,
  lag: 5,
  partitions: [],
  ...over,
});

/** A sample every two seconds, as the monitor takes them. */
function filled(seconds: number, of: (at: number) => ReturnType<typeof sample>): History {
  const history = new History();
  for (let at = 0; at <= seconds; at += 2) history.add(of(at), at);
  return history;
}

describe('rates', () => {
  it('are those of the last 10 seconds', () => {
    // 100 records a second for a minute, then 50.
    const history = filled(72, (at) => sample(at <= 60 ? at * 100 : 6000 + (at - 60) * 50));
    expect(history.rates).toMatchObject({ received_per_second: 50, indexed_per_second: 50 });
  });

  it('are 0 before the second sample, and never negative', () => {
    const history = new History();
    expect(history.rates.received_per_second).toBe(0);
    history.add(sample(1000), 0);
    expect(history.rates.received_per_second).toBe(0);
    history.add(sample(900), 2);
    expect(history.rates.received_per_second).toBe(0);
  });
});

describe('charts', () => {
  it('hold the last hour, in steps of 10 s, however long the process runs', () => {
    const history = filled(4 * 3600, (at) => sample(at * 7));
    const { received, lag } = history.charts();
    expect(received).toMatchObject({ every_seconds: 10 });
    expect(received?.values).toHaveLength(360);
    expect(received?.values.every((value) => value === 7)).toBe(true);
    expect(lag?.values).toHaveLength(360);
  });

  it('hold lag and offset of each partition, and forget those that are revoked', () => {
    const partitions = (count: number, at: number) =>
      Array.from({ length: count }, (_, partition) => ({
        topic: 't',
        partition,
        committed: at === 0 ? -1 : at,
        lag: null,
      }));
    const history = filled(60, (at) => sample(0, { partitions: partitions(2, at) }));
    expect(history.charts()['offset:t[1]']).toEqual({ every_seconds: 30, values: [null, 30, 60] });
    expect(history.charts()['lag:t[1]']?.values).toEqual([null, null, null]);
    history.add(sample(0, { partitions: partitions(1, 90) }), 90);
    expect(history.charts()['offset:t[0]']?.values).toHaveLength(4);
    expect(history.charts()['offset:t[1]']).toBeUndefined();
  });

  it('hold at most 128 partitions, 120 values each', () => {
    const partitions = Array.from({ length: 1000 }, (_, partition) => ({
      topic: 't',
      partition,
      committed: 1,
      lag: 1,
    }));
    const history = filled(2 * 3600, () => sample(0, { partitions }));
    const names = Object.keys(history.charts()).filter((name) => name.startsWith('lag:'));
    expect(names).toHaveLength(128);
    expect(names.every((name) => history.charts()[name]?.values.length === 120)).toBe(true);
  });
});

it('the growth of the lag is that of the last minute; null while unknown', () => {
  expect(filled(60, (at) => sample(0, { lag: at })).lagGrowth).toBeNull();
  expect(filled(300, (at) => sample(0, { lag: at * 10 })).lagGrowth).toBe(600);
  expect(filled(300, () => sample(0, { lag: null })).lagGrowth).toBeNull();
});
