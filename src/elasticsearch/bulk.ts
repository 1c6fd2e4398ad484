import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { type Backoff, fullJitter } from './backoff.ts';
import { BodyPool } from './body-pool.ts';
import type { BulkEvents, RequestOutcome } from './bulk-events.ts';
import type { BulkTransport } from './client.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import { type Delivery, Unsettled, openDelivery } from './delivery.ts';
import { type Document, bulkBody } from './document.ts';
import type { Outage } from './outage.ts';
import { messageOf } from '../errors.ts';
import { type ItemVerdict, judge } from './verdict.ts';

/** A document that is still not taken after so many answers is held by name, and takes no request slot any longer. */
const REFUSALS_UNTIL_HELD = 10;

/** While the breaker is open a probe takes no more than this, so that trying again and again costs little. */
const PROBE_DOCUMENTS_MAX = 100;

/** When so many documents of a batch are refused with 400 one by one and none passes, the fault is not in the documents. */
const ALONE_MAX = 8;

/**
 * Sends batches until every document in them is settled: acknowledged, rejected, or given up with its partition. Only
 * what failed is sent again. Nothing else ends the loop.
 */
export class BulkSender {
  readonly #transport: BulkTransport;
  readonly #outage: Outage;
  readonly #concurrency: ConcurrencyLimit;
  readonly #backoff: Backoff;
  readonly #events: BulkEvents;
  readonly #open = new Set<Delivery>();
  readonly #bodies = new BodyPool();
  /** Documents that Elasticsearch has taken. */
  #passed = 0;
  readonly #passedAtProbe = new WeakMap<Document, number>();

  constructor(
    transport: BulkTransport,
    outage: Outage,
    concurrency: ConcurrencyLimit,
    backoff: Backoff,
    events: BulkEvents,
  ) {
    this.#transport = transport;
    this.#outage = outage;
    this.#concurrency = concurrency;
    this.#backoff = backoff;
    this.#events = events;
  }

  /** Batches that are not settled yet. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Resolves when every document of the batch is settled, held, or given up. Never rejects. */
  async send(batch: readonly Document[]): Promise<void> {
    const delivery = openDelivery(batch, this.#passed);
    this.#open.add(delivery);
    try {
      await this.#untilSettled(delivery);
    } finally {
      this.#open.delete(delivery);
      this.#outage.left(delivery);
    }
  }

  /** Aborts what is open for documents that were given up; the others of the same batches are sent again at once. */
  dropGivenUp(): void {
    for (const delivery of this.#open) {
      const documents = [...delivery.sending, ...delivery.pieces.flat()];
      if (!documents.some(isSettled)) continue;
      delivery.wake.abort();
      delivery.wake = new AbortController();
    }
  }

  /** Sends one held document once. @returns whether that settled it */
  async probe(document: Document, signal: AbortSignal): Promise<boolean> {
    this.#transport.refresh();
    this.#events.retrying(1, 'probe');
    // Before this is sent, or a fault that ends meanwhile would look like the document's own.
    const passedSince = this.#passed > (this.#passedAtProbe.get(document) ?? this.#passed);
    const answer = await this.#transport.send(bulkBody([document]), signal);
    const verdict = judge(answer, 1);
    const [item] = verdict.kind === 'items' ? verdict.items : [];
    this.#passedAtProbe.set(document, this.#passed);
    const rejected = (reason: string, message: string): boolean =>
      this.#events.rejected(document, reason, message) === undefined;
    if (item?.kind === 'ok') this.#indexed(document, item.alreadyThere);
    else if (item?.kind === 'reject') return rejected(item.reason, item.message);
    else if (verdict.kind === 'too_large') return rejected('document_too_large', verdict.reason);
    // Others have passed since it was refused the last time: it is this document.
    else if (verdict.kind === 'bad_request' && passedSince) return rejected('bad_request', verdict.reason);
    else return false;
    return true;
  }

  async #untilSettled(delivery: Delivery): Promise<void> {
    const deliver = async (): Promise<void> => {
      for (;;) {
        await this.#outage.turn(delivery, delivery.wake.signal);
        const piece = this.#nextPiece(delivery);
        if (piece === undefined) break;
        delivery.sending = piece;
        await this.#attemptSafely(delivery, piece);
        delivery.sending = [];
      }
    };
    const deliverAll = async (): Promise<void> => {
      do await deliver();
      while (this.#judgeAlone(delivery));
    };
    await pRetry(deliverAll, {
      retries: Infinity,
      minTimeout: 0,
      onFailedAttempt: async ({ error, attemptNumber }) => {
        if (!(error instanceof Unsettled)) return;
        this.#events.retrying(error.documents, error.message);
        const wait = Math.max(error.retryAfterMs, fullJitter(attemptNumber, this.#backoff));
        // A wait that is cut short means that there is something new to look at, not that anything is wrong.
        await delay(wait, undefined, { signal: delivery.wake.signal }).catch(() => {});
      },
    });
  }

  /** Takes the next documents to be sent off the delivery: all of a piece, or a few while the breaker is open. */
  #nextPiece(delivery: Delivery): readonly Document[] | undefined {
    for (;;) {
      const next = delivery.pieces.shift();
      if (next === undefined) return undefined;
      const open = next.some(isSettled) ? next.filter((document) => !isSettled(document)) : next;
      if (open.length === 0) continue;
      if (this.#outage.state === null || open.length <= PROBE_DOCUMENTS_MAX) return open;
      delivery.pieces.unshift(open.slice(PROBE_DOCUMENTS_MAX));
      return open.slice(0, PROBE_DOCUMENTS_MAX);
    }
  }

  /** An error of our own moves nothing: it is a hold like any other (promise P2). */
  async #attemptSafely(delivery: Delivery, piece: readonly Document[]): Promise<void> {
    try {
      if (this.#outage.state !== null) this.#transport.refresh();
      delivery.handled = 0;
      delivery.again = [];
      await this.#attempt(delivery, piece);
    } catch (error) {
      if (error instanceof Unsettled) throw error;
      const reason = `internal error: ${messageOf(error)}`;
      delivery.pieces.unshift([...delivery.again, ...piece.slice(delivery.handled)]);
      this.#outage.failed('hold', reason);
      throw new Unsettled(reason, piece.length);
    }
  }

  /** Sends the documents once and settles what the answer settles. Throws {@link Unsettled} where a delay is needed. */
  async #attempt(delivery: Delivery, piece: readonly Document[]): Promise<void> {
    const { signal } = delivery.wake;
    const start = performance.now();
    const body = bulkBody(piece, (size) => this.#bodies.take(size));
    const answer = await this.#transport.send(body, signal);
    const ms = performance.now() - start;
    const verdict = judge(answer, piece.length);
    const answered = (outcome: RequestOutcome): void => this.#events.answered(outcome, piece.length, ms);
    switch (verdict.kind) {
      case 'items':
        // Who has a verdict for each document has read them all. After any other answer the socket may still be sending.
        this.#bodies.giveBack(body);
        this.#settleItems(delivery, piece, verdict.items, (outcome) => {
          answered(outcome);
          if (outcome === 'ok') this.#concurrency.succeeded(this.#open.size, ms, body.length);
          else this.#concurrency.overloaded();
        });
        return;
      case 'too_large':
      case 'bad_request':
        answered('split');
        this.#split(delivery, piece, verdict.kind, verdict.reason);
        return;
      case 'retry':
        answered('retry');
        delivery.pieces.unshift(piece);
        if (signal.aborted) throw new Unsettled('given up', piece.length);
        // A connection that fails says nothing about load.
        if (!('failure' in answer)) this.#concurrency.overloaded();
        this.#outage.failed('outage', verdict.reason);
        throw new Unsettled(verdict.reason, piece.length, verdict.retryAfterMs);
      case 'hold':
        answered('hold');
        delivery.pieces.unshift(piece);
        this.#outage.failed('hold', verdict.reason);
        throw new Unsettled(verdict.reason, piece.length);
    }
  }

  #settleItems(
    delivery: Delivery,
    piece: readonly Document[],
    verdicts: readonly ItemVerdict[],
    answered: (outcome: 'ok' | 'partial') => void,
  ): void {
    const { again } = delivery;
    let blocking = '';
    for (const [index, document] of piece.entries()) {
      // Where handling fails midway, what was handled must not be sent again: a share of a record settles once.
      delivery.handled = index;
      const verdict = verdicts[index] ?? { kind: 'retry', reason: 'no verdict' };
      if (verdict.kind === 'ok') this.#indexed(document, verdict.alreadyThere);
      else if (verdict.kind === 'reject') this.#rejected(document, verdict.reason, verdict.message);
      else if (verdict.kind === 'hold') this.#held(document, verdict.reason);
      else if (++document.refusals > REFUSALS_UNTIL_HELD)
        this.#held(document, `${verdict.reason}, again and again`);
      else {
        document.detach();
        again.push(document);
        blocking = verdict.reason;
      }
    }
    delivery.handled = piece.length;
    // Elasticsearch answers; what it says of single documents must not stop the others.
    this.#outage.succeeded();
    answered(again.length === 0 ? 'ok' : 'partial');
    if (again.length === 0) return;
    delivery.pieces.push(again);
    throw new Unsettled(blocking, again.length);
  }

  /**
   * A request that is refused as a whole is halved, again and again. A single document that is too large is rejected. One that
   * makes a bad request by itself is rejected only when others pass; until then it is held, since the fault may be a
   * proxy's or ours.
   */
  #split(
    delivery: Delivery,
    piece: readonly Document[],
    kind: 'too_large' | 'bad_request',
    reason: string,
  ): void {
    // Somebody has answered: there is no outage, however little is taken.
    this.#outage.succeeded();
    const [only] = piece;
    if (only === undefined) return;
    if (piece.length > 1) {
      const nothingPassed = this.#passed === delivery.passedBefore;
      if (kind === 'bad_request' && delivery.alone.length >= ALONE_MAX && nothingPassed) {
        for (const document of piece) this.#held(document, reason);
        return;
      }
      const middle = Math.ceil(piece.length / 2);
      delivery.pieces.unshift(piece.slice(0, middle), piece.slice(middle));
    } else if (kind === 'too_large') this.#rejected(only, 'document_too_large', reason);
    else delivery.alone.push({ document: only, reason });
  }

  /**
   * Documents that were refused with 400 all alone: their own fault where others have passed meanwhile, and where they are
   * refused once more after that. Without the second time a fault that ends in the middle would look like theirs.
   *
   * @returns whether some are to be sent that second time
   */
  #judgeAlone(delivery: Delivery): boolean {
    const othersPassed = this.#passed > delivery.passedBefore;
    for (const { document, reason } of delivery.alone.splice(0)) {
      this.#passedAtProbe.set(document, this.#passed);
      if (!othersPassed) this.#held(document, reason);
      else if (delivery.suspects.has(document)) this.#rejected(document, 'bad_request', reason);
      else {
        delivery.suspects.add(document);
        delivery.pieces.push([document]);
      }
    }
    return delivery.pieces.length > 0;
  }

  #rejected(document: Document, reason: string, message: string): void {
    const cause = this.#events.rejected(document, reason, message);
    if (cause !== undefined) this.#held(document, cause);
  }

  #held(document: Document, cause: string): void {
    // When it is sent again by itself it has all its chances anew.
    document.refusals = 0;
    this.#events.held(document, cause);
  }

  #indexed(document: Document, alreadyThere: boolean): void {
    this.#passed++;
    this.#events.indexed(document, alreadyThere);
  }
}

function isSettled({ settlement }: Document): boolean {
  return settlement.settled;
}
