import type { Document } from '../elasticsearch/document.ts';
import type { RecordChunk } from '../memory/record-chunk.ts';
import type { Tap } from '../tap/tap.ts';

/** Shows records that no transform reads, before and after the chain: they are the same then. */
export function showRun(tap: Tap, chunk: RecordChunk, from: number, count: number, index: string): void {
  for (let row = from; row < from + count; row++) {
    const record = {
      topic: chunk.topic(row),
      partition: chunk.partition(row),
      offset: chunk.offset(row),
      timestamp: chunk.timestamp(row),
    };
    const start = chunk.valueStart(row);
    const end = chunk.valueEnd(row);
    tap.before(record, chunk.bytes, start, end);
    tap.after(record, end - start, () => chunk.bytes.toString('utf8', start, end), index);
  }
}

/** Shows the document of an event. A dead letter in an index is none. */
export function showDocument(tap: Tap, document: Document): void {
  if (document.isDeadLetter) return;
  tap.after(document.settlement.record, document.bytes, () => document.source, document.index);
}
