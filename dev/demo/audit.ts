import { documentId } from '../../src/elasticsearch/document-id.ts';
import type { CheckResult, Ledger } from '../../test/support/ledger.ts';
import { readTopic } from '../../test/support/topic-reader.ts';
import type { Stage } from './stage.ts';
import type { Story } from './story.ts';

/** A document in Elasticsearch. */
export interface Stored {
  readonly _index: string;
  readonly _id: string;
  readonly _source: Record<string, unknown>;
}

/** The contents of Kafka and Elasticsearch at the end, read without Logweir. */
export interface Findings {
  readonly produced: number;
  /** Records in the dead-letter topic, each once, by reason. */
  readonly deadLetters: ReadonlyMap<string, number>;
  readonly check: CheckResult;
  /** Writes to documents that existed already. */
  readonly writtenAgain: number;
  /** The sample of the story. */
  readonly stored: Stored | undefined;
}

/** Reads the whole index and dead-letter topic, and compares them with the ledger. */
export async function audit(stage: Stage, ledger: Ledger, { sample }: Story): Promise<Findings> {
  const { kafka, elasticsearch, indexPattern, deadLetterTopic } = stage;
  const reasons = new Map<string, string>();
  for (const { headers } of await readTopic(kafka, deadLetterTopic)) {
    const coordinates = `${headers['logweir-partition']}/${headers['logweir-offset']}`;
    reasons.set(coordinates, headers['logweir-reason'] ?? 'unknown');
  }
  const check = await ledger.check(elasticsearch, indexPattern, {
    hash: 'none',
    expectDeadLetters: ({ partition, offset }) => reasons.has(`${partition}/${offset}`),
  });
  const deadLetters = new Map<string, number>();
  for (const reason of reasons.values()) deadLetters.set(reason, (deadLetters.get(reason) ?? 0) + 1);
  return {
    produced: ledger.entries.size,
    deadLetters,
    check,
    writtenAgain: (await writes(elasticsearch, indexPattern)) - check.indexed,
    stored: sample && (await storedDocument(elasticsearch, indexPattern, documentId(sample.entry))),
  };
}

/** Why the demo has failed, one sentence each; empty on success. */
export function failures(
  { produced, check, stored }: Findings,
  { lagLeft }: Story,
  expected: number,
): string[] {
  const { lost, duplicates, unexpected, altered } = check;
  const stillThere = stored === undefined || JSON.stringify(stored._source).includes('@example.com');
  const found: [boolean, string][] = [
    [produced !== expected, `the ledger has ${produced} records instead of ${expected}`],
    [lagLeft !== undefined, `the lag stays at ${lagLeft}`],
    [lost.length > 0, `lost: ${lost.length}, for example ${JSON.stringify(lost[0])}`],
    [duplicates.length > 0, `duplicates: ${duplicates.length}, for example ${JSON.stringify(duplicates[0])}`],
    [
      unexpected.length > 0,
      `documents without a record: ${unexpected.length}, for example ${JSON.stringify(unexpected[0])}`,
    ],
    [altered.length > 0, `documents with the content of another event: ${altered.length}`],
    [stillThere, 'the e-mail address in the sample is not redacted, or the sample is missing'],
  ];
  return found.flatMap(([failed, sentence]) => (failed ? [sentence] : []));
}

interface ShardStats {
  readonly routing: { readonly primary: boolean };
  readonly seq_no: { readonly max_seq_no: number };
}

/** All writes so far: each write has a sequence number of its shard, and these survive a restart. */
async function writes(elasticsearch: string, indexPattern: string): Promise<number> {
  const response = await fetch(`${elasticsearch}/${indexPattern}/_stats?level=shards`);
  const { indices } = (await response.json()) as {
    indices: Record<string, { shards: Record<string, ShardStats[]> }>;
  };
  const shards = Object.values(indices).flatMap((index) => Object.values(index.shards).flat());
  return shards
    .filter(({ routing }) => routing.primary)
    .reduce((sum, shard) => sum + shard.seq_no.max_seq_no + 1, 0);
}

async function storedDocument(
  elasticsearch: string,
  indexPattern: string,
  id: string,
): Promise<Stored | undefined> {
  const response = await fetch(`${elasticsearch}/${indexPattern}/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: { ids: { values: [id] } } }),
  });
  const { hits } = (await response.json()) as { hits: { hits: Stored[] } };
  return hits.hits[0];
}
