import { describe, expect, it } from 'vitest';
import { AdaptiveConcurrency, fixedConcurrency } from '../../../src/elasticsearch/concurrency.ts';

it('a fixed limit stays', () => {
  const fixed = fixedConcurrency(5);
  for (let round = 0; round < 10; round++) fixed.overloaded();
  expect(fixed.limit).toBe(5);
  for (let round = 0; round < 10; round++) fixed.succeeded(5);
  expect(fixed.limit).toBe(5);
});

describe('the adaptive limit', () => {
  /** So many answers while all that is allowed is in flight. */
  const succeed = (limit: AdaptiveConcurrency, rounds: number): void => {
    for (let round = 0; round < rounds; round++) limit.succeeded(limit.limit);
  };

  it('starts small, and grows by one for a full round of successes', () => {
    const limit = new AdaptiveConcurrency();
    expect(limit.limit).toBe(2);
    succeed(limit, 1);
    expect(limit.limit).toBe(2);
    succeed(limit, 1);
    expect(limit.limit).toBe(3);
    succeed(limit, 2);
    expect(limit.limit).toBe(3);
    succeed(limit, 2);
    expect(limit.limit).toBe(4);
  });

  it('does not grow while it is not reached', () => {
    const limit = new AdaptiveConcurrency();
    for (let round = 0; round < 1000; round++) limit.succeeded(1);
    expect(limit.limit).toBe(2);
  });

  it('has an upper end', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    expect(limit.limit).toBe(8);
  });

  it('halves when Elasticsearch asks for less, down to one and never to none', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    limit.overloaded();
    expect(limit.limit).toBe(4);
    limit.overloaded();
    expect(limit.limit).toBe(2);
    for (let round = 0; round < 100; round++) limit.overloaded();
    expect(limit.limit).toBe(1);
  });

  it('grows again from the bottom', () => {
    const limit = new AdaptiveConcurrency();
    for (let round = 0; round < 100; round++) limit.overloaded();
    succeed(limit, 1);
    expect(limit.limit).toBe(2);
    succeed(limit, 10_000);
    expect(limit.limit).toBe(8);
  });
});
