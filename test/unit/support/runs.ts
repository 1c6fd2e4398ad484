import { Document } from '../../../src/elasticsearch/document.ts';
import { type Passthrough, createRenderer } from '../../../src/elasticsearch/render.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { placeRun } from '../../../src/pipeline/passthrough-run.ts';
import {
  COLUMNS,
  type RecordArena,
  type RecordBatch,
  RecordChunk,
  sizeOf,
} from '../../../src/memory/record-chunk.ts';
import type { SourceRecord } from '../../../src/record.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { Settlement } from '../../../src/pipeline/settlement.ts';
import { configOf } from './config.ts';
import { sourceRecord } from './fakes.ts';

/** The target of passthrough records: the index `app-logs`. */
export function passthroughOf(elasticsearch = '{}'): Passthrough {
  const { passthrough } = createRenderer(configOf(`elasticsearch: ${elasticsearch}`).elasticsearch);
  if (passthrough === null) throw new Error('records are parsed');
  return passthrough;
}

/**
 * Records in a chunk that has just the size for them.
 *
 * @param unused called when it is released; without it, it is not reused
 */
export function chunkOf(
  records: readonly SourceRecord[],
  room = 0,
  unused: (() => void) | null = null,
): RecordChunk {
  const topics = [...new Set(records.map(({ topic }) => topic))];
  const size = records.reduce((sum, record) => sum + sizeOf(record, room), 0);
  const rows = new Float64Array(records.length * COLUMNS);
  const chunk = new RecordChunk(Buffer.alloc(size), rows, topics, unused);
  const space = { at: 0, end: size };
  for (const [row, record] of records.entries())
    chunk.write(row, space, record, topics.indexOf(record.topic), room);
  return chunk;
}

/** Fills what is free of the chunk that is written to, so far that nothing fits any more. */
export function fillRecords(arena: RecordArena): RecordChunk {
  const { chunk, at } = arena.free();
  chunk.use();
  arena.filled(1, { at, end: at });
  return chunk;
}

/** Records of one partition from offset 0 on, with these values. */
export function recordsOf(values: readonly (string | Buffer | null)[]): SourceRecord[] {
  return values.map((value, offset) =>
    sourceRecord({ offset, value: typeof value === 'string' ? Buffer.from(value) : value }),
  );
}

export function batchOf(chunk: RecordChunk): RecordBatch {
  return { chunk, from: 0, to: chunk.rows.length / COLUMNS };
}

/** What the settlements of records report. */
export interface Reported {
  readonly outcome: Outcome;
  readonly offset: number;
  readonly count: number;
}

/** Neighbours that were received as one, with their documents where they lie. */
export function receivedRun(records: readonly SourceRecord[]): {
  owned: OwnedPartition;
  chunk: RecordChunk;
  settlement: Settlement;
  document: Document;
  reported: Reported[];
  /** How often the chunk was free to be used again. */
  unused: { times: number };
} {
  const passthrough = passthroughOf();
  const unused = { times: 0 };
  const chunk = chunkOf(records, passthrough.room, () => void unused.times++);
  const { count, start, end, bytes } = placeRun(passthrough, chunk, 0, records.length);
  if (count < records.length) throw new Error(`only ${count} are neighbours`);
  const owned = new OwnedPartition('app-logs', 0, chunk.offset(0), -1);
  const reported: Reported[] = [];
  const settlement = new Settlement({ chunk, row: 0, count }, bytes, owned, {
    settled: (one, outcome) => void reported.push({ outcome, offset: one.offset, count: one.count }),
  });
  owned.receive(settlement);
  const document = new Document(settlement, 'app-logs', chunk, start, end);
  return { owned, chunk, settlement, document, reported, unused };
}
