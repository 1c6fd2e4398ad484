import type { Readable } from 'node:stream';
import type { Config } from '../config/schema.ts';
import { LogweirError } from '../errors.ts';
import { openGroupOffsets, readTopics } from '../kafka/admin/group-offsets.ts';
import { readRanges } from '../kafka/admin/range-reader.ts';
import { coordinatesOf, type SourceRecord } from '../record.ts';
import { linesOf } from './lines.ts';

/** A record, and its name in the report. */
export interface NamedRecord {
  readonly record: SourceRecord;
  readonly name: string;
}

/**
 * The newest records of all partitions, about the same number of each. Joins no group.
 *
 * @throws LogweirError USAGE if the limit is not a number of records, UNAVAILABLE if Kafka cannot be read
 */
export async function* newestRecords(config: Config, limit: number): AsyncGenerator<NamedRecord> {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new LogweirError('USAGE', `--limit must be an integer above 0, not ${limit}`);
  const group = await openGroupOffsets(config.kafka, readTopics(config));
  try {
    const filled = (await group.ends(Infinity)).filter(({ low, high }) => high > low);
    const each = Math.ceil(limit / Math.max(1, filled.length));
    let left = limit;
    const ranges = filled.map(({ topic, partition, low, high }) => ({
      topic,
      partition,
      from: Math.max(low, high - each),
      to: high,
    }));
    for await (const record of readRanges(group, ranges)) {
      if (left-- <= 0) return;
      yield { record, name: coordinatesOf(record) };
    }
  } finally {
    await group.close();
  }
}

/** The lines of an input as the values of records, written now. */
export async function* linesAsRecords(input: Readable, topic: string): AsyncGenerator<NamedRecord> {
  let offset = 0;
  for await (const { value, number } of linesOf(input)) {
    const timestamp = Date.now();
    const record = { topic, partition: 0, offset: offset++, timestamp, key: null, value, headers: undefined };
    yield { record, name: `line ${number}` };
  }
}
