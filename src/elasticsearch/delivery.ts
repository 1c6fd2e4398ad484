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
  /** A large body of it broke off: the next one is small, to see whether that passes. */
  careful: boolean;
  /** No more documents at once, since small bodies of it broke off too. */
  documentsMax: number;
  /** How many documents had been taken, of all batches, when a small body of it broke off. */
  takenAtBreak: number | undefined;
  /** How many documents had been taken, of all batches, when this one began. */
  readonly takenBefore: number;
  /** Documents of it that were refused with 400 all alone. */
  readonly alone: { document: Document; reason: string }[];
  /** Those that others have passed beside: refused once more, they are rejected. */
  readonly suspects: Set<Document>;
}

/** @param taken how many documents have been taken so far, of all batches */
export function openDelivery(batch: readonly Document[], taken: number): Delivery {
  return {
    pieces: [batch],
    sending: [],
    handled: 0,
    again: [],
    wake: new AbortController(),
    careful: false,
    documentsMax: Infinity,
    takenAtBreak: undefined,
    takenBefore: taken,
    alone: [],
    suspects: new Set(),
  };
}

/** Takes the next documents off the delivery: what is not settled, up to so many documents and bytes, and one at least. */
export function nextPiece(
  delivery: Delivery,
  documentsMax: number,
  bytesMax: number,
): readonly Document[] | undefined {
  for (;;) {
    const next = delivery.pieces.shift();
    if (next === undefined) return undefined;
    const open = next.some(isSettled) ? next.filter((document) => !isSettled(document)) : next;
    if (open.length === 0) continue;
    const count = countWithin(open, documentsMax, bytesMax);
    if (count === open.length) return open;
    delivery.pieces.unshift(open.slice(count));
    return open.slice(0, count);
  }
}

function countWithin(documents: readonly Document[], documentsMax: number, bytesMax: number): number {
  let bytes = 0;
  let count = 0;
  for (const document of documents) {
    bytes += document.bytes;
    if (count > 0 && (count >= documentsMax || bytes > bytesMax)) break;
    count++;
  }
  return count;
}

export function isSettled({ settlement }: Document): boolean {
  return settlement.settled;
}
