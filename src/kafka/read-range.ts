import type { SourceRecord } from '../settlement.ts';
import { consume } from './native.ts';
import type { OffsetEditor } from './offset-editor.ts';

const PARTITION_TIMEOUT_MS = 30_000;

/** A part of a partition; `to` is the first offset that does not belong to it. */
export interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** Reads records as somebody who is in no group, partition after partition, and commits nothing. */
export async function* readRanges(
  { consumer }: OffsetEditor,
  ranges: readonly Range[],
): AsyncGenerator<SourceRecord> {
  for (const { topic, partition, from, to } of ranges) {
    let offset = from;
    if (offset >= to) continue;
    consumer.assign([{ topic, partition, offset }]);
    const deadline = performance.now() + PARTITION_TIMEOUT_MS;
    while (offset < to && performance.now() < deadline) {
      for (const record of await consume(consumer, 500)) {
        offset = record.offset + 1;
        if (record.offset < to) yield record;
      }
      // Control records at the end are never delivered.
      const [at] = consumer.position();
      if (at?.offset !== undefined && at.offset > offset) offset = at.offset;
    }
  }
}
