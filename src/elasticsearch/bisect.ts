import type { AcceptedDocuments } from './accepted-documents.ts';
import type { Document } from './document.ts';
import type { InFlightBatch } from './in-flight-batch.ts';

/** Receives the documents that cannot be delivered. */
export interface FailureHandler {
  rejected(document: Document, reason: string, message: string): void;
  blocked(document: Document, cause: string): void;
}

/**
 * After so many 400s for single documents of a batch, with none accepted, the fault is not in the documents.
 */
const REJECTED_ALONE_MAX = 8;

/**
 * Finds the documents that cause the rejection of whole requests. A single document that is too large is
 * rejected. A single document with a 400 is rejected only if others pass. Until then it is blocked, since the
 * fault may lie with a proxy or with Logweir.
 */
export class Bisection {
  readonly #accepted: AcceptedDocuments;
  readonly #failures: FailureHandler;

  constructor(accepted: AcceptedDocuments, failures: FailureHandler) {
    this.#accepted = accepted;
    this.#failures = failures;
  }

  /** Halves a rejected piece, or handles a rejected single document. */
  split(
    batch: InFlightBatch,
    piece: readonly Document[],
    kind: 'too_large' | 'bad_request',
    reason: string,
  ): void {
    const [only] = piece;
    if (only === undefined) return;
    if (piece.length > 1) {
      const nothingAccepted = this.#accepted.count === batch.acceptedBefore;
      if (kind === 'bad_request' && batch.rejectedAlone.length >= REJECTED_ALONE_MAX && nothingAccepted) {
        for (const document of piece) this.#failures.blocked(document, reason);
        return;
      }
      const middle = Math.ceil(piece.length / 2);
      batch.pieces.unshift(piece.slice(0, middle), piece.slice(middle));
    } else if (kind === 'too_large') this.#failures.rejected(only, 'document_too_large', reason);
    else batch.rejectedAlone.push({ document: only, reason });
  }

  /**
   * Decides on the documents that were rejected with 400 alone. A document is at fault if others have passed
   * meanwhile and a second request with it alone is rejected too. One rejection is not enough: a fault that
   * ends during the bisection would look like the document's own.
   *
   * @returns whether some documents are to be sent a second time
   */
  judgeRejectedAlone(batch: InFlightBatch): boolean {
    const othersAccepted = this.#accepted.count > batch.acceptedBefore;
    for (const { document, reason } of batch.rejectedAlone.splice(0)) {
      this.#accepted.markFailure(document);
      if (!othersAccepted) this.#failures.blocked(document, reason);
      else if (batch.suspects.has(document)) this.#failures.rejected(document, 'bad_request', reason);
      else {
        batch.suspects.add(document);
        batch.pieces.push([document]);
      }
    }
    return batch.pieces.length > 0;
  }
}
