import type { ExactValue } from '../codec/exact-json.ts';
import type { DeadLetterReason } from '../dead-letter/port.ts';
import type { Document } from '../elasticsearch/document.ts';
import { EventRejected } from '../elasticsearch/event-id.ts';
import type { Renderer } from '../elasticsearch/render.ts';
import { messageOf } from '../errors.ts';
import type { DocumentSink } from './dependencies.ts';
import type { Outputs } from './aggregation.ts';
import type { Settlement } from './settlement.ts';
import type { Tap } from '../tap/tap.ts';
import type { Event } from '../transform/api/api.ts';
import { showDocument } from './tapped.ts';

/** Memory of a document beside its bytes. */
const DOCUMENT_OVERHEAD_BYTES = 150;

/** render, batch: makes documents of events, counts their memory, and hands them to the batcher. */
export class Rendering {
  readonly #renderer: Renderer;
  readonly #documents: DocumentSink;
  readonly #tap: Tap | undefined;

  constructor(renderer: Renderer, documents: DocumentSink, tap?: Tap) {
    this.#renderer = renderer;
    this.#documents = documents;
    this.#tap = tap;
  }

  /** @param reject called for an event that cannot become a document */
  events(
    settlement: Settlement,
    events: readonly Event[],
    exact: ExactValue,
    outputs: Outputs,
    chain: object,
    reject: (why: DeadLetterReason) => void,
  ): void {
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as Event;
      let document: Document;
      try {
        document = this.#renderer.event(settlement, event, outputs.first + index * outputs.stride, exact);
      } catch (error) {
        const reason = error instanceof EventRejected ? error.reason : 'not_serialisable';
        reject({ reason, message: messageOf(error) });
        continue;
      }
      document.chain = chain;
      this.add(document);
    }
  }

  /** Adds a document whose bytes are a copy, beside the record's own. */
  add(document: Document): void {
    if (this.#tap?.isOpen === true) showDocument(this.#tap, document);
    document.settlement.charge(document.bytes + DOCUMENT_OVERHEAD_BYTES);
    this.#documents.add(document);
  }
}
