import { expect, it } from 'vitest';
import { BodyPool } from '../../../src/elasticsearch/body-pool.ts';

const MB = 1_000_000;

it('gives exactly what is asked for, from memory that was given back', () => {
  const pool = new BodyPool();
  const first = pool.take(MB);
  const other = pool.take(MB);
  expect([first.length, other.length]).toEqual([MB, MB]);
  expect(other.buffer).not.toBe(first.buffer);
  pool.giveBack(first);
  const again = pool.take(0.9 * MB);
  expect(again.length).toBe(0.9 * MB);
  expect(again.buffer).toBe(first.buffer);
  expect(pool.take(MB).buffer).not.toBe(first.buffer);
});

it('spends no large buffer on a small body, and keeps no small one', () => {
  const pool = new BodyPool();
  const large = pool.take(5 * MB);
  const small = pool.take(1000);
  pool.giveBack(large);
  pool.giveBack(small);
  expect(pool.take(MB).buffer).not.toBe(large.buffer);
  expect(pool.take(1000).buffer).not.toBe(small.buffer);
  expect(pool.take(4 * MB).buffer).toBe(large.buffer);
});

it.each([
  { bytes: 0.1 * MB, kept: 8 },
  { bytes: 5 * MB, kept: 3 },
])('keeps $kept idle buffers of $bytes bytes at most, those that came last', ({ bytes, kept }) => {
  const pool = new BodyPool();
  const all = Array.from({ length: 20 }, () => pool.take(bytes));
  for (const body of all) pool.giveBack(body);
  const later = new Set(Array.from({ length: 20 }, () => pool.take(bytes).buffer));
  const found = all.map(({ buffer }) => later.has(buffer));
  expect(found).toEqual(all.map((_body, at) => at >= all.length - kept));
});
