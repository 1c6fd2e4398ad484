import type { AcceptedDocuments } from './accepted-documents.ts';
import type { BulkEvents } from './bulk-events.ts';
import type { BulkTransport } from './client.ts';
import { type Document, bulkBody } from './document.ts';
import type { DocumentOutcomes } from './document-outcomes.ts';
import { type InterruptedRequests, interruptionOf } from './interrupted-requests.ts';
import { judge } from './verdict.ts';

/** Sends blocked documents, each in a request of its own. */
export class DocumentProbe {
  readonly #transport: BulkTransport;
  readonly #events: BulkEvents;
  readonly #accepted: AcceptedDocuments;
  readonly #outcomes: DocumentOutcomes;
  readonly #interrupted: InterruptedRequests;

  constructor(
    transport: BulkTransport,
    events: BulkEvents,
    accepted: AcceptedDocuments,
    outcomes: DocumentOutcomes,
    interrupted: InterruptedRequests,
  ) {
    this.#transport = transport;
    this.#events = events;
    this.#accepted = accepted;
    this.#outcomes = outcomes;
    this.#interrupted = interrupted;
  }

  /** Sends the document once. @returns whether that settled it */
  async send(document: Document, signal: AbortSignal): Promise<boolean> {
    this.#transport.refresh();
    this.#events.retrying(1, 'probe');
    // Read before the request: a fault that ends meanwhile would look like the document's own.
    const othersAccepted = this.#accepted.othersAcceptedSince(document);
    const answer = await this.#transport.send(bulkBody([document]), signal, [document]);
    const verdict = judge(answer, 1);
    const [item] = verdict.kind === 'items' ? verdict.items : [];
    this.#accepted.markFailure(document);
    const rejected = (reason: string, message: string): boolean =>
      this.#events.rejected(document, reason, message) === undefined;
    if (item?.kind === 'ok' || item?.kind === 'diverted')
      return this.#outcomes.accepted(document, item) === undefined;
    if (item?.kind === 'reject') return rejected(item.reason, item.message);
    if (verdict.kind === 'too_large') return rejected('document_too_large', verdict.reason);
    // Others were accepted since its last rejection: the fault is in this document.
    if (verdict.kind === 'bad_request' && othersAccepted) return rejected('bad_request', verdict.reason);
    if (interruptionOf(answer) !== 'reset') return false;
    const message = await this.#interrupted.rejectionOf(document, othersAccepted, signal);
    return message !== undefined && rejected('document_too_large', message);
  }
}
