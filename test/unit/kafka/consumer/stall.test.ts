import { expect, it } from 'vitest';
import { StallWatch } from '../../../../src/kafka/consumer/stall.ts';

const HIGH = 100;
const partition = (more: object = {}) => ({
  position: 10,
  paused: false,
  draining: false,
  closed: false,
  ...more,
});

/** Checks every five seconds. @returns the seconds at which the partition was stalled */
function check(
  seconds: number,
  owned: ReturnType<typeof partition>,
  at: (second: number) => void = () => {},
  { every = 5, emptied = true } = {},
): number[] {
  const watch = new StallWatch();
  const stalled: number[] = [];
  for (let second = 0; second <= seconds; second += every) {
    at(second);
    if (watch.isStalled(owned, HIGH, emptied ? second * 1000 : -1, second * 1000)) stalled.push(second);
  }
  return stalled;
}

it('a partition with records that does not move for 30 s is stalled, and again 30 s later', () => {
  expect(check(70, partition())).toEqual([30, 60]);
});

it('a partition that moves slowly is not stalled', () => {
  const owned = partition();
  expect(check(120, owned, () => void owned.position++)).toEqual([]);
});

it.each(['paused', 'draining', 'closed'])('a partition that is %s is not stalled', (state) => {
  expect(check(120, partition({ [state]: true }))).toEqual([]);
});

it('a partition at its end is not stalled', () => {
  expect(check(120, partition({ position: HIGH }))).toEqual([]);
});

it('the time of a pause does not count', () => {
  const owned = partition();
  expect(check(60, owned, (second) => void (owned.paused = second === 20))).toEqual([50]);
});

it('the limit is ten times longer while records of other partitions may be queued before its own', () => {
  expect(check(400, partition(), () => {}, { emptied: false })).toEqual([300]);
});

it('two distant checks say nothing about the time between them', () => {
  expect(check(100, partition(), () => {}, { every: 40 })).toEqual([]);
});
