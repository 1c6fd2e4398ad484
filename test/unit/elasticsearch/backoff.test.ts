import { describe, expect, it } from 'vitest';
import { fullJitter } from '../../../src/elasticsearch/backoff.ts';

const BACKOFF = { initial_ms: 200, max_ms: 5000 };
const longest = (attempt: number): number => fullJitter(attempt, BACKOFF, () => 1);

describe('the delay before the next attempt', () => {
  it('is random between zero and an exponential limit, so that clients do not retry in step', () => {
    expect(fullJitter(3, BACKOFF, () => 0)).toBe(0);
    expect(fullJitter(3, BACKOFF, () => 0.5)).toBe(800);
    expect(longest(3)).toBe(1600);
  });

  it('doubles with every attempt up to the limit', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 100, 10_000, Number.MAX_SAFE_INTEGER].map(longest)).toEqual([
      200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000,
    ]);
  });

  it('is a whole number of milliseconds', () => {
    expect(fullJitter(1, { initial_ms: 3, max_ms: 5 }, () => 0.33)).toBe(2);
  });

  it('differs from call to call by default', () => {
    const delays = new Set(
      Array.from({ length: 50 }, () => fullJitter(5, { initial_ms: 1000, max_ms: 600_000 })),
    );
    expect(delays.size).toBeGreaterThan(10);
  });
});
