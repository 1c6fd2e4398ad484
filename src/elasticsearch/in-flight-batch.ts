import { type Document, within } from './document.ts';

/** The delivery state of a batch. */
export interface InFlightBatch {
  /** Unsettled documents that are not being sent, one list for each future request. */
  pieces: (readonly Document[])[];
  /** Documents of the open request. */
  sending: readonly Document[];
  /** How many documents of `sending`, from its start, have had their verdict applied. */
  handled: number;
  /** Documents of `sending` to send again. */
  again: Document[];
  /** Aborts the open request or the wait. */
  wake: AbortController;
  /** A large body was interrupted: the next one is small, to test whether a small body passes. */
  careful: boolean;
  /** Limit on documents in a request, lowered when small bodies are interrupted. */
  documentsMax: number;
  /** Accepted documents, over all batches, when a small body of this batch was interrupted. */
  acceptedAtInterruption: number | undefined;
  /** Accepted documents, over all batches, when this batch started. */
  readonly acceptedBefore: number;
  /** Documents that were rejected with 400 in a request of their own. */
  readonly rejectedAlone: { document: Document; reason: string }[];
  /** Documents that were rejected alone while others passed: a second such 400 rejects them. */
  readonly suspects: Set<Document>;
}

/** @param accepted documents accepted so far, over all batches */
export function startBatch(documents: readonly Document[], accepted: number): InFlightBatch {
  return {
    pieces: [documents],
    sending: [],
    handled: 0,
    again: [],
    wake: new AbortController(),
    careful: false,
    documentsMax: Infinity,
    acceptedAtInterruption: undefined,
    acceptedBefore: accepted,
    rejectedAlone: [],
    suspects: new Set(),
  };
}

/**
 * Removes the next unsettled documents from the batch: at least one, and otherwise within both limits.
 *
 * @returns undefined when nothing is left
 */
export function nextPiece(
  batch: InFlightBatch,
  documentsMax: number,
  bytesMax: number,
): readonly Document[] | undefined {
  for (;;) {
    const next = batch.pieces.shift();
    if (next === undefined) return undefined;
    const open = next.some(isSettled) ? next.filter((document) => !isSettled(document)) : next;
    const [first] = open;
    if (first === undefined) continue;
    if (first.count > 1 && (first.count > documentsMax || first.bytes > bytesMax)) {
      batch.pieces.unshift([...first.split(), ...open.slice(1)]);
      continue;
    }
    const { length } = within(open, documentsMax, bytesMax);
    if (length === open.length) return open;
    batch.pieces.unshift(open.slice(length));
    return open.slice(0, length);
  }
}

/**
 * Splits the runs of the open request into single documents, in the batch too: a run that has been split
 * cannot be sent again if an error interrupts the handling.
 */
export function splitSending(batch: InFlightBatch): readonly Document[] {
  const { sending } = batch;
  if (sending.some(({ count }) => count > 1)) batch.sending = sending.flatMap((document) => document.split());
  return batch.sending;
}

export function isSettled({ settlement }: Document): boolean {
  return settlement.settled;
}
