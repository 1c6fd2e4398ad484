import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EpochAt, LeaderEpochs, endOfEpoch } from '../../../../src/kafka/consumer/leader-epochs.ts';

describe('leader epochs', () => {
  it('give the epoch of the record before each offset', () => {
    const epochs = new LeaderEpochs();
    expect(epochs.before(5)).toBe(-1);
    epochs.note(4, 1);
    epochs.note(7, 1);
    epochs.note(10, 3);
    expect([4, 5, 10, 11, 99].map((offset) => epochs.before(offset))).toEqual([-1, 1, 1, 3, 3]);
  });

  it('are forgotten before the committed offset, except for the one of the commit itself', () => {
    const epochs = new LeaderEpochs();
    [0, 10, 20].forEach((from, epoch) => epochs.note(from, epoch));
    epochs.forget(10);
    expect([10, 11].map((offset) => epochs.before(offset))).toEqual([0, 1]);
    epochs.forget(21);
    expect([11, 21].map((offset) => epochs.before(offset))).toEqual([-1, 2]);
  });

  it('are bounded, even if leaders change often', () => {
    const epochs = new LeaderEpochs();
    for (let epoch = 0; epoch < 10_000; epoch++) epochs.note(epoch, epoch);
    expect(epochs.before(100)).toBe(-1);
    expect(epochs.before(10_000)).toBe(9999);
  });
});

/** Reads a log, which is given as the epochs of its records; -1 is an offset that is never delivered. */
const reading =
  (log: readonly number[], queried: number[] = []) =>
  async (from: number, to: number) => {
    queried.push(from);
    for (let offset = from; offset < to; offset++)
      if ((log[offset] ?? -1) >= 0) return { offset, epoch: log[offset] } as EpochAt;
    return null;
  };

describe('the truncation of a log', () => {
  it.each<[string, number[], number, number]>([
    ['is its end if no epoch is later', [1, 1, 1, 2, 2], 2, 5],
    ['is its end if all epochs are older', [0, 0, 0], 2, 3],
    ['is found in the middle', [1, 1, 1, 3, 3], 2, 3],
    ['is found at the beginning', [3, 3, 3], 2, 0],
    ['is found before the last record', [1, 1, 1, 1, 3], 2, 4],
    ['is found among transaction markers', [1, -1, 1, -1, 3, -1], 2, 4],
    ['is the end if only transaction markers follow', [1, 1, -1, -1], 1, 4],
    ['is the end if all records are deleted', [], 1, 0],
  ])('%s', async (_name, log, epoch, expected) => {
    expect(await endOfEpoch(reading(log), 0, log.length, epoch)).toBe(expected);
  });

  it('takes one query if there is none, and few queries in a long log', async () => {
    const log = Array.from({ length: 1_000_000 }, (_, offset) => (offset < 700_001 ? 1 : 4));
    const queried: number[] = [];
    expect(await endOfEpoch(reading(log, queried), 0, 600_000, 1)).toBe(600_000);
    expect(queried).toEqual([599_999]);
    expect(await endOfEpoch(reading(log, queried), 0, 1_000_000, 1)).toBe(700_001);
    expect(queried.length).toBeLessThan(30);
  });

  it('is the same as with a linear search', async () => {
    const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 0, max: 12 }), fc.nat(20), async (given, epoch, low) => {
        const log = given.flatMap(([count, isThere], index) =>
          Array<number>(count).fill(isThere ? index : -1),
        );
        if (low > log.length) return;
        const found = await endOfEpoch(reading(log), low, log.length, epoch);
        const first = log.findIndex((one, offset) => offset >= low && one > epoch);
        // Offsets that are never delivered may precede it.
        expect(log.slice(low, found).some((one) => one > epoch)).toBe(false);
        if (first < 0) expect(found).toBe(log.length);
        else expect(log.slice(found, first).every((one) => one < 0)).toBe(true);
      }),
    );
  });
});
