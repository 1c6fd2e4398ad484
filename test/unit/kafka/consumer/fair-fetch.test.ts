import { describe, expect, it } from 'vitest';
import { OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import { FairFetch } from '../../../../src/kafka/consumer/fair-fetch.ts';

const FETCH_BYTES = 1000;
/** Bytes of one round. */
const ROUND_BYTES = 16_000;

/** Partitions with a backlog, and a client that always serves the first ones of those that it may fetch. */
class Backlog {
  readonly all: OwnedPartition[];
  readonly fairFetch = new FairFetch(FETCH_BYTES);

  constructor(ends: readonly number[]) {
    this.all = ends.map((end, partition) => {
      const owned = new OwnedPartition('logs', partition, 0, -1);
      owned.highWatermark = end;
      return owned;
    });
  }

  /** Reads one round, with one record of each of these partitions. */
  read(partitions: readonly number[]): void {
    this.readCounts(this.all.map(({ partition }) => (partitions.includes(partition) ? 1 : 0)));
  }

  /** Reads one round, with these numbers of records of each partition. */
  readCounts(counts: readonly number[]): void {
    for (const [partition, owned] of this.all.entries()) {
      owned.advance(owned.position + (counts[partition] ?? 0));
    }
    this.fairFetch.polled(true, ROUND_BYTES, 0, () => this.all);
  }

  readFirst(served: number): number[] {
    const fetched = this.all
      .filter((one) => !one.deprioritised && !one.paused && one.position < one.highWatermark)
      .slice(0, served)
      .map(({ partition }) => partition);
    this.read(fetched);
    return fetched;
  }

  get deprioritised(): number[] {
    return this.all.filter((one) => one.deprioritised).map(({ partition }) => partition);
  }
}

it('deprioritises served partitions until the others have been served', () => {
  const backlog = new Backlog([100, 100, 100, 100, 100]);
  // The first round only records the positions.
  backlog.read([0, 1]);
  const rounds = Array.from({ length: 6 }, () => backlog.readFirst(2));
  expect(rounds).toEqual([[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]]);
});

it('deprioritises no partition if all have moved', () => {
  const backlog = new Backlog([100, 100, 100]);
  for (let round = 0; round < 5; round++) backlog.read([0, 1, 2]);
  expect(backlog.deprioritised).toEqual([]);
});

it('does not count a partition as served after a few records', () => {
  const backlog = new Backlog([10_000, 10_000, 10_000]);
  backlog.read([0, 1, 2]);
  backlog.readCounts([1000, 1000, 10]);
  expect(backlog.deprioritised).toEqual([0, 1]);
});

it('does not wait for a partition that has few records and is read to its end', () => {
  const backlog = new Backlog([10_000, 10_000, 10]);
  backlog.read([0, 1, 2]);
  backlog.readCounts([1000, 1000, 9]);
  expect(backlog.deprioritised).toEqual([]);
});

it('does not end a round before enough bytes are read', () => {
  const backlog = new Backlog([100, 100]);
  backlog.read([0]);
  for (let poll = 0; poll < 15; poll++) {
    backlog.all[0]?.advance(poll + 10);
    backlog.fairFetch.polled(true, ROUND_BYTES / 16, 0, () => backlog.all);
  }
  expect(backlog.deprioritised).toEqual([]);
  backlog.fairFetch.polled(true, ROUND_BYTES / 16, 0, () => backlog.all);
  expect(backlog.deprioritised).toEqual([0]);
});

it('does not count an empty, paused or draining partition as starved', () => {
  const backlog = new Backlog([100, 0, 100, 100]);
  const [, , paused, draining] = backlog.all;
  if (paused !== undefined) paused.paused = true;
  if (draining !== undefined) draining.draining = true;
  for (let round = 0; round < 3; round++) backlog.read([0]);
  expect(backlog.deprioritised).toEqual([]);
});

it('does not count a newly assigned partition as starved', () => {
  const backlog = new Backlog([100, 100]);
  backlog.read([0, 1]);
  const late = new OwnedPartition('logs', 2, 0, -1);
  late.highWatermark = 100;
  backlog.all.push(late);
  backlog.read([0, 1]);
  expect(backlog.deprioritised).toEqual([]);
  backlog.read([0, 1]);
  expect(backlog.deprioritised).toEqual([0, 1]);
});

describe('a preferred partition', () => {
  /** The first partition waits for the second. */
  function waitingForSecond(): Backlog {
    const backlog = new Backlog([100, 100]);
    backlog.read([0]);
    backlog.read([0]);
    expect(backlog.deprioritised).toEqual([0]);
    return backlog;
  }
  const unfilledPolls = (backlog: Backlog, count: number): void => {
    for (let poll = 0; poll < count; poll++) backlog.fairFetch.polled(false, 0, 0, () => backlog.all);
  };

  it('that delivers nothing ends the round after some polls, and is not waited for again', () => {
    const backlog = waitingForSecond();
    unfilledPolls(backlog, 9);
    expect(backlog.deprioritised).toEqual([0]);
    unfilledPolls(backlog, 1);
    expect(backlog.deprioritised).toEqual([]);
    for (let round = 0; round < 3; round++) backlog.read([0]);
    expect(backlog.deprioritised).toEqual([]);
  });

  it('that has moved is waited for again', () => {
    const backlog = waitingForSecond();
    unfilledPolls(backlog, 10);
    backlog.read([0, 1]);
    backlog.read([0]);
    expect(backlog.deprioritised).toEqual([0]);
  });

  it('that is read to its end ends the round at once', () => {
    const backlog = waitingForSecond();
    backlog.all[1]?.advance(100);
    unfilledPolls(backlog, 1);
    expect(backlog.deprioritised).toEqual([]);
  });

  it('that delivers slowly ends the round after some time', () => {
    const backlog = waitingForSecond();
    backlog.all[1]?.advance(1);
    backlog.fairFetch.polled(true, 10, 4000, () => backlog.all);
    expect(backlog.deprioritised).toEqual([0]);
    backlog.fairFetch.polled(true, 10, 5001, () => backlog.all);
    expect(backlog.deprioritised).toEqual([]);
  });

  it('that delivers records without a value stays preferred', () => {
    const backlog = waitingForSecond();
    for (let poll = 0; poll < 20; poll++) backlog.fairFetch.polled(true, 0, 0, () => backlog.all);
    expect(backlog.deprioritised).toEqual([0]);
  });
});
