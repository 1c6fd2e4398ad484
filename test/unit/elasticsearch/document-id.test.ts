import { describe, expect, it } from 'vitest';
import { type Coordinates, documentId } from '../../../src/elasticsearch/document-id.ts';

const at = (partial: Partial<Coordinates> = {}): Coordinates => ({
  topic: 'app-logs',
  partition: 3,
  offset: 42,
  timestamp: Date.UTC(2026, 0, 1),
  ...partial,
});

it('contains every coordinate, with the time first', () => {
  expect(documentId(at({ timestamp: 36 ** 8 }))).toBe('100000000:app-logs:3:42');
});

it('is a pure function of the record', () => {
  expect(documentId(at())).toBe(documentId({ ...at() }));
  expect(documentId(at(), 7)).toBe(documentId({ ...at() }, 7));
});

it('contains the number of the output event, except for the first', () => {
  expect(documentId(at(), 0)).toBe(documentId(at()));
  expect(documentId(at(), 1)).toBe(`${documentId(at())}:1`);
  expect(documentId(at(), 12)).toBe(`${documentId(at())}:12`);
});

it('differs if any coordinate differs', () => {
  // Names and numbers that would be ambiguous without a separator, or with a dash or dot as separator.
  const topics = ['a', 'a-1', 'a.1', 'a_1', 'a-1-1', '1', 'a.', 'a-', `${'x'.repeat(248)}y`, 'x'.repeat(249)];
  const ids = new Map<string, string>();
  for (const topic of topics) {
    for (const partition of [0, 1, 11, 111]) {
      for (const offset of [0, 1, 11, 111, Number.MAX_SAFE_INTEGER]) {
        for (const timestamp of [0, 1, 1_767_225_600_000, 1_767_225_600_001]) {
          for (const output of [0, 1, 11]) {
            const coordinates = { topic, partition, offset, timestamp };
            const id = documentId(coordinates, output);
            expect({ id, sameAs: ids.get(id) }).toEqual({ id, sameAs: undefined });
            ids.set(id, JSON.stringify({ ...coordinates, output }));
          }
        }
      }
    }
  }
  expect(ids.size).toBe(topics.length * 4 * 5 * 4 * 3);
});

it('differs if a topic was deleted and recreated, and reuses its offsets', () => {
  const before = documentId(at({ offset: 0, timestamp: Date.UTC(2026, 0, 1) }));
  const after = documentId(at({ offset: 0, timestamp: Date.UTC(2026, 0, 2) }));
  expect(after).not.toBe(before);
});

describe('ids sort as text in the order of their times', () => {
  it.each([
    [0, 1],
    [35, 36],
    [36 ** 8 - 1, 36 ** 8],
    [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 1],
    [Date.UTC(1999, 0, 1), Date.UTC(2026, 0, 1)],
    [Date.UTC(2058, 0, 1), Date.UTC(2060, 0, 1)],
    [Date.UTC(2026, 0, 1), Date.UTC(5000, 0, 1)],
  ])('%d before %d', (earlier, later) => {
    // The other coordinates have the opposite order.
    const first = documentId({ topic: 'z', partition: 9, offset: 999, timestamp: earlier }, 9);
    const second = documentId({ topic: 'a', partition: 0, offset: 0, timestamp: later });
    expect(first < second).toBe(true);
  });
});

it('accepts a record without a timestamp', () => {
  expect(documentId(at({ timestamp: -1 }))).toBe('000000000:app-logs:3:42');
});

it('stays far below the 512 bytes that Elasticsearch allows, and needs no escaping in JSON', () => {
  const id = documentId(
    at({
      topic: 't'.repeat(249),
      partition: 2 ** 31 - 1,
      offset: Number.MAX_SAFE_INTEGER,
      timestamp: 2 ** 53,
    }),
    999_999,
  );
  expect(Buffer.byteLength(id)).toBeLessThan(320);
  expect(JSON.stringify(id)).toBe(`"${id}"`);
});
