import { describe, expect, it } from 'vitest';
import { PartitionOffsets } from '../../../src/kafka/offsets.ts';

interface Entry {
  offset: number;
  settled: boolean;
}

function tracker(start = 0, committed = -1) {
  const offsets = new PartitionOffsets<Entry>('t', 0, start, committed);
  const entries = new Map<number, Entry>();
  return {
    offsets,
    receive(...received: number[]) {
      for (const offset of received) {
        const entry = { offset, settled: false };
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

  it('takes a record again after a whole batch is retried only once', () => {
    const { offsets, receive } = tracker();
    receive(0, 1);
    expect(offsets.isNew(1)).toBe(false);
    expect(offsets.isNew(2)).toBe(true);
    expect(() => receive(1)).toThrow(/received before/);
  });
});

describe('what may be committed', () => {
  it('is nothing below or at what is committed', () => {
    const { offsets, receive, settle } = tracker(10, 10);
    expect(offsets.committable).toBeNull();
    receive(10);
    expect(offsets.committable).toBeNull();
    settle(10);
    expect(offsets.committable).toBe(11);
    offsets.committed = 11;
    expect(offsets.committable).toBeNull();
  });

  it('is nothing once the epoch is over, whatever is acknowledged late', () => {
    const { offsets, receive, settle } = tracker();
    receive(0);
    offsets.closed = true;
    settle(0);
    expect(offsets.committable).toBeNull();
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
