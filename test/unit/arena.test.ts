import { expect, it } from 'vitest';
import { Arena, type Chunk, free } from '../../src/arena.ts';

const CHUNK = 524_288;

/** Fills the chunk that is written to, for one user. */
function fill(arena: Arena, bytes = CHUNK): Chunk {
  const chunk = arena.reserve(bytes);
  chunk.use();
  arena.at += bytes;
  return chunk;
}

it('memory is used again when the last user has released it, and not before', () => {
  const arena = new Arena();
  const first = fill(arena);
  first.use();
  expect(fill(arena) === first).toBe(false);
  first.release();
  expect(fill(arena) === first).toBe(false);
  first.release();
  expect(fill(arena) === first).toBe(true);
  expect(fill(arena) === first).toBe(false);
});

it('a chunk that is written to is not used anew, though nobody uses what was written so far', () => {
  const arena = new Arena();
  const chunk = arena.reserve(100);
  chunk.use();
  arena.at = 100;
  chunk.release();
  expect(arena.reserve(100) === chunk).toBe(true);
  expect(arena.at).toBe(100);
  // Full, and all that was written is released: it begins anew.
  expect(arena.reserve(CHUNK) === chunk).toBe(true);
  expect(arena.at).toBe(0);
});

it('memory for a giant is not kept, and a small record does not get it', () => {
  const arena = new Arena();
  const giant = fill(arena, 3 * CHUNK);
  giant.release();
  const next = fill(arena);
  expect(next.bytes.length).toBe(CHUNK);
  expect(fill(arena, 3 * CHUNK) === giant).toBe(false);
});

it('keeps some idle memory after a flood, not all of it', () => {
  const arena = new Arena();
  const flood = new Set(Array.from({ length: 100 }, () => fill(arena)));
  for (const chunk of flood) chunk.release();
  const later = Array.from({ length: 100 }, () => fill(arena));
  expect(later.filter((chunk) => flood.has(chunk)).length).toBeLessThanOrEqual(16);
  expect(later.some((chunk) => flood.has(chunk))).toBe(true);
});

it('frees a large value that has its memory alone, and touches no other', () => {
  const [large, small] = [Buffer.alloc(2000), Buffer.alloc(500)];
  const shared = Buffer.alloc(4000);
  const part = shared.subarray(1000, 3000);
  for (const value of [large, small, part]) free(value);
  expect([large, small, part, shared].map(({ length }) => length)).toEqual([0, 500, 2000, 4000]);
});
