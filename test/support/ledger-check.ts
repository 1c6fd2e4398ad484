import { hash } from 'node:crypto';
import { readIndex } from './index-reader.ts';
import type { LedgerEntry } from './ledger.ts';

export interface CheckOptions {
  /** 'source' where no transform reads the records: `_source` must be the produced bytes. */
  readonly hash: 'source' | 'none';
  /** Records that must not be in the index, since they are expected in the dead letter (or dropped). */
  readonly expectDeadLetters?: (entry: LedgerEntry) => boolean;
}

export interface Stray {
  readonly index: string;
  readonly id: string;
  readonly sequence: number | undefined;
}

export interface CheckResult {
  /** Records that the broker acknowledged, without tombstones, aborted and dead-lettered ones. */
  readonly produced: number;
  /** Documents in the index. */
  readonly indexed: number;
  /** Acknowledged and not in the index under their id. */
  readonly lost: LedgerEntry[];
  /** Documents of a record that is there already: under another id, or under the same id in another index. */
  readonly duplicates: Stray[];
  /** Documents of no produced record: aborted, dead-lettered, a wrong id, of another producer. */
  readonly unexpected: Stray[];
  /** In the index with another sequence or other bytes. */
  readonly altered: LedgerEntry[];
}

export interface Books {
  readonly byId: ReadonlyMap<string, LedgerEntry>;
  readonly idBySequence: ReadonlyMap<number, string>;
  /** Sequences of records of which the broker never said whether it has them: both are right. */
  readonly unknown: ReadonlySet<number>;
  readonly averageBytes: number;
}

const PAGE_BYTES = 16_000_000;

/** Compares books and index both ways. */
export async function checkIndex(
  url: string,
  index: string,
  { byId, idBySequence, unknown, averageBytes }: Books,
  { hash: compare, expectDeadLetters = () => false }: CheckOptions,
): Promise<CheckResult> {
  const expected = new Map([...byId].filter(([, entry]) => !expectDeadLetters(entry)));
  const seen = new Set<string>();
  const [strays, duplicates, altered]: [Stray[], Stray[], LedgerEntry[]] = [[], [], []];
  let indexed = 0;
  const pageSize = Math.max(1, Math.min(10_000, Math.floor(PAGE_BYTES / Math.max(1, averageBytes))));
  for await (const document of readIndex(url, index, pageSize)) {
    indexed++;
    const sequence = sequenceOf(document.source);
    const stray = { index: document.index, id: document.id, sequence };
    const entry = expected.get(document.id);
    if (entry === undefined) strays.push(stray);
    else if (seen.has(document.id)) duplicates.push(stray);
    else {
      seen.add(document.id);
      const sameBytes = compare === 'none' || hash('sha256', document.source, 'base64') === entry.hash;
      if (!sameBytes || (entry.sequence !== undefined && entry.sequence !== sequence)) altered.push(entry);
    }
  }
  const unexpected: Stray[] = [];
  for (const stray of strays) {
    const id = stray.sequence === undefined ? undefined : idBySequence.get(stray.sequence);
    if (id !== undefined && seen.has(id)) duplicates.push(stray);
    else if (stray.sequence === undefined || !unknown.has(stray.sequence)) unexpected.push(stray);
  }
  const lost = [...expected].flatMap(([id, entry]) => (seen.has(id) ? [] : [entry]));
  return { produced: expected.size, indexed, lost, duplicates, unexpected, altered };
}

/** The top-level `seq` of a JSON object; undefined where there is none. */
export function sequenceOf(text: string): number | undefined {
  try {
    const value = JSON.parse(text) as { seq?: unknown } | null;
    return typeof value?.seq === 'number' ? value.seq : undefined;
  } catch {
    return undefined;
  }
}
