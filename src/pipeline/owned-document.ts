import type { Chunk } from '../memory/arena.ts';

/** A document of a record, as the record's settlement knows it. */
export interface OwnedDocument {
  readonly chunk: Chunk;
  readonly start: number;
  /** The document's bytes have been copied to the start of that chunk, and are read there from now on. */
  moveTo(chunk: Chunk): void;
  release(): void;
}
