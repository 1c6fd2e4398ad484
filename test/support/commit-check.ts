import { documentId } from '../../src/elasticsearch/document-id.ts';
import type { Commit } from './commit-log.ts';
import type { LedgerEntry } from './ledger.ts';

/**
 * Promise P1, at every instant: no commit was written before the client had been told of every record below it that it is
 * stored (or dead-lettered).
 *
 * @param settledAt when the client knew, in ms since the epoch, by document id
 * @returns what is wrong, in words
 */
export function commitsAhead(
  commits: readonly Commit[],
  entries: Iterable<LedgerEntry>,
  settledAt: ReadonlyMap<string, number>,
): string[] {
  const faults: string[] = [];
  const byPartition = Map.groupBy(entries, placeOf);
  for (const [place, made] of Map.groupBy(commits, placeOf)) {
    const records = (byPartition.get(place) ?? [])
      .map((entry) => ({ ...entry, known: settledAt.get(documentId(entry)) ?? Infinity }))
      .toSorted((a, b) => a.offset - b.offset);
    for (const { offset, time } of made) {
      const ahead = firstAhead(records, offset, time);
      if (ahead === undefined) continue;
      const when = ahead.known === Infinity ? 'never' : `only ${ahead.known - time} ms later`;
      const record = `offset ${ahead.offset} (timestamp ${ahead.timestamp}, sequence ${ahead.sequence ?? 'none'})`;
      faults.push(`${place}: ${offset} was committed, and ${record} was acknowledged ${when}`);
      break;
    }
  }
  return faults;
}

function placeOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}[${partition}]`;
}

interface Known {
  readonly offset: number;
  readonly timestamp: number;
  readonly sequence: number | undefined;
  readonly sentAt: number;
  /** When the client was told, in ms since the epoch; Infinity for never. */
  readonly known: number;
}

function firstAhead(sorted: readonly Known[], offset: number, time: number): Known | undefined {
  for (const record of sorted) {
    if (record.offset >= offset) return undefined;
    // What was sent after the commit belongs to a topic that was created again since.
    if (record.known > time && record.sentAt <= time) return record;
  }
  return undefined;
}
