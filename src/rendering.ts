import { Arena, free } from './arena.ts';
import type { Decoded } from './codec/decode.ts';
import type { ExactValue } from './codec/exact-json.ts';
import type { DeadLetterReason } from './dead-letters.ts';
import type { Document } from './elasticsearch/document.ts';
import type { Renderer } from './elasticsearch/render.ts';
import { messageOf } from './errors.ts';
import type { DocumentSink } from './pipeline-parts.ts';
import type { Outputs } from './reducing.ts';
import type { Settlement } from './settlement.ts';
import type { TakenRecord } from './taken-record.ts';
import type { Event } from './transform/api.ts';

/** What a document costs beside its bytes, where a record becomes several. */
const DOCUMENT_OVERHEAD_BYTES = 150;

/** Makes documents and hands them on, with the memory that they and their records take. */
export class Rendering {
  readonly #renderer: Renderer;
  readonly #documents: DocumentSink;
  readonly #values = new Arena();

  constructor(renderer: Renderer, documents: DocumentSink) {
    this.#renderer = renderer;
    this.#documents = documents;
  }

  get needsEvent(): boolean {
    return this.#renderer.needsEvent;
  }

  /** A record that nobody looks into. @param value its own memory, which is empty afterwards */
  untouched(settlement: Settlement, record: TakenRecord, decoded: Decoded, value: Buffer): void {
    const document = this.#renderer.untouched(settlement, decoded);
    // The source ends the document's bytes, but for its line feed; where it is the value, the value lies there now.
    const end = document.end - 1;
    if (decoded.bytes === value) record.movedTo(document.chunk, end - value.length, end);
    else this.keepValue(record);
    free(value);
    document.chain = settlement.chain;
    this.#documents.add(document);
  }

  /** Moves the value of a record into memory that it shares with its neighbours. */
  keepValue(record: TakenRecord): void {
    record.moveTo(this.#values);
  }

  /** @param refuse called for an event that cannot be written */
  events(
    settlement: Settlement,
    events: readonly Event[],
    exact: ExactValue,
    outputs: Outputs,
    chain: object,
    refuse: (why: DeadLetterReason) => void,
  ): void {
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as Event;
      let document: Document;
      try {
        document = this.#renderer.event(settlement, event, outputs.first + index * outputs.apart, exact);
      } catch (error) {
        refuse({ reason: 'not_serialisable', message: messageOf(error) });
        continue;
      }
      document.chain = chain;
      this.add(document);
    }
  }

  /** One that stays in memory beside the record's own bytes. */
  add(document: Document): void {
    document.settlement.charge(document.bytes + DOCUMENT_OVERHEAD_BYTES);
    this.#documents.add(document);
  }
}
