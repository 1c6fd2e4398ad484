import { expect, it } from 'vitest';
import { BodyPool } from '../../../src/elasticsearch/body-pool.ts';

const MB = 1_000_000;

it('returns exactly the requested size, from released memory', () => {
  const pool = new BodyPool();
  const first = pool.acquire(MB);
  const other = pool.acquire(MB);
  expect([first.length, other.length]).toEqual([MB, MB]);
  expect(other.buffer).not.toBe(first.buffer);
  pool.release(first);
  const again = pool.acquire(0.9 * MB);
  expect(again.length).toBe(0.9 * MB);
  expect(again.buffer).toBe(first.buffer);
  expect(pool.acquire(MB).buffer).not.toBe(first.buffer);
});

it('uses no large buffer for a small body, and keeps no small buffer', () => {
  const pool = new BodyPool();
  const large = pool.acquire(3 * MB);
  const small = pool.acquire(1000);
  pool.release(large);
  pool.release(small);
  expect(pool.acquire(MB).buffer).not.toBe(large.buffer);
  expect(pool.acquire(1000).buffer).not.toBe(small.buffer);
  expect(pool.acquire(2.5 * MB).buffer).toBe(large.buffer);
});

it.each([
  { bytes: 0.1 * MB, kept: 4 },
  { bytes: 2 * MB, kept: 3 },
  { bytes: 5 * MB, kept: 1 },
  { bytes: 7 * MB, kept: 0 },
])('keeps the latest $kept idle buffers of $bytes bytes, and frees the others', ({ bytes, kept }) => {
  const pool = new BodyPool();
  const all = Array.from({ length: 20 }, () => pool.acquire(bytes));
  for (const body of all) pool.release(body);
  const isFreed = all.map(({ buffer }) => buffer.byteLength === 0);
  const later = new Set(Array.from({ length: 20 }, () => pool.acquire(bytes).buffer));
  const found = all.map(({ buffer }) => later.has(buffer));
  expect(found).toEqual(all.map((_body, at) => at >= all.length - kept));
  expect(isFreed).toEqual(found.map((isFound) => !isFound));
});
