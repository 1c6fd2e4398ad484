import { expect, it } from 'vitest';
import { Arena, type Chunk, free } from '../../../src/memory/arena.ts';
import { RecordArena } from '../../../src/memory/record-chunk.ts';
import { fillRecords } from '../support/runs.ts';

const CHUNK = 524_288;

/** Fills the chunk that is written to, for one user. */
function fill(arena: Arena, bytes = CHUNK): Chunk {
  const chunk = arena.reserve(bytes);
  chunk.use();
  arena.at += bytes;
  return chunk;
}

it.each<[string, () => () => Chunk]>([
  [
    'documents',
    () => {
      const arena = new Arena();
      return () => fill(arena);
    },
  ],
  [
    'records',
    () => {
      const arena = new RecordArena([]);
      return () => fillRecords(arena);
    },
  ],
])('memory of %s is used again when the last user has released it, and not before', (_of, start) => {
  const next = start();
  const first = next();
  first.use();
  expect(next() === first).toBe(false);
  first.release();
  expect(next() === first).toBe(false);
  first.release();
  expect(next() === first).toBe(true);
  expect(next() === first).toBe(false);
});

it('a chunk that is written to is not reused, though all earlier content is released', () => {
  const arena = new Arena();
  const chunk = arena.reserve(100);
  chunk.use();
  arena.at = 100;
  chunk.release();
  expect(arena.reserve(100) === chunk).toBe(true);
  expect(arena.at).toBe(100);
  // Full, and all of its content is released: it starts again.
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

it('keeps some idle memory after a flood, and frees the rest at once', () => {
  const arena = new Arena();
  const flood = Array.from({ length: 100 }, () => fill(arena));
  for (const chunk of flood) chunk.release();
  const kept = flood.filter(({ bytes }) => bytes.length > 0);
  expect(kept.length).toBeLessThanOrEqual(5);
  const later = Array.from({ length: 100 }, () => fill(arena));
  for (const chunk of later) expect(chunk.bytes.length).toBe(CHUNK);
  expect(later.filter((chunk) => flood.includes(chunk)).length).toBeLessThanOrEqual(kept.length);
  expect(later.some((chunk) => flood.includes(chunk))).toBe(true);
});

it('frees the memory of a giant with its last user', () => {
  const arena = new Arena();
  const giant = fill(arena, 3 * CHUNK);
  fill(arena);
  expect(giant.bytes.length).toBe(3 * CHUNK);
  giant.release();
  expect(giant.bytes.length).toBe(0);
});

it('frees a large value that has its memory alone, and touches no other', () => {
  const [large, small] = [Buffer.alloc(2000), Buffer.alloc(500)];
  const shared = Buffer.alloc(4000);
  const part = shared.subarray(1000, 3000);
  for (const value of [large, small, part]) free(value);
  expect([large, small, part, shared].map(({ length }) => length)).toEqual([0, 500, 2000, 4000]);
});
