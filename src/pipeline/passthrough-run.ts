import { isOneLine } from '../codec/decode.ts';
import type { Passthrough } from '../elasticsearch/render.ts';
import type { RecordChunk } from '../memory/record-chunk.ts';

/** Limits of a run. The shorter it is, the fewer records are split when one of them is rejected. */
const COUNT_MAX = 128;
const BYTES_MAX = 131_072;

/** Neighbouring records whose documents are contiguous in their chunk. */
export interface PlacedRun {
  count: number;
  /** Start of the first document in the chunk. */
  start: number;
  /** End of the last document. */
  end: number;
  /** Memory of the records. */
  bytes: number;
}

/**
 * Makes documents of records in place, from that row on, until the first record that needs other treatment.
 * Each record of the run is one JSON object on one line, of the same leader epoch as the first, has room for
 * its action line, and follows its neighbour directly.
 *
 * @param to the first row that does not belong to the partition
 */
export function placeRun(passthrough: Passthrough, chunk: RecordChunk, from: number, to: number): PlacedRun {
  const run = { count: 0, start: 0, end: 0, bytes: 0 };
  const epoch = chunk.leaderEpoch(from);
  let offset = -1;
  for (let row = from; row < to && run.count < COUNT_MAX; row++) {
    const end = chunk.valueEnd(row);
    if (chunk.offset(row) <= offset || chunk.leaderEpoch(row) !== epoch || chunk.isTombstone(row)) break;
    if (!isOneLine(chunk.bytes, chunk.valueStart(row), end)) break;
    const start = passthrough.place(chunk, row);
    if (start === -1) break;
    if (run.count === 0) run.start = start;
    else if (start !== run.end || end - run.start > BYTES_MAX) break;
    offset = chunk.offset(row);
    // The line feed of the document follows the value.
    run.end = end + 1;
    run.bytes += chunk.size(row);
    run.count++;
  }
  return run;
}
