import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EpochAt, LeaderEpochs, endOfEpoch } from '../../../src/kafka/leader-epochs.ts';

describe('the epochs of what was read', () => {
  it('tell of each offset by which leader the record before it was written', () => {
    const epochs = new LeaderEpochs();
    expect(epochs.before(5)).toBe(-1);
    epochs.note(4, 1);
    epochs.note(7, 1);
    epochs.note(10, 3);
    expect([4, 5, 10, 11, 99].map((offset) => epochs.before(offset))).toEqual([-1, 1, 1, 3, 3]);
  });

  it('are forgotten behind what is committed, but for the one that goes with the commit', () => {
    const epochs = new LeaderEpochs();
    [0, 10, 20].forEach((from, epoch) => epochs.note(from, epoch));
    epochs.forget(10);
    expect([10, 11].map((offset) => epochs.before(offset))).toEqual([0, 1]);
    epochs.forget(21);
    expect([11, 21].map((offset) => epochs.before(offset))).toEqual([-1, 2]);
  });

  it('are bounded, however often leaders change', () => {
    const epochs = new LeaderEpochs();
    for (let epoch = 0; epoch < 10_000; epoch++) epochs.note(epoch, epoch);
    expect(epochs.before(100)).toBe(-1);
    expect(epochs.before(10_000)).toBe(9999);
  });
});

/** A log by the epochs of its records; -1 for an offset that is never delivered. */
const reading =
  (log: readonly number[], asked: number[] = []) =>
  async (from: number, to: number) => {
    asked.push(from);
    for (let offset = from; offset < to; offset++)
      if ((log[offset] ?? -1) >= 0) return { offset, epoch: log[offset] } as EpochAt;
    return null;
  };

describe('where a log was cut', () => {
  it.each<[string, number[], number, number]>([
    ['nothing was', [1, 1, 1, 2, 2], 2, 5],
    ['what is there is older', [0, 0, 0], 2, 3],
    ['in the middle', [1, 1, 1, 3, 3], 2, 3],
    ['at the beginning', [3, 3, 3], 2, 0],
    ['before the last record', [1, 1, 1, 1, 3], 2, 4],
    ['and markers of transactions lie in it', [1, -1, 1, -1, 3, -1], 2, 4],
    ['and only such lie behind it', [1, 1, -1, -1], 1, 4],
    ['and all is deleted', [], 1, 0],
  ])('%s', async (_name, log, epoch, cut) => {
    expect(await endOfEpoch(reading(log), 0, log.length, epoch)).toBe(cut);
  });

  it('takes one look where nothing was, and few in a long log', async () => {
    const log = Array.from({ length: 1_000_000 }, (_, offset) => (offset < 700_001 ? 1 : 4));
    const asked: number[] = [];
    expect(await endOfEpoch(reading(log, asked), 0, 600_000, 1)).toBe(600_000);
    expect(asked).toEqual([599_999]);
    expect(await endOfEpoch(reading(log, asked), 0, 1_000_000, 1)).toBe(700_001);
    expect(asked.length).toBeLessThan(30);
  });

  it('is where a walk along the log finds it', async () => {
    const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 0, max: 12 }), fc.nat(20), async (given, epoch, low) => {
        const log = given.flatMap(([count, isThere], index) =>
          Array<number>(count).fill(isThere ? index : -1),
        );
        if (low > log.length) return;
        const cut = await endOfEpoch(reading(log), low, log.length, epoch);
        const first = log.findIndex((one, offset) => offset >= low && one > epoch);
        // What is never delivered before it makes no difference.
        expect(log.slice(low, cut).some((one) => one > epoch)).toBe(false);
        if (first < 0) expect(cut).toBe(log.length);
        else expect(log.slice(cut, first).every((one) => one < 0)).toBe(true);
      }),
    );
  });
});
