import { describe, expect, it } from 'vitest';
import { OwnedPartition } from '../../../src/kafka/assignment.ts';
import { Turns } from '../../../src/kafka/turns.ts';

const FETCH_BYTES = 1000;
/** What lies between two looks. */
const LOOK_BYTES = 16_000;

/** Partitions with a backlog, read by a client that serves `served` of those that are asked for, always the first. */
class Backlog {
  readonly all: OwnedPartition[];
  readonly turns = new Turns(FETCH_BYTES);

  constructor(ends: readonly number[]) {
    this.all = ends.map((end, partition) => {
      const owned = new OwnedPartition('logs', partition, 0, -1);
      owned.highWatermark = end;
      return owned;
    });
  }

  /** What lies between two looks, with a record of each of these partitions. */
  read(partitions: readonly number[]): void {
    this.readSo(this.all.map(({ partition }) => (partitions.includes(partition) ? 1 : 0)));
  }

  /** The same, with so many records of each partition. */
  readSo(counts: readonly number[]): void {
    for (const [partition, owned] of this.all.entries()) {
      owned.advance(owned.position + (counts[partition] ?? 0));
    }
    this.turns.polled(true, LOOK_BYTES, 0, () => this.all);
  }

  readFirst(served: number): number[] {
    const asked = this.all
      .filter((one) => !one.yielding && !one.paused && one.position < one.highWatermark)
      .slice(0, served)
      .map(({ partition }) => partition);
    this.read(asked);
    return asked;
  }

  get yielding(): number[] {
    return this.all.filter((one) => one.yielding).map(({ partition }) => partition);
  }
}

it('tells those that were served to wait until the others were, too', () => {
  const backlog = new Backlog([100, 100, 100, 100, 100]);
  // Before the first look nobody knows who has moved.
  backlog.read([0, 1]);
  const turns = Array.from({ length: 6 }, () => backlog.readFirst(2));
  expect(turns).toEqual([[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]]);
});

it('lets all read on where all have moved', () => {
  const backlog = new Backlog([100, 100, 100]);
  for (let look = 0; look < 5; look++) backlog.read([0, 1, 2]);
  expect(backlog.yielding).toEqual([]);
});

it('does not take a few records for a turn', () => {
  const backlog = new Backlog([10_000, 10_000, 10_000]);
  backlog.read([0, 1, 2]);
  backlog.readSo([1000, 1000, 10]);
  expect(backlog.yielding).toEqual([0, 1]);
});

it('does not wait for one that has few records and was read to its end', () => {
  const backlog = new Backlog([10_000, 10_000, 10]);
  backlog.read([0, 1, 2]);
  backlog.readSo([1000, 1000, 9]);
  expect(backlog.yielding).toEqual([]);
});

it('does not look before so much was read', () => {
  const backlog = new Backlog([100, 100]);
  backlog.read([0]);
  for (let poll = 0; poll < 15; poll++) {
    backlog.all[0]?.advance(poll + 10);
    backlog.turns.polled(true, LOOK_BYTES / 16, 0, () => backlog.all);
  }
  expect(backlog.yielding).toEqual([]);
  backlog.turns.polled(true, LOOK_BYTES / 16, 0, () => backlog.all);
  expect(backlog.yielding).toEqual([0]);
});

it('knows no starved partition that has nothing to be read, is paused, or is given up', () => {
  const backlog = new Backlog([100, 0, 100, 100]);
  const [, , paused, draining] = backlog.all;
  if (paused !== undefined) paused.paused = true;
  if (draining !== undefined) draining.draining = true;
  for (let look = 0; look < 3; look++) backlog.read([0]);
  expect(backlog.yielding).toEqual([]);
});

it('does not take one that was just assigned for a starved one', () => {
  const backlog = new Backlog([100, 100]);
  backlog.read([0, 1]);
  const late = new OwnedPartition('logs', 2, 0, -1);
  late.highWatermark = 100;
  backlog.all.push(late);
  backlog.read([0, 1]);
  expect(backlog.yielding).toEqual([]);
  backlog.read([0, 1]);
  expect(backlog.yielding).toEqual([0, 1]);
});

describe('whose turn it is', () => {
  /** Where the first waits for the second. */
  function waitingForSecond(): Backlog {
    const backlog = new Backlog([100, 100]);
    backlog.read([0]);
    backlog.read([0]);
    expect(backlog.yielding).toEqual([0]);
    return backlog;
  }
  const unfilledPolls = (backlog: Backlog, count: number): void => {
    for (let poll = 0; poll < count; poll++) backlog.turns.polled(false, 0, 0, () => backlog.all);
  };

  it('brings nothing: after some polls all read on, and nobody waits for it again', () => {
    const backlog = waitingForSecond();
    unfilledPolls(backlog, 9);
    expect(backlog.yielding).toEqual([0]);
    unfilledPolls(backlog, 1);
    expect(backlog.yielding).toEqual([]);
    for (let look = 0; look < 3; look++) backlog.read([0]);
    expect(backlog.yielding).toEqual([]);
  });

  it('is waited for again once it has moved', () => {
    const backlog = waitingForSecond();
    unfilledPolls(backlog, 10);
    backlog.read([0, 1]);
    backlog.read([0]);
    expect(backlog.yielding).toEqual([0]);
  });

  it('was read to its end, and brings now and then what is new: all read on at once', () => {
    const backlog = waitingForSecond();
    backlog.all[1]?.advance(100);
    unfilledPolls(backlog, 1);
    expect(backlog.yielding).toEqual([]);
  });

  it('brings what it has slowly: the others do not wait for as many bytes as usual', () => {
    const backlog = waitingForSecond();
    backlog.all[1]?.advance(1);
    backlog.turns.polled(true, 10, 4000, () => backlog.all);
    expect(backlog.yielding).toEqual([0]);
    backlog.turns.polled(true, 10, 5001, () => backlog.all);
    expect(backlog.yielding).toEqual([]);
  });

  it('brings records without a value', () => {
    const backlog = waitingForSecond();
    for (let poll = 0; poll < 20; poll++) backlog.turns.polled(true, 0, 0, () => backlog.all);
    expect(backlog.yielding).toEqual([0]);
  });
});
