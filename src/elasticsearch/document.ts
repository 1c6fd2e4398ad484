import { Chunk, NO_CHUNK } from '../memory/arena.ts';
import type { Settlement } from '../pipeline/settlement.ts';

const LINE_FEED = 0x0a;

/**
 * A document for Elasticsearch, or a run of adjacent documents with the same outcome, with the settlement of
 * its source records. Its two lines (action and source, each with its line feed) are in a chunk that adjacent
 * documents share, until the record is settled. The lines of a run are contiguous.
 */
export class Document {
  readonly settlement: Settlement;
  /** The target index or data stream. */
  readonly index: string;
  chunk: Chunk;
  start: number;
  end: number;
  /** Number of answers after which it must be sent again. */
  failedAttempts = 0;
  /** Whether Elasticsearch has rejected it, and it was blocked instead of being dead-lettered. */
  rejected = false;
  /** The chain that produced it, as in {@link Settlement.chain}. */
  chain: object | null = null;
  /**
   * Set on a dead letter: called when Elasticsearch has stored it, instead of settling the record as indexed.
   */
  acknowledged: (() => void) | undefined = undefined;

  constructor(settlement: Settlement, index: string, chunk: Chunk, start: number, end: number) {
    this.settlement = settlement;
    this.index = index;
    this.chunk = chunk;
    this.start = start;
    this.end = end;
    chunk.use();
    settlement.owns(this);
  }

  get isDeadLetter(): boolean {
    return this.acknowledged !== undefined;
  }

  /** Number of items for it in a bulk answer: one for each record of a run. */
  get count(): number {
    return this.settlement.count;
  }

  /** Size in a bulk body. */
  get bytes(): number {
    return this.end - this.start;
  }

  /** The action line, without its line feed; the first one of a run. */
  get action(): string {
    return this.chunk.bytes.toString('utf8', this.start, this.#endOfAction);
  }

  /** The source line, without its line feed. */
  get source(): string {
    return this.chunk.bytes.toString('utf8', this.#endOfAction + 1, this.end - 1);
  }

  get #endOfAction(): number {
    return this.chunk.bytes.indexOf(LINE_FEED, this.start);
  }

  /**
   * Splits a run into single documents; the run must not be used afterwards. A single or an abandoned
   * document returns itself.
   */
  split(): readonly Document[] {
    if (this.count === 1 || this.settlement.settled) return [this];
    const { settlement, index, chunk, chain } = this;
    const parts: Document[] = [];
    let { start } = this;
    settlement.split((part, valueEnd) => {
      // A line feed follows the value.
      const document = new Document(part, index, chunk, start, valueEnd + 1);
      document.chain = chain;
      parts.push(document);
      start = document.end;
    });
    return parts;
  }

  /**
   * Copies its bytes and those of its record out of their shared chunks. It may wait for long, and would keep
   * a whole chunk in memory.
   */
  detach(): void {
    this.settlement.detach();
    if (this.chunk.isShared)
      this.moveTo(new Chunk(Buffer.from(this.chunk.bytes.subarray(this.start, this.end))));
  }

  /** Switches to a chunk that has a copy of its bytes at the start. */
  moveTo(chunk: Chunk): void {
    chunk.use();
    this.release();
    this.chunk = chunk;
    this.end -= this.start;
    this.start = 0;
  }

  /** Drops its bytes once the record is settled. The document may still be in a batch that is being sent. */
  release(): void {
    this.chunk.release();
    this.chunk = NO_CHUNK;
  }
}

/** Number of documents, those of runs counted. */
export function countOf(documents: readonly Document[]): number {
  let count = 0;
  for (const document of documents) count += document.count;
  return count;
}

/**
 * Measures the longest prefix of the list within both limits; it has at least one element.
 *
 * @returns its length in the list, its number of documents with those of runs counted, and its bytes
 */
export function within(
  documents: readonly Document[],
  countMax: number,
  bytesMax: number,
): { length: number; count: number; bytes: number } {
  const part = { length: 0, count: 0, bytes: 0 };
  for (const document of documents) {
    const count = part.count + document.count;
    const bytes = part.bytes + document.bytes;
    if (part.length > 0 && (count > countMax || bytes > bytesMax)) break;
    part.length++;
    part.count = count;
    part.bytes = bytes;
  }
  return part;
}

/**
 * Builds the NDJSON body of a bulk request in one buffer. Contiguous documents are copied together.
 *
 * @param allocate returns a buffer of `size` bytes
 * @throws Error if the record of a document is settled
 */
export function bulkBody(
  documents: readonly Document[],
  allocate = (size: number): Buffer => Buffer.allocUnsafeSlow(size),
): Buffer {
  let size = 0;
  for (const document of documents) {
    if (document.chunk === NO_CHUNK) throw new Error('cannot send the document of a settled record');
    size += document.end - document.start;
  }
  const body = allocate(size);
  let at = 0;
  let [run] = documents;
  if (run === undefined) return body;
  let { start, end } = run;
  for (const document of documents) {
    if (document === run) continue;
    if (document.chunk !== run.chunk || document.start !== end) {
      at += run.chunk.bytes.copy(body, at, start, end);
      run = document;
      ({ start } = document);
    }
    ({ end } = document);
  }
  run.chunk.bytes.copy(body, at, start, end);
  return body;
}
