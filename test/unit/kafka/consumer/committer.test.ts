import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Assignment, OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import { Committer } from '../../../../src/kafka/consumer/committer.ts';
import type { NativeConsumer, PartitionOffset } from '../../../../src/kafka/native.ts';
import { received } from '../../support/fakes.ts';
import { memoryLog } from '../../support/memory-log.ts';

const INTERVAL = 1000;

let assignment: Assignment;
let committer: Committer;
let commits: (readonly PartitionOffset[])[] = [];
let failure: Error | null = null;
let lines: { msg: string }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  assignment = new Assignment();
  commits = [];
  failure = null;
  const memory = memoryLog();
  lines = memory.lines;
  const consumer = {
    commit(offsets: readonly PartitionOffset[]): void {
      if (failure !== null) throw failure;
      commits.push(offsets);
    },
  };
  committer = new Committer(consumer as unknown as NativeConsumer, assignment, INTERVAL, memory.log);
});
afterEach(() => {
  committer.close();
  vi.useRealTimers();
});

/** A partition that has received and settled the offsets from 0 to `settled` - 1. */
function own(partition: number, settled: number): OwnedPartition {
  const owned = new OwnedPartition('t', partition, 0, 0);
  assignment.add(owned);
  settle(owned, settled);
  return owned;
}

function settle(owned: OwnedPartition, upTo: number): void {
  for (let offset = owned.position; offset < upTo; offset++)
    received({ offset }, owned).settlement.settle('indexed');
}

function answerLast(error?: { code: number; message: string }): void {
  committer.answered(error, commits.at(-1) ?? []);
}

const at = (partition: number, offset: number): PartitionOffset => ({ topic: 't', partition, offset });

describe('at every interval', () => {
  it('the watermarks of all partitions that have moved are committed together', () => {
    own(0, 5);
    own(1, 0);
    own(2, 7);
    vi.advanceTimersByTime(INTERVAL - 1);
    expect(commits).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(commits).toEqual([[at(0, 5), at(2, 7)]]);
  });

  it('the watermark never passes a record that is not settled', () => {
    const owned = own(0, 5);
    const { settlement } = received({ offset: 5 }, owned);
    settle(owned, 9);
    vi.advanceTimersByTime(INTERVAL);
    expect(commits).toEqual([[at(0, 5)]]);
    answerLast();
    vi.advanceTimersByTime(INTERVAL);
    expect(commits).toHaveLength(1);
    settlement.settle('indexed');
    vi.advanceTimersByTime(INTERVAL);
    expect(commits.at(-1)).toEqual([at(0, 9)]);
  });

  it('nothing is committed without progress', () => {
    own(0, 5);
    vi.advanceTimersByTime(INTERVAL);
    answerLast();
    vi.advanceTimersByTime(20 * INTERVAL);
    expect(commits).toHaveLength(1);
  });

  it('nothing is committed after close', () => {
    own(0, 5);
    committer.close();
    vi.advanceTimersByTime(20 * INTERVAL);
    expect(commits).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('one commit is in flight', () => {
  it('records that settle meanwhile are committed once, after the answer', () => {
    const owned = own(0, 5);
    committer.commit();
    for (const upTo of [6, 7, 8]) {
      settle(owned, upTo);
      committer.commit();
      vi.advanceTimersByTime(INTERVAL);
    }
    expect(commits).toEqual([[at(0, 5)]]);
    answerLast();
    committer.commit();
    expect(commits).toEqual([[at(0, 5)], [at(0, 8)]]);
  });

  it('a commit without an answer is sent again after a while', () => {
    own(0, 5);
    committer.commit();
    vi.advanceTimersByTime(9999);
    committer.commit();
    expect(commits).toHaveLength(1);
    vi.advanceTimersByTime(1001);
    expect(commits).toEqual([[at(0, 5)], [at(0, 5)]]);
  });
});

describe('a rejected commit is sent again, and its offset does not count as committed', () => {
  it.each<[string, () => void]>([
    [
      'as a whole',
      () => answerLast({ code: 22, message: 'Broker: Specified group generation id is not valid' }),
    ],
    [
      'for the partition',
      () => committer.answered(undefined, [{ ...at(0, 5), error: { code: 27, message: 'busy' } }]),
    ],
  ])('%s', (_name, answer) => {
    const owned = own(0, 5);
    committer.commit();
    answer();
    expect(owned.committed).toBe(0);
    vi.advanceTimersByTime(INTERVAL);
    expect(commits).toEqual([[at(0, 5)], [at(0, 5)]]);
    answerLast();
    expect(owned.committed).toBe(5);
  });

  it('also if the client throws', () => {
    const owned = own(0, 5);
    failure = new Error('Local: Erroneous state');
    committer.commit();
    failure = null;
    committer.commit();
    expect(commits).toEqual([[at(0, 5)]]);
    answerLast();
    expect(owned.committed).toBe(5);
  });

  it('one partition is rejected while others are accepted', () => {
    const [rejected, accepted] = [own(0, 5), own(1, 7)];
    committer.commit();
    committer.answered(undefined, [{ ...at(0, 5), error: { code: 27, message: 'busy' } }, at(1, 7)]);
    expect([rejected.committed, accepted.committed]).toEqual([0, 7]);
    committer.commit();
    expect(commits.at(-1)).toEqual([at(0, 5)]);
  });

  it('is logged once per interval, not once per commit', () => {
    own(0, 5);
    for (let round = 0; round < 9; round++) {
      committer.commit();
      answerLast({ code: 7, message: 'busy' });
    }
    expect(lines).toEqual([
      expect.objectContaining({ code: 'commit_rejected', reason: 'busy', repeated: 0 }),
    ]);
  });
});

describe('an epoch that is over', () => {
  it('is never committed, even after late acknowledgements', () => {
    const owned = new OwnedPartition('t', 0, 0, 0);
    assignment.add(owned);
    const { settlement } = received({ offset: 0 }, owned);
    assignment.remove(owned);
    settlement.settle('indexed');
    committer.commit([owned]);
    committer.commit();
    vi.advanceTimersByTime(10 * INTERVAL);
    expect(commits).toEqual([]);
  });

  it('does not keep the next epoch of the same partition from being committed', () => {
    const before = own(0, 3);
    assignment.remove(before);
    own(0, 2);
    committer.commit();
    expect(commits).toEqual([[at(0, 2)]]);
  });

  it('ignores a late answer to its commit', () => {
    const before = own(0, 3);
    committer.commit();
    assignment.remove(before);
    answerLast();
    expect(before.committed).toBe(0);
    own(1, 4);
    committer.commit();
    expect(commits.at(-1)).toEqual([at(1, 4)]);
  });
});

describe('an offset never goes down', () => {
  it('after a repeated or late answer', () => {
    const owned = own(0, 9);
    committer.commit();
    committer.answered(undefined, [at(0, 9)]);
    committer.answered(undefined, [at(0, 4)]);
    expect(owned.committed).toBe(9);
    committer.commit();
    expect(commits).toHaveLength(1);
  });

  it('and an answer to an old epoch does not affect the next epoch of the partition', () => {
    const before = own(0, 9);
    committer.commit();
    assignment.remove(before);
    const after = own(0, 3);
    committer.answered(undefined, [at(0, 9)]);
    expect(after.committed).toBeLessThan(3);
    committer.commit();
    expect(commits.at(-1)).toEqual([at(0, 3)]);
  });
});

it('a late answer to a commit of an old epoch does not answer the commit in flight of the new one', () => {
  const before = own(0, 9);
  committer.commit();
  assignment.remove(before);
  vi.advanceTimersByTime(10_001);
  const after = own(0, 3);
  committer.commit();
  expect(commits.at(-1)).toEqual([at(0, 3)]);
  // The late answer has the offset 9 of the old topic. The new one has only 3 records.
  committer.answered(undefined, [at(0, 9)]);
  expect(after.committed).toBe(0);
  settle(after, 5);
  committer.commit();
  expect(commits).toHaveLength(2);
  committer.answered(undefined, [at(0, 3)]);
  expect(after.committed).toBe(3);
  committer.commit();
  expect(commits.at(-1)).toEqual([at(0, 5)]);
});

describe('settle', () => {
  it('resolves when the broker has answered', async () => {
    const owned = own(0, 5);
    const settled = committer.settle([owned], 5000);
    expect(commits).toEqual([[at(0, 5)]]);
    answerLast();
    await settled;
    expect(owned.committed).toBe(5);
  });

  it('commits records that the commit in flight does not include', async () => {
    const owned = own(0, 5);
    committer.commit();
    settle(owned, 8);
    const settled = committer.settle([owned], 5000);
    answerLast();
    await vi.advanceTimersByTimeAsync(0);
    expect(commits).toEqual([[at(0, 5)], [at(0, 8)]]);
    answerLast();
    await settled;
    expect(owned.committed).toBe(8);
  });

  it('repeats a rejected commit until the timeout', async () => {
    const owned = own(0, 5);
    failure = new Error('Local: Erroneous state');
    let done = false;
    const settled = committer.settle([owned], 2000).then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(1900);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    await settled;
    expect(owned.committed).toBe(0);
  });

  it('resolves at once without anything to commit', async () => {
    await committer.settle([own(0, 0)], 5000);
    expect(commits).toEqual([]);
  });
});
