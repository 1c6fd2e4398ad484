import type { AcceptedDocuments } from './accepted-documents.ts';
import type { FailureHandler } from './bisect.ts';
import type { BulkEvents } from './bulk-events.ts';
import type { Document } from './document.ts';
import { fieldOf } from './error-text.ts';
import type { InFlightBatch } from './in-flight-batch.ts';
import type { ItemVerdict } from './item-verdict.ts';

/**
 * A document with more failed attempts than this is blocked, so that it occupies no request slot any longer.
 */
const ATTEMPTS_UNTIL_BLOCKED = 10;

type Accepted = Extract<ItemVerdict, { kind: 'ok' | 'diverted' }>;

/** Applies verdicts to single documents: reports them as indexed, diverted, rejected or blocked. */
export class DocumentOutcomes implements FailureHandler {
  readonly #accepted: AcceptedDocuments;
  readonly #events: BulkEvents;

  constructor(accepted: AcceptedDocuments, events: BulkEvents) {
    this.#accepted = accepted;
    this.#events = events;
  }

  /**
   * Applies an answer to the documents of the open request, and lists the documents to send again in
   * `batch.again`.
   *
   * @param verdicts one for each document, those of runs counted
   * @returns the reason of the last document to send again; empty if there is none
   */
  apply(batch: InFlightBatch, verdicts: readonly ItemVerdict[]): string {
    const documents = splitMixedRuns(batch.sending, verdicts);
    batch.sending = documents;
    let retryReason = '';
    let item = 0;
    for (const [index, document] of documents.entries()) {
      // If handling fails midway, handled documents must not be sent again: an output is released once.
      batch.handled = index;
      const verdict = verdicts[item] ?? { kind: 'retry', reason: 'no verdict' };
      item += document.count;
      if (verdict.kind === 'ok' || verdict.kind === 'diverted') {
        const cause = this.accepted(document, verdict);
        if (cause !== undefined) this.blocked(document, cause);
      } else if (verdict.kind === 'reject') this.rejected(document, verdict.reason, verdict.message);
      else if (verdict.kind === 'hold') this.blocked(document, verdict.reason, verdict.message);
      else if (++document.failedAttempts > ATTEMPTS_UNTIL_BLOCKED)
        this.blocked(document, `${verdict.reason}, repeatedly`);
      else {
        document.detach();
        batch.again.push(document);
        retryReason = verdict.reason;
      }
    }
    batch.handled = documents.length;
    return retryReason;
  }

  /** Reports a document that Elasticsearch has processed. @returns the cause to block it for nevertheless */
  accepted(document: Document, verdict: Accepted): string | undefined {
    this.#accepted.count += document.count;
    if (verdict.kind === 'diverted') return this.#events.diverted(document, verdict.to);
    this.#events.indexed(document, verdict.alreadyThere);
    return undefined;
  }

  rejected(document: Document, reason: string, message: string): void {
    const cause = this.#events.rejected(document, reason, message);
    if (cause !== undefined) this.blocked(document, cause, fieldOf(message));
  }

  blocked(document: Document, cause: string, message?: string): void {
    // After its release it gets the full number of attempts.
    document.failedAttempts = 0;
    this.#events.blocked(document, cause, message);
  }
}

/** Keeps a run if all its documents were newly indexed, and splits it otherwise. */
function splitMixedRuns(piece: readonly Document[], verdicts: readonly ItemVerdict[]): readonly Document[] {
  let item = 0;
  return piece.flatMap((document) => {
    const first = item;
    item += document.count;
    if (document.count === 1) return document;
    for (let at = first; at < item; at++) if (!isNewlyIndexed(verdicts[at])) return document.split();
    return document;
  });
}

function isNewlyIndexed(verdict: ItemVerdict | undefined): boolean {
  return verdict?.kind === 'ok' && !verdict.alreadyThere;
}
