import { LogweirError } from '../errors.ts';
import type { SourceRecord } from '../settlement.ts';
import { consume } from './native.ts';
import type { OffsetEditor } from './offset-editor.ts';

/** Brokers that give nothing of what is there for so long are away. */
const SILENCE_MS = 30_000;

/** A part of a partition; `to` is the first offset that does not belong to it. */
export interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads records as somebody who is in no group, partition after partition, and commits nothing. Takes as long as records come.
 *
 * @throws LogweirError UNAVAILABLE where none come for a while, though there are some
 */
export async function* readRanges(
  { consumer }: Pick<OffsetEditor, 'consumer'>,
  ranges: readonly Range[],
  silenceMs = SILENCE_MS,
): AsyncGenerator<SourceRecord> {
  for (const { topic, partition, from, to } of ranges) {
    let offset = from;
    if (offset >= to) continue;
    consumer.assign([{ topic, partition, offset }]);
    let heardAt = performance.now();
    while (offset < to) {
      const before = offset;
      for (const record of await consume(consumer, 500)) {
        offset = record.offset + 1;
        if (record.offset < to) yield record;
      }
      // Control records at the end are never delivered.
      const [at] = consumer.position();
      if (at?.offset !== undefined && at.offset > offset) offset = at.offset;
      // The time of whoever takes the records does not count.
      if (offset !== before) heardAt = performance.now();
      else if (performance.now() - heardAt > silenceMs)
        throw new LogweirError(
          'UNAVAILABLE',
          `no broker has given anything of ${topic}[${partition}] for ${Math.round(silenceMs / 1000)} s: ` +
            `read up to offset ${offset} of ${to}. Is the leader of the partition there?`,
        );
    }
  }
}
