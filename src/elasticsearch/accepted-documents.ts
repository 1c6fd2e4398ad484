import type { Document } from './document.ts';

/**
 * Counts the documents that Elasticsearch has accepted. If it accepts others between two failures of one
 * document, the fault is in that document. Otherwise the fault may lie with a proxy, the server, or Logweir.
 */
export class AcceptedDocuments {
  /** Over all batches. */
  count = 0;
  readonly #countAtFailure = new WeakMap<Document, number>();

  /** Call it when a request with only this document has failed. */
  markFailure(document: Document): void {
    this.#countAtFailure.set(document, this.count);
  }

  /** Whether others were accepted since the document's last failure alone; false if it never failed alone. */
  othersAcceptedSince(document: Document): boolean {
    return this.count > (this.#countAtFailure.get(document) ?? this.count);
  }
}
