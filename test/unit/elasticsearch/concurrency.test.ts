import { describe, expect, it } from 'vitest';
import { AdaptiveConcurrency, fixedConcurrency } from '../../../src/elasticsearch/concurrency.ts';

it('a fixed limit never changes', () => {
  const fixed = fixedConcurrency(5);
  for (let round = 0; round < 10; round++) fixed.overloaded();
  expect(fixed.limit).toBe(5);
  for (let round = 0; round < 10; round++) fixed.succeeded(5, 10, 1_000_000);
  expect(fixed.limit).toBe(5);
});

describe('the adaptive limit', () => {
  /** Answers to `rounds` requests at the limit. */
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

  it('does not grow below full use', () => {
    const limit = new AdaptiveConcurrency();
    for (let round = 0; round < 1000; round++) limit.succeeded(1, 100, 1_000_000);
    expect(limit.limit).toBe(2);
  });

  it('has a maximum', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    expect(limit.limit).toBe(8);
  });

  it('halves when Elasticsearch is overloaded, but never falls below one', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    limit.overloaded();
    expect(limit.limit).toBe(4);
    limit.overloaded();
    expect(limit.limit).toBe(2);
    for (let round = 0; round < 100; round++) limit.overloaded();
    expect(limit.limit).toBe(1);
  });

  it('grows again from one', () => {
    const limit = new AdaptiveConcurrency();
    for (let round = 0; round < 100; round++) limit.overloaded();
    succeed(limit, 1);
    expect(limit.limit).toBe(2);
    succeed(limit, 10_000);
    expect(limit.limit).toBe(8);
  });

  it('falls by a tenth if an answer takes far longer for its size than earlier ones', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    limit.succeeded(8, 100, 1_000_000);
    expect(limit.limit).toBe(8);
    limit.succeeded(8, 500, 5_000_000);
    expect(limit.limit).toBe(8);
    limit.succeeded(8, 500, 1_000_000);
    expect(limit.limit).toBe(7);
  });

  it('adapts to a lasting slowness, and grows again', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    for (let round = 0; round < 100; round++) limit.succeeded(limit.limit, 500, 1_000_000);
    expect(limit.limit).toBe(8);
  });

  it('ignores answers that are slightly slower than very steady ones', () => {
    const limit = new AdaptiveConcurrency();
    succeed(limit, 10_000);
    for (const ms of [101, 110, 130]) limit.succeeded(8, ms, 1_000_000);
    expect(limit.limit).toBe(8);
  });

  it('never falls below one, however slow the answers are', () => {
    const limit = new AdaptiveConcurrency();
    let ms = 1;
    for (let round = 0; round < 200; round++) limit.succeeded(limit.limit, (ms *= 1.8), 1_000_000);
    expect(limit.limit).toBe(1);
  });
});
