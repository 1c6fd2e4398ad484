import type { Document } from './document.ts';

/**
 * Counts the documents that Elasticsearch has taken. Where others pass between two failures of one document, the fault is in the
 * document; where none does, it may be a proxy's, the server's, or ours.
 */
export class Progress {
  /** Documents that were taken, of all batches. */
  taken = 0;
  readonly #takenAt = new WeakMap<Document, number>();

  /** The document failed alone. */
  failed(document: Document): void {
    this.#takenAt.set(document, this.taken);
  }

  /** Whether others have passed since it failed alone the last time; false where it never has. */
  othersPassedSince(document: Document): boolean {
    return this.taken > (this.#takenAt.get(document) ?? this.taken);
  }
}
