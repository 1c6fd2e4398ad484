import { LogweirError } from '../../errors.ts';
import { type SourceRecord, type TopicPartition, partitionName } from '../../record.ts';
import { consume } from '../native.ts';
import type { GroupOffsets } from './group-offsets.ts';

/** Brokers that deliver no existing record for this time are away. */
const SILENCE_MS = 30_000;

/** A range of offsets of a partition, from `from` to `to` - 1. */
interface Range extends TopicPartition {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads records outside of any group, partition by partition, without commits. There is no limit on the total
 * time.
 *
 * @throws LogweirError UNAVAILABLE if existing records do not arrive for `silenceMs`
 */
export async function* readRanges(
  { consumer }: Pick<GroupOffsets, 'consumer'>,
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
      // Control records at the end of a range are never delivered.
      const [at] = consumer.position();
      if (at?.offset !== undefined && at.offset > offset) offset = at.offset;
      // The caller's time for each record does not count.
      if (offset !== before) heardAt = performance.now();
      else if (performance.now() - heardAt > silenceMs)
        throw new LogweirError(
          'UNAVAILABLE',
          `no broker has delivered records of ${partitionName({ topic, partition })} for ` +
            `${Math.round(silenceMs / 1000)} s: read up to offset ${offset} of ${to}. ` +
            'Does the partition have a leader?',
        );
    }
  }
}
