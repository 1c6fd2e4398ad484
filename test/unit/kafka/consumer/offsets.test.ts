import { describe, expect, it } from 'vitest';
import { PartitionOffsets, type Tracked } from '../../../../src/kafka/consumer/offsets.ts';

interface Entry extends Tracked {
  settled: boolean;
}

function tracker(start = 0, committed = -1) {
  const offsets = new PartitionOffsets<Entry>('t', 0, start, committed);
  const entries = new Map<number, Entry>();
  return {
    offsets,
    receive(...received: number[]) {
      for (const offset of received) {
        const entry = { offset, last: offset, count: 1, settled: false };
        entries.set(offset, entry);
        offsets.receive(entry);
      }
    },
    settle(...settled: number[]) {
      for (const offset of settled) {
        const entry = entries.get(offset);
        if (entry === undefined) throw new Error(`never received ${offset}`);
        entry.settled = true;
        offsets.settle();
      }
    },
  };
}

describe('the watermark', () => {
  it('moves only over a contiguous run of settled records', () => {
    const { offsets, receive, settle } = tracker();
    receive(0, 1, 2, 3);
    settle(1, 3);
    expect(offsets.watermark).toBe(0);
    settle(0);
    expect(offsets.watermark).toBe(2);
    settle(2);
    expect(offsets.watermark).toBe(4);
  });

  it('does not wait for offsets that Kafka never delivers', () => {
    const { offsets, receive, settle } = tracker(5);
    receive(7, 9, 20);
    expect(offsets.watermark).toBe(7);
    settle(7);
    expect(offsets.watermark).toBe(9);
    settle(20, 9);
    expect(offsets.watermark).toBe(21);
  });

  it('follows the position over trailing control records once everything is settled', () => {
    const { offsets, receive, settle } = tracker();
    receive(0, 1);
    offsets.advance(5);
    expect(offsets.watermark).toBe(0);
    settle(0, 1);
    expect(offsets.watermark).toBe(5);
    offsets.advance(3);
    expect(offsets.watermark).toBe(5);
  });

  it('accepts each offset only once', () => {
    const { offsets, receive } = tracker();
    receive(0, 1);
    expect(offsets.isNew(1)).toBe(false);
    expect(offsets.isNew(2)).toBe(true);
    expect(() => receive(1)).toThrow(/received before/);
  });
});

describe('the committable offset', () => {
  it('is above the committed one, or null', () => {
    const { offsets, receive, settle } = tracker(10, 10);
    expect(offsets.committable).toBeNull();
    receive(10);
    expect(offsets.committable).toBeNull();
    settle(10);
    expect(offsets.committable).toBe(11);
    offsets.committed = 11;
    expect(offsets.committable).toBeNull();
  });

  it('is null once the epoch is over, even after late acknowledgements', () => {
    const { offsets, receive, settle } = tracker();
    receive(0);
    offsets.closed = true;
    settle(0);
    expect(offsets.committable).toBeNull();
  });
});

/** A tracker with a run of records at these offsets, and the parts that replace the run. */
function withRun(...offsets: number[]) {
  const { offsets: tracked } = tracker();
  const entryOf = (...at: number[]) => ({
    offset: at[0] as number,
    last: at.at(-1) as number,
    count: at.length,
    settled: false,
  });
  const run = entryOf(...offsets);
  const parts = offsets.map((offset) => entryOf(offset));
  tracked.receive(run);
  const settle = (entry: Entry): void => {
    entry.settled = true;
    tracked.settle(entry.count);
  };
  return { tracked, run, parts, settle, entryOf };
}

describe('a run of records', () => {
  it('is passed as a whole', () => {
    const { tracked, run, settle } = withRun(2, 3, 7);
    expect([tracked.watermark, tracked.position, tracked.unsettled, tracked.tracked]).toEqual([2, 8, 3, 3]);
    expect(tracked.isNew(7)).toBe(false);
    settle(run);
    expect([tracked.watermark, tracked.unsettled, tracked.tracked]).toEqual([8, 0, 0]);
  });

  it('is passed record by record after its replacement', () => {
    const { tracked, run, parts, settle } = withRun(2, 3, 7);
    tracked.replace(run, parts);
    expect([tracked.watermark, tracked.unsettled, tracked.tracked]).toEqual([2, 3, 3]);
    settle(parts[0] as Entry);
    expect([tracked.watermark, tracked.unsettled, tracked.tracked]).toEqual([3, 2, 2]);
    settle(parts[2] as Entry);
    expect([tracked.watermark, tracked.unsettled, tracked.tracked]).toEqual([3, 1, 2]);
    settle(parts[1] as Entry);
    expect([tracked.watermark, tracked.unsettled, tracked.tracked]).toEqual([8, 0, 0]);
  });

  it('is replaced at any position among other entries, settled or not', () => {
    const { tracked, run, parts, settle, entryOf } = withRun(2, 3);
    const [second, third] = [entryOf(5, 6), entryOf(9)];
    for (const entry of [second, third]) tracked.receive(entry);
    settle(third);
    const others = [entryOf(5), entryOf(6)];
    tracked.replace(second, others);
    expect(tracked.open().map(({ offset }) => offset)).toEqual([2, 5, 6]);
    tracked.replace(run, parts);
    expect(tracked.open()).toEqual([...parts, ...others]);
    for (const part of [...parts, ...others]) settle(part);
    expect(tracked.watermark).toBe(10);
  });

  it('is replaced after thousands of settled entries', () => {
    const { tracked, run, parts, settle, entryOf } = withRun(0, 1);
    const many = Array.from({ length: 5000 }, (_, at) => entryOf(2 * at + 2, 2 * at + 3));
    for (const entry of many) tracked.receive(entry);
    settle(run);
    for (const entry of many.slice(0, 4000)) settle(entry);
    expect(tracked.tracked).toBe(2000);
    const last = many.at(-1) as Entry;
    tracked.replace(last, [entryOf(10_000), entryOf(10_001)]);
    expect(() => tracked.replace(last, parts)).toThrow('offset 10000 is not tracked');
    expect(() => tracked.replace(run, parts)).toThrow('offset 0 is not tracked');
    expect(tracked.unsettled).toBe(2000);
  });
});

it('forgets settled records, and lists the open ones', () => {
  const { offsets, receive, settle } = tracker();
  for (let offset = 0; offset < 5000; offset++) receive(offset);
  for (let offset = 0; offset < 4000; offset++) settle(offset);
  settle(4500);
  expect(offsets.tracked).toBe(1000);
  expect(offsets.unsettled).toBe(999);
  expect(offsets.open()).toHaveLength(999);
  expect(offsets.watermark).toBe(4000);
});

it('agrees with a naive model over random histories', () => {
  let random = 7;
  const next = (below: number) => (random = (random * 1103515245 + 12345) % 2147483648) % below;
  for (let run = 0; run < 300; run++) {
    const { offsets, receive, settle } = tracker();
    const open: number[] = [];
    let last = -1;
    for (let step = 0; step < 100; step++) {
      if (next(2) === 0) {
        last += 1 + (next(5) === 0 ? next(4) : 0);
        receive(last);
        open.push(last);
      } else if (open.length > 0) {
        const [offset] = open.splice(next(open.length), 1);
        settle(offset ?? -1);
      }
      expect(offsets.watermark).toBe(open.length > 0 ? Math.min(...open) : last + 1);
      expect(offsets.unsettled).toBe(open.length);
    }
  }
});
