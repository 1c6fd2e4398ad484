import { describe, expect, it } from 'vitest';
import { PollSize } from '../../../../src/kafka/consumer/poll-size.ts';

const ROOM = 1_000_000_000;
const FAST_MS = 2;
const SLOW_MS = 50;

/** Learns from `calls` calls that returned as many records as requested. */
function fullPolls(size: PollSize, calls: number, ms: number): void {
  for (let call = 0; call < calls; call++) {
    const requested = size.count(ROOM);
    size.learn(requested, requested, requested * 100, ms);
  }
}

it('starts small, so that the first records do not wait for others', () => {
  expect(new PollSize().count(ROOM)).toBe(16);
});

it('grows while calls are full and fast, up to a limit', () => {
  const size = new PollSize();
  fullPolls(size, 1, FAST_MS);
  expect(size.count(ROOM)).toBe(32);
  fullPolls(size, 20, FAST_MS);
  expect(size.count(ROOM)).toBe(1000);
});

it('shrinks while calls are slow, down to a limit', () => {
  const size = new PollSize();
  fullPolls(size, 5, FAST_MS);
  expect(size.count(ROOM)).toBe(512);
  fullPolls(size, 1, SLOW_MS);
  expect(size.count(ROOM)).toBe(256);
  fullPolls(size, 20, SLOW_MS);
  expect(size.count(ROOM)).toBe(16);
});

it('grows to the same limit again, by whole numbers, after it has shrunk', () => {
  const size = new PollSize();
  fullPolls(size, 10, FAST_MS);
  for (const count of [500, 250, 125, 62]) {
    fullPolls(size, 1, SLOW_MS);
    expect(size.count(ROOM)).toBe(count);
  }
  fullPolls(size, 20, FAST_MS);
  expect(size.count(ROOM)).toBe(1000);
});

it('does not change if calls return fewer records than requested, or none', () => {
  const size = new PollSize();
  size.learn(16, 15, 1500, FAST_MS);
  size.learn(16, 0, 0, SLOW_MS);
  expect(size.count(ROOM)).toBe(16);
});

describe('room in the buffer', () => {
  it('bounds the count by the size of recent records', () => {
    const size = new PollSize();
    fullPolls(size, 40, FAST_MS);
    expect(size.count(ROOM)).toBe(1000);
    const count = size.count(10_000);
    expect(count).toBeGreaterThanOrEqual(90);
    expect(count).toBeLessThanOrEqual(110);
  });

  it('follows when records become larger', () => {
    const size = new PollSize();
    fullPolls(size, 40, FAST_MS);
    for (let call = 0; call < 40; call++) size.learn(1000, 10, 1_000_000, FAST_MS);
    expect(size.count(1_000_000)).toBeLessThanOrEqual(11);
  });

  it.each([0, -5, -1_000_000])('of %d bytes still allows one record, so that polling continues', (room) => {
    expect(new PollSize().count(room)).toBe(1);
  });

  it('is not divided by zero if values are empty', () => {
    const size = new PollSize();
    for (let call = 0; call < 200; call++) size.learn(1000, 1, 0, FAST_MS);
    expect(size.count(64 * 5)).toBe(5);
  });
});
