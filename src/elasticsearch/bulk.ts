import { setTimeout as delay } from 'node:timers/promises';
import { AcceptedDocuments } from './accepted-documents.ts';
import { type Backoff, fullJitter } from './backoff.ts';
import { Bisection } from './bisect.ts';
import { BodyLimit, SMALL_BYTES, SMALL_DOCUMENTS } from './body-limit.ts';
import { BodyPool } from './body-pool.ts';
import type { BulkEvents, RequestOutcome } from './bulk-events.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { BulkTransport } from './client.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import { type Document, bulkBody, countOf } from './document.ts';
import { DocumentOutcomes } from './document-outcomes.ts';
import { DocumentProbe } from './document-probe.ts';
import { messageOf } from '../errors.ts';
import { type InFlightBatch, isSettled, nextPiece, splitSending, startBatch } from './in-flight-batch.ts';
import { type Interruption, InterruptedRequests, interruptionOf } from './interrupted-requests.ts';
import { RequestSlots } from './request-slots.ts';
import type { ItemVerdict } from './item-verdict.ts';
import { judge } from './verdict.ts';

/** An empty bulk request: Elasticsearch answers it with 400. */
const EMPTY_BODY = Buffer.from('\n');

/** Documents that are to be sent again after a delay. */
interface Unsettled {
  readonly reason: string;
  readonly documents: number;
  readonly retryAfterMs?: number | undefined;
}

/**
 * Sends batches until every document is settled: acknowledged, rejected, or abandoned with its partition.
 * Only failed documents are sent again. Nothing else ends the loop.
 */
export class BulkSender {
  readonly #transport: BulkTransport;
  readonly #breaker: CircuitBreaker;
  readonly #concurrency: ConcurrencyLimit;
  readonly #slots: RequestSlots;
  readonly #backoff: Backoff;
  readonly #events: BulkEvents;
  readonly #limit: BodyLimit;
  readonly #inFlight = new Set<InFlightBatch>();
  readonly #bodies = new BodyPool();
  readonly #accepted = new AcceptedDocuments();
  readonly #outcomes: DocumentOutcomes;
  readonly #bisection: Bisection;
  readonly #interrupted: InterruptedRequests;
  readonly #probe: DocumentProbe;

  /** @param limit shared with the batcher */
  constructor(
    transport: BulkTransport,
    breaker: CircuitBreaker,
    concurrency: ConcurrencyLimit,
    backoff: Backoff,
    events: BulkEvents,
    limit: BodyLimit = new BodyLimit(),
  ) {
    this.#transport = transport;
    this.#breaker = breaker;
    this.#concurrency = concurrency;
    this.#slots = new RequestSlots(concurrency);
    this.#backoff = backoff;
    this.#events = events;
    this.#limit = limit;
    this.#outcomes = new DocumentOutcomes(this.#accepted, events);
    this.#bisection = new Bisection(this.#accepted, this.#outcomes);
    this.#interrupted = new InterruptedRequests(this.#accepted, limit, this.#outcomes, async (signal) => {
      const answer = await transport.send(EMPTY_BODY, signal);
      return 'status' in answer && answer.status < 500;
    });
    this.#probe = new DocumentProbe(transport, events, this.#accepted, this.#outcomes, this.#interrupted);
  }

  /** Number of batches that are not settled. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Resolves when every document is settled, blocked, or abandoned. Never rejects. */
  async send(documents: readonly Document[]): Promise<void> {
    const batch = startBatch(documents, this.#accepted.count);
    this.#inFlight.add(batch);
    try {
      await this.#untilSettled(batch);
    } finally {
      this.#inFlight.delete(batch);
      this.#breaker.release(batch);
    }
  }

  /** Aborts the open requests of abandoned documents. The others of their batches are sent again at once. */
  dropAbandoned(): void {
    for (const batch of this.#inFlight) {
      const documents = [...batch.sending, ...batch.pieces.flat()];
      if (!documents.some(isSettled)) continue;
      batch.wake.abort();
      batch.wake = new AbortController();
    }
  }

  /** Sends one blocked document once. @returns whether that settled it */
  async probe(document: Document, signal: AbortSignal): Promise<boolean> {
    return await this.#probe.send(document, signal);
  }

  async #untilSettled(batch: InFlightBatch): Promise<void> {
    for (let attempt = 1; ;) {
      if (!(await this.#acquireSlot(batch))) continue;
      const unsettled = await this.#sendNext(batch, attempt);
      this.#slots.release();
      if (unsettled === 'nothing') {
        if (this.#bisection.judgeRejectedAlone(batch)) continue;
        return;
      }
      if (unsettled === undefined) {
        attempt = 1;
        continue;
      }
      this.#events.retrying(unsettled.documents, unsettled.reason);
      const wait = Math.max(unsettled.retryAfterMs ?? 0, fullJitter(attempt++, this.#backoff));
      this.#breaker.waits(batch, wait);
      // An aborted wait is no error: it means that some documents were abandoned.
      await delay(wait, undefined, { signal: batch.wake.signal }).catch(() => {});
    }
  }

  /**
   * Waits for the circuit breaker and for a request slot.
   *
   * @returns false, without a slot, if it must wait again
   */
  async #acquireSlot(batch: InFlightBatch): Promise<boolean> {
    const { signal } = batch.wake;
    await this.#breaker.acquire(batch, signal);
    await this.#slots.acquire(signal);
    // Abandoned documents need no permission: they are not sent.
    if (this.#breaker.allows(batch) || signal.aborted) return true;
    this.#slots.release();
    return false;
  }

  /** An internal error settles nothing: it opens the breaker as a hold (promise P2). */
  async #sendNext(batch: InFlightBatch, attempt: number): Promise<Unsettled | 'nothing' | undefined> {
    const isProbe = this.#breaker.state !== null || batch.careful;
    const piece = nextPiece(
      batch,
      Math.min(batch.documentsMax, isProbe ? SMALL_DOCUMENTS : Infinity),
      Math.min(this.#limit.bytes, isProbe ? SMALL_BYTES : Infinity),
    );
    if (piece === undefined) return 'nothing';
    batch.sending = piece;
    batch.handled = 0;
    batch.again = [];
    try {
      if (this.#breaker.state !== null) this.#transport.refresh();
      return await this.#attempt(batch, piece, attempt);
    } catch (error) {
      const reason = `internal error: ${messageOf(error)}`;
      const unhandled = [...batch.again, ...batch.sending.slice(batch.handled)];
      batch.pieces.unshift(unhandled);
      this.#breaker.failed('hold', reason);
      return { reason, documents: countOf(unhandled) };
    } finally {
      batch.sending = [];
    }
  }

  /** Sends the documents once and applies the answer. @returns the documents to send again after a delay */
  async #attempt(
    batch: InFlightBatch,
    piece: readonly Document[],
    attempt: number,
  ): Promise<Unsettled | undefined> {
    const { signal } = batch.wake;
    const start = performance.now();
    const body = bulkBody(piece, (size) => this.#bodies.acquire(size));
    const answer = await this.#transport.send(body, signal, piece, attempt);
    const ms = performance.now() - start;
    const documents = countOf(piece);
    const verdict = judge(answer, documents);
    const answered = (outcome: RequestOutcome): void => this.#events.answered(outcome, documents, ms);
    const bytes = body.length;
    switch (verdict.kind) {
      case 'items':
        // The server has read the whole body. After any other answer the socket may still be sending it.
        this.#bodies.release(body);
        return this.#applyItems(batch, verdict.items, (outcome) => {
          answered(outcome);
          this.#interrupted.passed(batch, bytes);
          if (outcome === 'ok') this.#concurrency.succeeded(this.#inFlight.size, ms, bytes);
          else this.#concurrency.overloaded();
        });
      case 'too_large':
      case 'bad_request':
        answered('split');
        // The server has answered: this is no outage, even if it accepts nothing.
        this.#breaker.succeeded();
        if (verdict.kind === 'too_large') this.#limit.rejected(bytes, documents);
        this.#bisection.split(batch, splitSending(batch), verdict.kind, verdict.reason);
        return undefined;
      case 'retry': {
        answered('retry');
        if (signal.aborted) {
          batch.pieces.unshift(piece);
          return { reason: 'abandoned', documents };
        }
        const interruption = interruptionOf(answer);
        // A failed connection says nothing about load.
        if (!('failure' in answer) || interruption === 'timeout') this.#concurrency.overloaded();
        if (interruption === undefined) {
          batch.pieces.unshift(piece);
          this.#breaker.failed('outage', verdict.reason);
        } else await this.#requeueInterrupted(batch, bytes, interruption, verdict.reason);
        return { reason: verdict.reason, documents, retryAfterMs: verdict.retryAfterMs };
      }
      case 'hold':
        answered('hold');
        batch.pieces.unshift(piece);
        this.#breaker.failed('hold', verdict.reason, verdict.message);
        return { reason: verdict.reason, documents };
    }
  }

  async #requeueInterrupted(
    batch: InFlightBatch,
    bytes: number,
    interruption: Interruption,
    reason: string,
  ): Promise<void> {
    const isOpen = this.#breaker.state !== null;
    const cause = await this.#interrupted.requeue(batch, splitSending(batch), bytes, interruption, isOpen);
    if (cause === 'outage') this.#breaker.failed('outage', reason);
    else if (cause === 'size') this.#breaker.inconclusive();
  }

  #applyItems(
    batch: InFlightBatch,
    verdicts: readonly ItemVerdict[],
    answered: (outcome: 'ok' | 'partial') => void,
  ): Unsettled | undefined {
    const reason = this.#outcomes.apply(batch, verdicts);
    const { again } = batch;
    // Elasticsearch answers: failures of single documents must not stop the others.
    this.#breaker.succeeded();
    answered(again.length === 0 ? 'ok' : 'partial');
    if (again.length === 0) return undefined;
    batch.pieces.push(again);
    return { reason, documents: again.length };
  }
}
