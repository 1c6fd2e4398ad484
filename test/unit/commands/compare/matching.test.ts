import { describe, expect, it } from 'vitest';
import { Comparison } from '../../../../src/commands/compare/comparison.ts';
import type { IndexReader, StoredDocument } from '../../../../src/commands/compare/index-reader.ts';
import {
  compareByContent,
  compareById,
  compareByKafka,
  hasCoordinates,
} from '../../../../src/commands/compare/matching.ts';

type Source = Record<string, unknown>;

/** An index in memory, in pages of three. */
function index(name: string, documents: readonly (readonly [id: string, source: Source])[]): IndexReader {
  const stored = documents.map(([id, source]): StoredDocument => ({ id, source, index: name, sort: [] }));
  const key = ({ source }: StoredDocument): number =>
    Number(source['partition'] ?? 9) * 1000 + Number(source['offset'] ?? 0);
  const reader = {
    name,
    async *pages(sort?: unknown) {
      const ordered = sort === undefined ? stored : stored.toSorted((a, b) => key(a) - key(b));
      for (let at = 0; at < ordered.length; at += 3) yield ordered.slice(at, at + 3);
    },
    byIds: async (ids: readonly string[]) =>
      new Map(stored.filter(({ id }) => ids.includes(id)).map((one) => [one.id, one])),
  };
  return reader as unknown as IndexReader;
}

type Way = typeof compareById;

async function compared(
  way: Way,
  a: Parameters<typeof index>[1],
  b: Parameters<typeof index>[1],
  { limit = 1000, ignored = [] as string[] } = {},
): Promise<{ shown: string; summary: string; comparison: Comparison }> {
  let shown = '';
  const comparison = new Comparison(['a', 'b'], ignored, (text) => {
    shown += text;
  });
  await way({ a: index('a', a), b: index('b', b), limit, ignored }, comparison);
  return { shown, summary: comparison.end().at(-1) ?? '', comparison };
}

const many = (count: number, from = 0): (readonly [string, Source])[] =>
  Array.from({ length: count }, (_, n) => [`id${n + from}`, { n: n + from }] as const);

describe('by id', () => {
  it('each document is compared with the one of the same id, in both directions', async () => {
    const { shown, summary } = await compared(compareById, many(8), [...many(7, 1), ['id8', { n: 0 }]]);
    expect(summary).toBe('7 documents are equal, 0 differ, 1 only in a, 1 only in b');
    expect(shown).toBe('id0 (only in a)\n- n: 0\nid8 (only in b)\n+ n: 0\n');
  });

  it('differences are shown by field, unless the field is ignored', async () => {
    const other = [...many(2), ['id2', { n: 7 }]] as const;
    const { shown, comparison } = await compared(compareById, many(3), other);
    expect(shown).toBe('id2\n- n: 2\n+ n: 7\n');
    expect(comparison.isEqual).toBe(false);
    expect((await compared(compareById, many(3), other, { ignored: ['n'] })).comparison.isEqual).toBe(true);
  });

  it('a limit names no document as missing that the other index has', async () => {
    const { summary } = await compared(compareById, many(9), many(9).toReversed(), { limit: 4 });
    expect(summary).toBe('4 documents are equal, 0 differ, 0 only in a, 0 only in b');
  });

  it('a hundred differences are shown, and all are counted', async () => {
    const { shown, comparison } = await compared(compareById, many(250), []);
    expect(shown.match(/only in a/g)).toHaveLength(100);
    expect(comparison.end()).toEqual([
      '150 more differences are only counted',
      'field        documents  for example',
      '(only in a)        250  id0',
      '0 documents are equal, 0 differ, 250 only in a, 0 only in b',
    ]);
  });
});

describe('by the coordinates of Kafka', () => {
  const at = (offset: number, text: string, topic = 't', partition = 0): readonly [string, Source] => [
    `${text}${topic}${offset}`,
    { topic, partition, offset, text },
  ];

  it('documents of the same topic, partition and offset are compared', async () => {
    const a = [at(2, 'x'), at(1, 'x'), at(1, 'x', 'u'), at(3, 'x', 't', 1), at(5, 'only')];
    const b = [at(1, 'y', 'u'), at(1, 'x'), at(2, 'x'), at(3, 'x', 't', 1), at(4, 'more')];
    const { shown, summary } = await compared(compareByKafka, a, b);
    expect(summary).toBe('3 documents are equal, 1 differ, 1 only in a, 1 only in b');
    expect(shown).toContain('- text: "x"\n+ text: "y"\n');
  });

  it('several documents of a record are paired by their content', async () => {
    const a = [at(1, 'x'), at(1, 'y')];
    const { comparison } = await compared(compareByKafka, a, a.toReversed());
    expect(comparison.isEqual).toBe(true);
  });

  it('a limit names no document as missing', async () => {
    const all = Array.from({ length: 9 }, (_, n) => at(n, 'x'));
    const { comparison, summary } = await compared(compareByKafka, all, all.slice(4), { limit: 6 });
    expect(summary).toBe('1 documents are equal, 0 differ, 4 only in a, 0 only in b');
    expect(comparison.count).toBe(5);
  });

  it('need numbers', () => {
    const stored = (source: Source): StoredDocument => ({ id: '', index: '', sort: [], source });
    expect(hasCoordinates(stored({ topic: 't', partition: 0, offset: 1 }))).toBe(true);
    expect(hasCoordinates(stored({ topic: 't', partition: '0', offset: 1 }))).toBe(false);
    expect(hasCoordinates(stored({ partition: 0, offset: 1 }))).toBe(false);
  });
});

describe('by content', () => {
  it('the same content counts as often as it is there', async () => {
    const a = [
      ['1', { x: 1, y: 2 }],
      ['2', { x: 1, y: 2 }],
      ['3', { z: 1 }],
    ] as const;
    const b = [
      ['4', { y: 2, x: 1.0 }],
      ['5', { z: 2 }],
    ] as const;
    const { summary } = await compared(compareByContent, a, b);
    expect(summary).toBe('1 documents are equal, 0 differ, 2 only in a, 1 only in b');
    const ignoring = await compared(compareByContent, a, b, { ignored: ['z'] });
    expect(ignoring.summary).toBe('2 documents are equal, 0 differ, 1 only in a, 0 only in b');
  });

  it('more documents than the limit are refused: none would be missed', async () => {
    await expect(compared(compareByContent, many(9), [], { limit: 8 })).rejects.toThrow(
      /a has more than 8 documents/,
    );
  });
});
