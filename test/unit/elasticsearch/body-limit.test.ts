import { describe, expect, it } from 'vitest';
import { BodyLimit, isSmall } from '../../../src/elasticsearch/body-limit.ts';

const MAX = 5_000_000;
/** Passes `times` bodies as large as the limit. @returns the limit after each */
function pass(limit: BodyLimit, times: number): number[] {
  return Array.from({ length: times }, () => {
    limit.passed(limit.bytes);
    return limit.bytes;
  });
}

describe('the limit of a body', () => {
  it('doubles with bodies that pass, up to the configured maximum', () => {
    const limit = new BodyLimit(MAX);
    const first = limit.bytes;
    expect(first).toBeLessThan(MAX / 4);
    expect(pass(limit, 5)).toEqual([first * 2, first * 4, first * 8, MAX, MAX]);
  });

  it('is the configured maximum if that is below the first limit', () => {
    const limit = new BodyLimit(2000);
    expect(limit.bytes).toBe(2000);
    expect(pass(limit, 2)).toEqual([2000, 2000]);
  });

  it('does not change with bodies far below it', () => {
    const limit = new BodyLimit(MAX);
    const before = limit.bytes;
    for (let body = 0; body < 100; body++) limit.passed(before / 2 - 1);
    expect(limit.bytes).toBe(before);
  });

  it('is half the size that failed', () => {
    const limit = new BodyLimit(MAX);
    pass(limit, 5);
    limit.failed(4_000_000, 10_000);
    expect(limit.bytes).toBe(2_000_000);
    limit.failed(2_000_000, 5000);
    expect(limit.bytes).toBe(1_000_000);
  });

  it('is halved once by concurrent failures', () => {
    const limit = new BodyLimit(MAX);
    pass(limit, 5);
    for (let body = 0; body < 8; body++) limit.failed(MAX, 10_000);
    expect(limit.bytes).toBe(MAX / 2);
    limit.failed(MAX * 0.8, 8000);
    expect(limit.bytes).toBe(MAX * 0.4);
    limit.failed(MAX, 10_000);
    expect(limit.bytes).toBe(MAX * 0.4);
  });

  it('returns slowly to the size that failed, and grows faster beyond it', () => {
    const limit = new BodyLimit(MAX);
    limit.failed(400_000, 1000);
    const steps = pass(limit, 60);
    const until = (bytes: number): number => steps.findIndex((one) => one >= bytes) + 1;
    expect(until(400_000)).toBe(8);
    expect(until(MAX)).toBeLessThan(35);
  });

  it('leaves 100 documents in a body, or fewer large ones', () => {
    const limit = new BodyLimit(MAX);
    for (let size = 1_000_000; size > 1000; size /= 2) limit.failed(size, size / 80);
    expect(limit.bytes).toBe(8000);
    const large = new BodyLimit(MAX);
    for (let size = 1_000_000; size > 1000; size /= 2) large.failed(size, Math.ceil(size / 10_000));
    expect(large.bytes).toBe(64_000);
  });

  it('falls below that if a body is rejected as too large', () => {
    const limit = new BodyLimit(MAX);
    for (let size = 1_000_000; size > 20_000; size /= 2) limit.rejected(size, 1000);
    expect(limit.bytes).toBeLessThan(20_000);
  });

  it('does not change with a single document, which cannot be divided', () => {
    const limit = new BodyLimit(MAX);
    const before = limit.bytes;
    limit.failed(300_000, 1);
    limit.rejected(300_000, 1);
    expect(limit.bytes).toBe(before);
  });
});

it.each([
  [100, 64_000, true],
  [101, 10_000, false],
  [2, 64_001, false],
  [1, 64_001, false],
])('%i documents of %i bytes are small: %s', (documents, bytes, small) => {
  expect(isSmall(documents, bytes)).toBe(small);
});
