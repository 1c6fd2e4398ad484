import type { AcceptedDocuments } from './accepted-documents.ts';
import type { FailureHandler } from './bisect.ts';
import { type BodyLimit, SMALL_BYTES, SMALL_DOCUMENTS, isSmall } from './body-limit.ts';
import type { Document } from './document.ts';
import type { InFlightBatch } from './in-flight-batch.ts';
import type { Answer } from './verdict.ts';

/** How a request failed after its body was sent, in whole or in part. Its size may be the reason. */
export type Interruption = 'timeout' | 'reset';

/** A document is blocked after so many interruptions of requests with it alone, while others pass. */
const INTERRUPTIONS_UNTIL_BLOCKED = 3;
/** A blocked document is too large after so many further interruptions of its probes. */
const INTERRUPTIONS_UNTIL_TOO_LARGE = 5;

const ALONE = 'every request with this document alone is interrupted, while others pass';
/** A guess: the cause is not visible from outside. */
const TOO_LARGE = `${ALONE}; probably a proxy's limit, or more than Elasticsearch can do in request.timeout_ms`;

/**
 * Classifies an answer as an interruption. A missing connection, an unknown name and a wrong certificate are
 * none: they precede the body.
 */
export function interruptionOf(answer: Answer): Interruption | undefined {
  if ('failure' in answer) {
    if (/no answer within|^Request timed out/.test(answer.failure)) return 'timeout';
    return /ECONNRESET|EPIPE|ECONNABORTED|socket hang up|other side closed|terminated|answer is longer than/.test(
      answer.failure,
    )
      ? 'reset'
      : undefined;
  }
  // How a proxy reports the same.
  if (answer.status === 408 || answer.status === 504) return 'timeout';
  return answer.status === 502 ? 'reset' : undefined;
}

/** Sends an empty bulk request. @returns whether the server answers it */
type PingBulk = (signal: AbortSignal) => Promise<boolean>;

/**
 * Handles interrupted requests. Large bodies are sent again in smaller ones; interrupted small bodies are an
 * outage. If one document interrupts its requests while others pass, it is found and blocked, so that the
 * others proceed.
 */
export class InterruptedRequests {
  readonly #accepted: AcceptedDocuments;
  readonly #limit: BodyLimit;
  readonly #failures: FailureHandler;
  readonly #isAnswered: PingBulk;

  constructor(accepted: AcceptedDocuments, limit: BodyLimit, failures: FailureHandler, isAnswered: PingBulk) {
    this.#accepted = accepted;
    this.#limit = limit;
    this.#failures = failures;
    this.#isAnswered = isAnswered;
  }

  /**
   * Puts the documents of an interrupted request back into the batch, or blocks the one at fault.
   *
   * @param isOpen whether the circuit breaker is open
   * @returns the suspected cause: the `size` of the body, a `document`, or else an `outage`
   */
  async requeue(
    batch: InFlightBatch,
    piece: readonly Document[],
    bytes: number,
    interruption: Interruption,
    isOpen: boolean,
  ): Promise<'size' | 'document' | 'outage'> {
    const [only] = piece;
    if (piece.length === 1 && only !== undefined)
      return await this.#requeueSingle(batch, only, bytes, interruption);
    if (!isSmall(piece.length, bytes)) {
      this.#limit.failed(bytes, piece.length);
      // The fate of a small body tells whether the size is the cause.
      batch.careful = true;
      batch.pieces.unshift(piece);
      return 'size';
    }
    const { count } = this.#accepted;
    const othersAccepted = count > (batch.acceptedAtInterruption ?? count);
    batch.acceptedAtInterruption = count;
    if (isOpen || othersAccepted) {
      // One document may be the cause: the next request has other documents, and fewer.
      batch.documentsMax = Math.ceil(piece.length / 2);
      batch.pieces.push(piece);
    } else batch.pieces.unshift(piece);
    return 'outage';
  }

  /** A request was answered: the rest of the batch may be sent in larger bodies again. */
  passed(batch: InFlightBatch, bytes: number): void {
    this.#limit.passed(bytes);
    batch.careful = false;
    const { documentsMax } = batch;
    batch.documentsMax = documentsMax < SMALL_DOCUMENTS ? documentsMax * 2 : Infinity;
  }

  /**
   * Call it when the probe of a blocked document was interrupted.
   *
   * @returns why to reject it; undefined if not
   */
  async rejectionOf(
    document: Document,
    othersAccepted: boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (document.bytes <= SMALL_BYTES) return undefined;
    if (!othersAccepted && !(await this.#isAnswered(signal))) return undefined;
    return ++document.failedAttempts > INTERRUPTIONS_UNTIL_TOO_LARGE ? TOO_LARGE : undefined;
  }

  async #requeueSingle(
    batch: InFlightBatch,
    document: Document,
    bytes: number,
    interruption: Interruption,
  ): Promise<'document' | 'outage'> {
    const isLarge = bytes > SMALL_BYTES;
    const othersAccepted = this.#accepted.othersAcceptedSince(document);
    this.#accepted.markFailure(document);
    // No other document may come for hours, so an empty request is the test. It proves nothing about the
    // timeout of a small document: a slow server may time out whatever the document is.
    const isSuspicious = isLarge || interruption === 'reset';
    const isCulprit = othersAccepted || (isSuspicious && (await this.#isAnswered(batch.wake.signal)));
    if (!isCulprit || ++document.failedAttempts <= INTERRUPTIONS_UNTIL_BLOCKED) {
      // The others go first: their success is the evidence.
      batch.pieces.push([document]);
      return isCulprit ? 'document' : 'outage';
    }
    this.#failures.blocked(document, isLarge ? `document_too_large: ${TOO_LARGE}` : ALONE);
    return 'document';
  }
}
