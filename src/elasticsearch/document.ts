import { Chunk, NO_CHUNK } from '../arena.ts';
import type { Settlement } from '../settlement.ts';

const LINE_FEED = 0x0a;

/**
 * One document on its way to Elasticsearch, with the settle token of the record that it comes from. Its two lines (action and
 * source, each with its line feed) lie ready in a chunk that it shares with its neighbours, for as long as the record is not settled.
 */
export class Document {
  readonly settlement: Settlement;
  /** The index or data stream that it goes to. */
  readonly index: string;
  chunk: Chunk;
  start: number;
  end: number;
  /** How many answers said that it must be sent again. */
  refusals = 0;
  /** Whether Elasticsearch has refused it for good, and it was held instead of being dead-lettered. */
  rejected = false;
  /** The chain that has made it, as {@link Settlement.chain} names it. */
  chain: object | null = null;
  /** Set on a dead letter: called, instead of settling the record as indexed, when Elasticsearch has it. */
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

  /** Whether it is a dead letter. */
  get isLetter(): boolean {
    return this.acknowledged !== undefined;
  }

  /** Bytes that the document takes in a bulk body. */
  get bytes(): number {
    return this.end - this.start;
  }

  /** The action line, without its line feed. */
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
   * Takes its bytes, and those of its record, out of the chunks that they share, since it may have to wait for long: a whole
   * chunk would stay for this one alone.
   */
  detach(): void {
    const { bytes, isShared } = this.chunk;
    if (!isShared) {
      this.settlement.detach();
      return;
    }
    const own = new Chunk(Buffer.from(bytes.subarray(this.start, this.end)));
    own.use();
    // Of one that nobody has looked into, the value lies in the document.
    this.settlement.follow(this.chunk, this.start, this.end, own);
    this.settlement.detach();
    this.release();
    this.chunk = own;
    this.end -= this.start;
    this.start = 0;
  }

  /** Its record is settled: its bytes are gone, while it may still stand in a batch that is being sent. */
  release(): void {
    this.chunk.release();
    this.chunk = NO_CHUNK;
  }
}

/**
 * The NDJSON body of a bulk request: one buffer. What lies side by side in a chunk is copied at once.
 *
 * @param allocate gives a buffer of so many bytes
 * @throws Error where the record of a document is settled
 */
export function bulkBody(
  documents: readonly Document[],
  allocate = (size: number): Buffer => Buffer.allocUnsafeSlow(size),
): Buffer {
  let size = 0;
  for (const document of documents) {
    if (document.chunk === NO_CHUNK) throw new Error('a document of a settled record was to be sent');
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
