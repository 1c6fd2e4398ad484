import { describe, expect, it } from 'vitest';
import { GroupMemory } from '../../../src/pipeline/group-memory.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { pauseReason } from '../../../src/kafka/consumer/pauses.ts';

const MAX = 1000;

function partitions(...waiting: number[]): OwnedPartition[] {
  return waiting.map((bytes, partition) => {
    const owned = new OwnedPartition('t', partition, 0, -1);
    owned.waitingBytes = bytes;
    owned.highWatermark = 1_000_000;
    return owned;
  });
}

const going = (all: readonly OwnedPartition[]) =>
  all.filter((one) => pauseReason(one) === null).map(({ partition }) => partition);

describe('partitions whose open groups use much memory', () => {
  it('continue all of them up to the limit', () => {
    const all = partitions(500, 500, 0);
    new GroupMemory(MAX).update(all, 0);
    expect(going(all)).toEqual([0, 1, 2]);
  });

  it('beyond it are paused, all but one; the next one continues when that has closed its groups', () => {
    const memory = new GroupMemory(MAX);
    const all = partitions(600, 300, 200);
    memory.update(all, 0);
    expect(going(all)).toEqual([0]);
    all[0]!.advance(50);
    all[0]!.waitingBytes = 900;
    memory.update(all, 1000);
    expect(going(all)).toEqual([0]);
    all[0]!.waitingBytes = 0;
    all[1]!.waitingBytes = 600;
    memory.update(all, 2000);
    expect(going(all)).toEqual([1]);
  });

  it('all continue again when no more than half of it waits', () => {
    const memory = new GroupMemory(MAX);
    const all = partitions(600, 500);
    memory.update(all, 0);
    all[0]!.waitingBytes = 100;
    memory.update(all, 1);
    expect(going(all)).toEqual([0]);
    all[1]!.waitingBytes = 400;
    memory.update(all, 2);
    expect(going(all)).toEqual([0, 1]);
  });

  it.each([
    ['is held', (one: OwnedPartition) => (one.blocked = 1)],
    ['drains', (one: OwnedPartition) => (one.draining = true)],
  ])('do not wait for one that %s', (_name, change) => {
    const memory = new GroupMemory(MAX);
    const all = partitions(600, 500, 0);
    memory.update(all, 0);
    change(all[0]!);
    memory.update(all, 1);
    expect(going(all)).toEqual([1]);
    // Even if no other partition waits: one has to continue.
    change(all[1]!);
    memory.update(all, 2);
    expect(going(all)).toEqual([2]);
  });

  it('do not wait for one that was abandoned', () => {
    const memory = new GroupMemory(MAX);
    const all = partitions(600, 500, 800);
    memory.update(all, 0);
    memory.update(all.slice(1), 1);
    expect(going(all.slice(1))).toEqual([1]);
  });

  it('wait no longer than ten seconds for one that brings nothing though it has more', () => {
    const memory = new GroupMemory(MAX);
    const all = partitions(600, 500);
    memory.update(all, 0);
    memory.update(all, 10_000);
    expect(going(all)).toEqual([0]);
    memory.update(all, 10_001);
    expect(going(all)).toEqual([1]);
  });

  it('wait for one that is at its end: its groups are closed there by the clock', () => {
    const memory = new GroupMemory(MAX);
    const all = partitions(600, 500);
    all[0]!.highWatermark = 0;
    memory.update(all, 0);
    memory.update(all, 600_000);
    expect(going(all)).toEqual([0]);
  });

  it('are read in turn, and what waits stays below the limit and that of one', () => {
    const memory = new GroupMemory(MAX);
    const all = partitions(...Array.from({ length: 20 }, () => 0));
    const ownMax = 300;
    const rounds = Array.from({ length: 20 }, () => 0);
    let most = 0;
    for (let now = 0; now < 20_000; now++) {
      memory.update(all, now);
      for (const [at, one] of all.entries()) {
        if (pauseReason(one) !== null) continue;
        one.advance(one.position + 1);
        one.waitingBytes = one.position % 50 === 0 ? 0 : Math.min(ownMax, one.waitingBytes + 20);
        rounds[at] = Math.floor(one.position / 50);
      }
      most = Math.max(
        most,
        all.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0),
      );
    }
    expect(most).toBeLessThanOrEqual(MAX + 20 * 20 + ownMax);
    expect(Math.min(...rounds)).toBeGreaterThan(5);
  });
});
