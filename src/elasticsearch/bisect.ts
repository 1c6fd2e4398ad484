import type { Delivery } from './delivery.ts';
import type { Document } from './document.ts';
import type { Progress } from './progress.ts';

/** What becomes of single documents that cannot be sent. */
export interface Fates {
  rejected(document: Document, reason: string, message: string): void;
  held(document: Document, cause: string): void;
}

/** When so many documents of a batch are refused with 400 one by one and none passes, the fault is not in the documents. */
const ALONE_MAX = 8;

/**
 * Finds the documents for which whole requests are refused. A single document that is too large is rejected. One that makes a
 * bad request by itself is rejected only when others pass; until then it is held, since the fault may be a proxy's or ours.
 */
export class Bisection {
  readonly #progress: Progress;
  readonly #fates: Fates;

  constructor(progress: Progress, fates: Fates) {
    this.#progress = progress;
    this.#fates = fates;
  }

  /** Halves what was refused. */
  split(
    delivery: Delivery,
    piece: readonly Document[],
    kind: 'too_large' | 'bad_request',
    reason: string,
  ): void {
    const [only] = piece;
    if (only === undefined) return;
    if (piece.length > 1) {
      const nothingPassed = this.#progress.taken === delivery.takenBefore;
      if (kind === 'bad_request' && delivery.alone.length >= ALONE_MAX && nothingPassed) {
        for (const document of piece) this.#fates.held(document, reason);
        return;
      }
      const middle = Math.ceil(piece.length / 2);
      delivery.pieces.unshift(piece.slice(0, middle), piece.slice(middle));
    } else if (kind === 'too_large') this.#fates.rejected(only, 'document_too_large', reason);
    else delivery.alone.push({ document: only, reason });
  }

  /**
   * Documents that were refused with 400 all alone: their own fault where others have passed meanwhile, and where they are
   * refused once more after that. Without the second time a fault that ends in the middle would look like theirs.
   *
   * @returns whether some are to be sent that second time
   */
  judgeAlone(delivery: Delivery): boolean {
    const othersPassed = this.#progress.taken > delivery.takenBefore;
    for (const { document, reason } of delivery.alone.splice(0)) {
      this.#progress.failed(document);
      if (!othersPassed) this.#fates.held(document, reason);
      else if (delivery.suspects.has(document)) this.#fates.rejected(document, 'bad_request', reason);
      else {
        delivery.suspects.add(document);
        delivery.pieces.push([document]);
      }
    }
    return delivery.pieces.length > 0;
  }
}
