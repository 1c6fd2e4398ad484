import { describe, expect, it } from 'vitest';
import { AdaptiveConcurrency, fixedConcurrency } from '../../../src/elasticsearch/concurrency.ts';

it('a fixed limit stays', () => {
  const fixed = fixedConcurrency(5);
  for (let round = 0; round < 10; round++) fixed.overloaded();
  expect(fixed.limit).toBe(5);
  for (let round = 0; round < 10; round++) fixed.succeeded(5, 10, 1_000_000);
  expect(fixed.limit).toBe(5);
});

describe('the adaptive limit', () => {
  /** So many answers while all that is allowed is in flight. */
  const succeed = (limit: AdaptiveConcurrency, rounds: number): void => {
    for (let round = 0; round < rounds; round++) limit.succeeded(limit.limit, 100, 1_000_000);
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
    for (let round = 0; round < 1000; round++) limit.succeeded(1, 100, 1_000_000);
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

  it('gives up a tenth where an answer takes far longer than the ones before, for its size', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    limit.succeeded(8, 100, 1_000_000);
    expect(limit.limit).toBe(8);
    limit.succeeded(8, 500, 5_000_000);
    expect(limit.limit).toBe(8);
    limit.succeeded(8, 500, 1_000_000);
    expect(limit.limit).toBe(7);
  });

  it('takes for usual what stays so, and grows again', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    for (let round = 0; round < 100; round++) limit.succeeded(limit.limit, 500, 1_000_000);
    expect(limit.limit).toBe(8);
  });

  it('does not mind answers that are a little slower than very steady ones', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    for (const ms of [101, 110, 130]) limit.succeeded(8, ms, 1_000_000);
    expect(limit.limit).toBe(8);
  });

  it('never goes below one, however slow everything gets', () => {
    const limit = new AdaptiveConcurrency();
    let ms = 1;
    for (let round = 0; round < 200; round++) limit.succeeded(limit.limit, (ms *= 1.8), 1_000_000);
    expect(limit.limit).toBe(1);
  });
});
