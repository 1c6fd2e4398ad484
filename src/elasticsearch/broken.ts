import type { Fates } from './bisect.ts';
import { type BodyLimit, SMALL_BYTES, SMALL_DOCUMENTS, isSmall } from './body-limit.ts';
import type { Delivery } from './delivery.ts';
import type { Document } from './document.ts';
import type { Progress } from './progress.ts';
import type { Answer } from './verdict.ts';

/** How a request broke off after it had been sent, in whole or in part: its size may be the reason. */
export type Break = 'timeout' | 'reset';

/** A document whose request broke off so often, alone and while others passed, is held by name. */
const BREAKS_UNTIL_HELD = 3;
/** One that is held for that, and whose probes break off so often more, is too large. */
const BREAKS_UNTIL_TOO_LARGE = 5;

const ALONE = 'the request breaks off each time that this document is sent alone, while others pass';
/** As far as one can tell from outside. */
const GUESS = `${ALONE}; probably a proxy's limit, or more than Elasticsearch can do within request.timeout_ms`;

/** No connection, an unknown name, or a wrong certificate are none: they come before the body. */
export function breakOf(answer: Answer): Break | undefined {
  if ('failure' in answer) {
    if (/no answer within|^Request timed out/.test(answer.failure)) return 'timeout';
    return /ECONNRESET|EPIPE|ECONNABORTED|socket hang up|other side closed|terminated|answer is longer than/.test(
      answer.failure,
    )
      ? 'reset'
      : undefined;
  }
  // A proxy's words for the same.
  if (answer.status === 408 || answer.status === 504) return 'timeout';
  return answer.status === 502 ? 'reset' : undefined;
}

/** Tells whether a bulk request next to nothing in size is answered now. */
export type AsksServer = (signal: AbortSignal) => Promise<boolean>;

/**
 * Requests that break off. Large ones are sent in smaller bodies, small ones are an outage; and where it is one document for
 * which requests break off while others pass, it is found and held, so that the others go on.
 */
export class BrokenRequests {
  readonly #progress: Progress;
  readonly #limit: BodyLimit;
  readonly #fates: Fates;
  readonly #isAnswered: AsksServer;

  constructor(progress: Progress, limit: BodyLimit, fates: Fates, isAnswered: AsksServer) {
    this.#progress = progress;
    this.#limit = limit;
    this.#fates = fates;
    this.#isAnswered = isAnswered;
  }

  /**
   * Puts the documents of a request that broke off back into the delivery, or holds the one.
   *
   * @param isOpen whether the breaker is
   * @returns `size` where the size of the body may be to blame, `document` where a document is, `outage` where it is neither
   */
  async put(
    delivery: Delivery,
    piece: readonly Document[],
    bytes: number,
    broke: Break,
    isOpen: boolean,
  ): Promise<'size' | 'document' | 'outage'> {
    const [only] = piece;
    if (piece.length === 1 && only !== undefined) return await this.#putAlone(delivery, only, bytes, broke);
    if (!isSmall(piece.length, bytes)) {
      this.#limit.failed(bytes, piece.length);
      // Whether it is the size is known once little has passed.
      delivery.careful = true;
      delivery.pieces.unshift(piece);
      return 'size';
    }
    const othersPassed = this.#progress.taken > (delivery.takenAtBreak ?? this.#progress.taken);
    delivery.takenAtBreak = this.#progress.taken;
    if (isOpen || othersPassed) {
      // Others next time, and fewer: it may be one of them for which it breaks off.
      delivery.documentsMax = Math.ceil(piece.length / 2);
      delivery.pieces.push(piece);
    } else delivery.pieces.unshift(piece);
    return 'outage';
  }

  /** A request was answered: what is left of the delivery may be sent in larger bodies again. */
  passed(delivery: Delivery, bytes: number): void {
    this.#limit.passed(bytes);
    delivery.careful = false;
    const { documentsMax } = delivery;
    delivery.documentsMax = documentsMax < SMALL_DOCUMENTS ? documentsMax * 2 : Infinity;
  }

  /** The probe of a held document broke off. @returns why it is rejected, if it is */
  async rejectionOf(
    document: Document,
    othersPassed: boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (document.bytes <= SMALL_BYTES) return undefined;
    if (!othersPassed && !(await this.#isAnswered(signal))) return undefined;
    return ++document.refusals > BREAKS_UNTIL_TOO_LARGE ? GUESS : undefined;
  }

  async #putAlone(
    delivery: Delivery,
    document: Document,
    bytes: number,
    broke: Break,
  ): Promise<'document' | 'outage'> {
    const isLarge = bytes > SMALL_BYTES;
    const othersPassed = this.#progress.othersPassedSince(document);
    this.#progress.failed(document);
    // It may have nobody beside it for hours. A server that answers nothing in time may do so whatever the document is.
    const isStrange = isLarge || broke === 'reset';
    const isCulprit = othersPassed || (isStrange && (await this.#isAnswered(delivery.wake.signal)));
    if (!isCulprit || ++document.refusals <= BREAKS_UNTIL_HELD) {
      // Behind the others: what passes of them is what tells.
      delivery.pieces.push([document]);
      return isCulprit ? 'document' : 'outage';
    }
    this.#fates.held(document, isLarge ? `document_too_large: ${GUESS}` : ALONE);
    return 'document';
  }
}
