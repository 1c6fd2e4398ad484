import { expect, it } from 'vitest';
import { StallWatch } from '../../../src/kafka/stall.ts';

const HIGH = 100;
const partition = (more: object = {}) => ({
  position: 10,
  paused: false,
  draining: false,
  closed: false,
  ...more,
});

/** Asks every five seconds. @returns the seconds at which it was stalled */
function ask(
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

it('a partition with something to read that does not move for 30 s is stalled, and again 30 s later', () => {
  expect(ask(70, partition())).toEqual([30, 60]);
});

it('one that moves, however slowly, is not', () => {
  const owned = partition();
  expect(ask(120, owned, () => void owned.position++)).toEqual([]);
});

it.each(['paused', 'draining', 'closed'])('one that is %s is not', (state) => {
  expect(ask(120, partition({ [state]: true }))).toEqual([]);
});

it('one at its end is not', () => {
  expect(ask(120, partition({ position: HIGH }))).toEqual([]);
});

it('the time of a pause does not count', () => {
  const owned = partition();
  expect(ask(60, owned, (second) => void (owned.paused = second === 20))).toEqual([50]);
});

it('one whose records may lie behind those of others has ten times as long', () => {
  expect(ask(400, partition(), () => {}, { emptied: false })).toEqual([300]);
});

it('two questions far apart say nothing of the time between', () => {
  expect(ask(100, partition(), () => {}, { every: 40 })).toEqual([]);
});
