import type { Document } from './document.ts';

/** A batch in the middle of being delivered. */
export interface Delivery {
  /** What is not settled yet and not being sent, in the pieces that it is to be sent in. */
  pieces: (readonly Document[])[];
  /** What is being sent. */
  sending: readonly Document[];
  /** How many documents of it, from its beginning, the answer has been carried out for. */
  handled: number;
  /** Those of them that must be sent again. */
  again: Document[];
  /** Cuts the open request or the wait short. */
  wake: AbortController;
  /** How many documents had been taken, of all batches, when this one began. */
  readonly passedBefore: number;
  /** Documents of it that were refused with 400 all alone. */
  readonly alone: { document: Document; reason: string }[];
  /** Those that others have passed beside: refused once more, they are rejected. */
  readonly suspects: Set<Document>;
}

/** @param passed how many documents have been taken so far, of all batches */
export function openDelivery(batch: readonly Document[], passed: number): Delivery {
  return {
    pieces: [batch],
    sending: [],
    handled: 0,
    again: [],
    wake: new AbortController(),
    passedBefore: passed,
    alone: [],
    suspects: new Set(),
  };
}

/** Thrown inside the retry loop only: some documents are not settled yet. */
export class Unsettled extends Error {
  /** How many will be sent again. */
  readonly documents: number;
  readonly retryAfterMs: number;

  constructor(reason: string, documents: number, retryAfterMs = 0) {
    super(reason);
    this.documents = documents;
    this.name = 'Unsettled';
    this.retryAfterMs = retryAfterMs;
  }
}
