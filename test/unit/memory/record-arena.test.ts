/** The memory that polls write to is reused only when all of its content is released. */
import { describe, expect, it } from 'vitest';
import { RecordArena } from '../../../src/memory/record-chunk.ts';
import { sourceRecord } from '../support/fakes.ts';
import { fillRecords } from '../support/runs.ts';

const CHUNK_BYTES = 1_048_576;

describe('the memory that polls write to', () => {
  it('is one chunk until it is full, and continues where it was left', () => {
    const arena = new RecordArena([]);
    const first = arena.free();
    expect(first).toMatchObject({ row: 0, at: 0, end: CHUNK_BYTES });
    arena.filled(3, { at: 1000, end: CHUNK_BYTES - 200 });
    const second = arena.free();
    expect(second.chunk).toBe(first.chunk);
    expect(second).toMatchObject({ row: 3, rows: first.rows - 3, at: 1000, end: CHUNK_BYTES - 200 });
  });

  it.each<[string, (arena: RecordArena) => void]>([
    ['bytes', (arena) => arena.filled(1, { at: CHUNK_BYTES - 60_000, end: CHUNK_BYTES })],
    ['bytes between values and keys', (arena) => arena.filled(1, { at: 500_000, end: 560_000 })],
    ['rows', (arena) => arena.filled(4000, { at: 4000, end: CHUNK_BYTES })],
  ])('is another chunk where there are hardly any %s left', (_name, use) => {
    const arena = new RecordArena([]);
    const { chunk } = arena.free();
    chunk.use();
    use(arena);
    const next = arena.free();
    expect(next.chunk === chunk).toBe(false);
    expect(next).toMatchObject({ row: 0, at: 0, end: CHUNK_BYTES });
  });

  it('is not reused while it is written to, though all earlier content is released', () => {
    const arena = new RecordArena([]);
    const { chunk } = arena.free();
    chunk.use();
    arena.filled(1, { at: 100, end: CHUNK_BYTES });
    chunk.release();
    expect(arena.free()).toMatchObject({ row: 1, at: 100 });
    expect(arena.free().chunk).toBe(chunk);
  });

  it('is kept for the next records after a flood, and freed beyond a few chunks, rows and all', () => {
    const arena = new RecordArena([]);
    const flood = Array.from({ length: 30 }, () => fillRecords(arena));
    for (const chunk of flood)
      expect([chunk.bytes.length, chunk.rows.length > 0]).toEqual([CHUNK_BYTES, true]);
    for (const chunk of flood) chunk.release();
    const kept = flood.filter(({ bytes }) => bytes.length > 0);
    expect(kept.length).toBeLessThanOrEqual(5);
    expect(flood.filter(({ rows }) => rows.length > 0)).toEqual(kept);
    const later = Array.from({ length: 10 }, () => fillRecords(arena));
    expect(later.some((chunk) => kept.includes(chunk))).toBe(true);
    for (const { bytes, rows } of later) expect([bytes.length, rows.length > 0]).toEqual([CHUNK_BYTES, true]);
  });

  it('knows topics by name as soon as the list has them', () => {
    const topics: string[] = [];
    const arena = new RecordArena(topics);
    const { chunk, row, ...space } = arena.free();
    chunk.write(row, space, sourceRecord({ topic: 'late' }), 0, 0);
    expect(chunk.topic(row)).toBe('');
    topics.push('late');
    expect(chunk.topic(row)).toBe('late');
  });
});
