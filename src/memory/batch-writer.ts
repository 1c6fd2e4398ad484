import { RecordArena, type RecordBatch, RecordChunk, sizeOf } from './record-chunk.ts';
import type { SourceRecord } from '../record.ts';

/** Writes record objects into batches, in memory that is reused. */
export class BatchWriter {
  readonly #topics: string[] = [];
  readonly #arena = new RecordArena(this.#topics);

  /**
   * @param room bytes to leave free before each value, as `Passthrough.room` has it
   * @returns batches whose chunks the caller must release
   */
  write(records: readonly SourceRecord[], room: number): RecordBatch[] {
    const batches: RecordBatch[] = [];
    for (let at = 0; at < records.length;) {
      const { chunk, row, rows, ...space } = this.#arena.free();
      let written = 0;
      for (; at < records.length && written < rows; at++, written++) {
        const record = records[at] as SourceRecord;
        if (sizeOf(record, room) > space.end - space.at) break;
        chunk.write(row + written, space, record, this.#topicNumber(record.topic), room);
      }
      this.#arena.filled(written, space);
      if (written > 0) batches.push(used({ chunk, from: row, to: row + written }));
      const large = records[at];
      if (large === undefined || written === rows) continue;
      batches.push(used({ chunk: RecordChunk.of(large, room), from: 0, to: 1 }));
      at++;
    }
    return batches;
  }

  #topicNumber(topic: string): number {
    const known = this.#topics.indexOf(topic);
    return known === -1 ? this.#topics.push(topic) - 1 : known;
  }
}

function used(batch: RecordBatch): RecordBatch {
  batch.chunk.use();
  return batch;
}
