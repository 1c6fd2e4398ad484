import { describe, expect, it } from 'vitest';
import { Assignment, OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import { received } from '../../support/fakes.ts';

const owned = (topic: string, partition: number, start = 0, committed = -1): OwnedPartition =>
  new OwnedPartition(topic, partition, start, committed);

describe('the assignment', () => {
  it('finds an added partition by topic and number', () => {
    const assignment = new Assignment();
    const [a0, a1, b0] = [owned('a', 0), owned('a', 1), owned('b', 0)] as const;
    for (const one of [a0, a1, b0]) assignment.add(one);
    expect(assignment.find('a', 1)).toBe(a1);
    expect(assignment.find('b', 0)).toBe(b0);
    expect(assignment.find('b', 1)).toBeUndefined();
    expect(assignment.find('c', 0)).toBeUndefined();
    expect(assignment.all()).toEqual([a0, a1, b0]);
  });

  it('sorts partitions that were assigned in any order', () => {
    const assignment = new Assignment();
    const [a2, a10, b0] = [owned('a', 2), owned('a', 10), owned('b', 0)] as const;
    for (const one of [b0, a10, a2]) assignment.add(one);
    expect(assignment.inOrder()).toEqual([a2, a10, b0]);
  });

  it('does not confuse topics with inherited properties', () => {
    expect(new Assignment().find('__proto__', 0)).toBeUndefined();
    expect(new Assignment().find('constructor', 0)).toBeUndefined();
  });

  it('ends the epoch of a removed partition', () => {
    const assignment = new Assignment();
    const one = owned('a', 0);
    assignment.add(one);
    assignment.remove(one);
    expect(one.closed).toBe(true);
    expect(assignment.find('a', 0)).toBeUndefined();
    expect(assignment.all()).toEqual([]);
  });

  it('keeps the new epoch of a partition if the old one is removed late', () => {
    const assignment = new Assignment();
    const [before, after] = [owned('a', 0), owned('a', 0)] as const;
    assignment.add(before);
    assignment.add(after);
    assignment.remove(before);
    expect(before.closed).toBe(true);
    expect(after.closed).toBe(false);
    expect(assignment.find('a', 0)).toBe(after);
  });

  it('filters partitions by ownership', () => {
    const assignment = new Assignment();
    const [a0, a1] = [owned('a', 0), owned('a', 1)] as const;
    assignment.add(a0);
    assignment.add(a1);
    expect(
      assignment.among([
        { topic: 'a', partition: 1 },
        { topic: 'a', partition: 2 },
        { topic: 'b', partition: 0 },
      ]),
    ).toEqual([a1]);
  });
});

describe('lag', () => {
  it('is unknown before the first answer of a broker', () => {
    expect(owned('a', 0, 5, 5).lag).toBeUndefined();
  });

  it('is the distance from the committed offset to the end, never below zero', () => {
    const one = owned('a', 0, 5, 5);
    one.highWatermark = 12;
    expect(one.lag).toBe(7);
    one.committed = 12;
    expect(one.lag).toBe(0);
    one.committed = 15;
    expect(one.lag).toBe(0);
  });

  it('counts from the beginning of a topic without a committed offset', () => {
    const one = owned('a', 0);
    one.highWatermark = 12;
    expect(one.lag).toBe(12);
  });

  it('counts from the first available record without a committed offset, after retention', () => {
    const one = owned('a', 0, 1_000_000);
    one.highWatermark = 1_000_001;
    expect(one.lag).toBe(1);
    // Received and not settled, as Elasticsearch is away.
    const { settlement } = received({ topic: 'a', offset: 1_000_000 }, one);
    expect(one.lag).toBe(1);
    settlement.settle('indexed');
    expect(one.lag).toBe(0);
  });
});

it('a partition has a name for logs', () => {
  expect(owned('app-logs', 3).name).toBe('app-logs[3]');
});
