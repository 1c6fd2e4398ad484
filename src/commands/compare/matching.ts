import { createHash } from 'node:crypto';
import { contentKey, type Output, pairOutputs } from '../../comparison/pairs.ts';
import { LogweirError } from '../../errors.ts';
import { asOutput, type Comparison } from './comparison.ts';
import type { IndexReader, StoredDocument } from './index-reader.ts';

export interface Matched {
  readonly a: IndexReader;
  readonly b: IndexReader;
  /** Documents of each index that are read at most. */
  readonly limit: number;
  readonly ignored: readonly string[];
}

/** Documents with the same id belong together. Memory: one page of each. */
export async function compareById({ a, b, limit }: Matched, comparison: Comparison): Promise<void> {
  for await (const page of limited(a, limit)) {
    const partners = await b.byIds(page.map(({ id }) => id));
    for (const one of page) {
      const other = partners.get(one.id);
      if (other === undefined) comparison.onlyInA(one);
      else comparison.pair(one, other);
    }
  }
  for await (const page of limited(b, limit)) {
    const partners = await a.byIds(
      page.map(({ id }) => id),
      false,
    );
    for (const one of page) if (!partners.has(one.id)) comparison.onlyInB(one);
  }
}

async function* limited(reader: IndexReader, limit: number): AsyncGenerator<StoredDocument[]> {
  let left = limit;
  for await (const page of reader.pages()) {
    yield page.slice(0, left);
    left -= page.length;
    if (left <= 0) return;
  }
}

/** Vector's names for the coordinates of a record in Kafka. */
const COORDINATES = ['partition', 'offset'] as const;
/** Documents of the same partition and offset: of other topics, or of a record that became several. */
const GROUP_MAX = 10_000;

export function hasCoordinates({ source }: StoredDocument): boolean {
  return (
    COORDINATES.every((name) => Number.isSafeInteger(source[name])) && typeof source['topic'] === 'string'
  );
}

interface Group {
  readonly key: readonly [partition: number, offset: number];
  readonly documents: readonly StoredDocument[];
}

/**
 * Documents of the same record belong together: of the fields `topic`, `partition` and `offset`. Both indices
 * are read in that order. Memory: a page and the documents of one offset.
 */
export async function compareByKafka(
  { a, b, limit, ignored }: Matched,
  comparison: Comparison,
): Promise<void> {
  const [inA, inB] = [groups(a, limit), groups(b, limit)];
  let [one, other] = await Promise.all([inA.next(), inB.next()]);
  while (one.done !== true || other.done !== true) {
    const order =
      one.done === true ? 1 : other.done === true ? -1 : compareKeys(one.value.key, other.value.key);
    // The rest of an index whose limit is reached is unknown.
    if ((one.done === true && one.value === 'limit') || (other.done === true && other.value === 'limit'))
      return;
    const before = order <= 0 && one.done !== true ? one.value.documents : [];
    const after = order >= 0 && other.done !== true ? other.value.documents : [];
    compareGroup(before, after, ignored, comparison);
    if (order <= 0) one = await inA.next();
    if (order >= 0) other = await inB.next();
  }
}

function compareKeys([partition, offset]: Group['key'], [otherPartition, otherOffset]: Group['key']): number {
  return Math.sign(partition - otherPartition) || Math.sign(offset - otherOffset);
}

function compareGroup(
  before: readonly StoredDocument[],
  after: readonly StoredDocument[],
  ignored: readonly string[],
  comparison: Comparison,
): void {
  for (const topic of new Set([...before, ...after].map(({ source }) => source['topic']))) {
    const stored = new Map<Output, StoredDocument>();
    const outputs = (documents: readonly StoredDocument[]): Output[] =>
      documents
        .filter(({ source }) => source['topic'] === topic)
        .map((one) => {
          const output = asOutput(one);
          stored.set(output, one);
          return output;
        });
    const of = (output: Output): StoredDocument => stored.get(output) as StoredDocument;
    const paired = pairOutputs(outputs(before), outputs(after), ignored);
    for (const pair of paired.pairs) comparison.pair(of(pair.before), of(pair.after));
    for (const output of paired.onlyBefore) comparison.onlyInA(of(output));
    for (const output of paired.onlyAfter) comparison.onlyInB(of(output));
  }
}

/** @returns why there is no further group */
async function* groups(reader: IndexReader, limit: number): AsyncGenerator<Group, 'limit' | 'end'> {
  let current: { key: Group['key']; documents: StoredDocument[] } | null = null;
  let left = limit;
  const sort = COORDINATES.map((name) => ({
    [name]: { order: 'asc', unmapped_type: 'long', missing: '_last' },
  }));
  for await (const page of reader.pages(sort))
    for (const one of page) {
      if (left-- <= 0) return 'limit';
      const { partition, offset } = one.source;
      const key = [numberOf(partition), numberOf(offset)] as const;
      if (current !== null && compareKeys(current.key, key) === 0) {
        current.documents.push(one);
        if (current.documents.length > GROUP_MAX)
          throw new LogweirError(
            'USAGE',
            `${reader.name} has more than ${GROUP_MAX} documents of one partition and offset, or without them: ` +
              'use --by content',
          );
        continue;
      }
      if (current !== null) yield current;
      current = { key, documents: [one] };
    }
  if (current !== null) yield current;
  return 'end';
}

/** Documents without coordinates are the last ones, as in the order of the search. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.MAX_SAFE_INTEGER;
}

/**
 * Documents with the same content belong together: what differs has no partner. Memory: a hash for each
 * document.
 *
 * @throws LogweirError USAGE if there are more documents than the limit
 */
export async function compareByContent(matched: Matched, comparison: Comparison): Promise<void> {
  const { a, b, limit, ignored } = matched;
  const open = new Map<string, StoredDocument['id'][]>();
  for await (const one of all(a, limit)) {
    const hash = hashOf(one, ignored);
    const ids = open.get(hash);
    if (ids === undefined) open.set(hash, [one.id]);
    else ids.push(one.id);
  }
  for await (const one of all(b, limit)) {
    const hash = hashOf(one, ignored);
    const ids = open.get(hash);
    if (ids === undefined) comparison.onlyInB(one);
    else {
      comparison.equal();
      ids.pop();
      if (ids.length === 0) open.delete(hash);
    }
  }
  for (const ids of inPages([...open.values()].flat())) {
    const found = await a.byIds(ids);
    for (const id of ids) comparison.onlyInA(found.get(id) ?? { id, index: a.name, source: {}, sort: [] });
  }
}

async function* all(reader: IndexReader, limit: number): AsyncGenerator<StoredDocument> {
  let count = 0;
  for await (const page of reader.pages())
    for (const one of page) {
      if (++count > limit)
        throw new LogweirError(
          'USAGE',
          `${reader.name} has more than ${limit} documents, which are kept in memory with --by content: ` +
            'choose a part of them with --from and --to, or raise --limit',
        );
      yield one;
    }
}

function* inPages(ids: readonly string[]): Generator<string[]> {
  for (let at = 0; at < ids.length; at += 500) yield ids.slice(at, at + 500);
}

function hashOf(one: StoredDocument, ignored: readonly string[]): string {
  return createHash('sha256')
    .update(contentKey(asOutput(one), ignored))
    .digest('base64');
}
