import { setTimeout as delay } from 'node:timers/promises';
import { type Backoff, fullJitter } from './backoff.ts';
import { Bisection } from './bisect.ts';
import { BodyLimit, SMALL_BYTES, SMALL_DOCUMENTS } from './body-limit.ts';
import { BodyPool } from './body-pool.ts';
import { type Break, BrokenRequests, breakOf } from './broken.ts';
import type { BulkEvents, RequestOutcome } from './bulk-events.ts';
import type { BulkTransport } from './client.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import { type Delivery, isSettled, nextPiece, openDelivery } from './delivery.ts';
import { type Document, bulkBody } from './document.ts';
import type { Outage } from './outage.ts';
import { Progress } from './progress.ts';
import { RequestSlots } from './request-slots.ts';
import { messageOf } from '../errors.ts';
import { type ItemVerdict, judge } from './verdict.ts';

/** A document that is still not taken after so many answers is held by name, and takes no request slot any longer. */
const REFUSALS_UNTIL_HELD = 10;

/** A bulk request of nothing: Elasticsearch answers it with 400. */
const NOTHING = Buffer.from('\n');

/** Some documents are not settled yet, and are sent again after a delay. */
interface Unsettled {
  readonly reason: string;
  readonly documents: number;
  readonly retryAfterMs?: number | undefined;
}

type Through = Extract<ItemVerdict, { kind: 'ok' | 'diverted' }>;

/**
 * Sends batches until every document in them is settled: acknowledged, rejected, or given up with its partition. Only
 * what failed is sent again. Nothing else ends the loop.
 */
export class BulkSender {
  readonly #transport: BulkTransport;
  readonly #outage: Outage;
  readonly #concurrency: ConcurrencyLimit;
  readonly #slots: RequestSlots;
  readonly #backoff: Backoff;
  readonly #events: BulkEvents;
  readonly #limit: BodyLimit;
  readonly #open = new Set<Delivery>();
  readonly #bodies = new BodyPool();
  readonly #progress = new Progress();
  readonly #bisection: Bisection;
  readonly #broken: BrokenRequests;

  /** @param limit shared with whoever makes the batches */
  constructor(
    transport: BulkTransport,
    outage: Outage,
    concurrency: ConcurrencyLimit,
    backoff: Backoff,
    events: BulkEvents,
    limit: BodyLimit = new BodyLimit(),
  ) {
    this.#transport = transport;
    this.#outage = outage;
    this.#concurrency = concurrency;
    this.#slots = new RequestSlots(concurrency);
    this.#backoff = backoff;
    this.#events = events;
    this.#limit = limit;
    const fates = {
      rejected: (document: Document, reason: string, message: string): void =>
        this.#rejected(document, reason, message),
      held: (document: Document, cause: string): void => this.#held(document, cause),
    };
    this.#bisection = new Bisection(this.#progress, fates);
    this.#broken = new BrokenRequests(this.#progress, limit, fates, async (signal) => {
      const answer = await transport.send(NOTHING, signal);
      return 'status' in answer && answer.status < 500;
    });
  }

  /** Batches that are not settled yet. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Resolves when every document of the batch is settled, held, or given up. Never rejects. */
  async send(batch: readonly Document[]): Promise<void> {
    const delivery = openDelivery(batch, this.#progress.taken);
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
    const othersPassed = this.#progress.othersPassedSince(document);
    const answer = await this.#transport.send(bulkBody([document]), signal);
    const verdict = judge(answer, 1);
    const [item] = verdict.kind === 'items' ? verdict.items : [];
    this.#progress.failed(document);
    const rejected = (reason: string, message: string): boolean =>
      this.#events.rejected(document, reason, message) === undefined;
    if (item?.kind === 'ok' || item?.kind === 'diverted') return this.#through(document, item) === undefined;
    if (item?.kind === 'reject') return rejected(item.reason, item.message);
    if (verdict.kind === 'too_large') return rejected('document_too_large', verdict.reason);
    // Others have passed since it was refused the last time: it is this document.
    if (verdict.kind === 'bad_request' && othersPassed) return rejected('bad_request', verdict.reason);
    if (breakOf(answer) !== 'reset') return false;
    const message = await this.#broken.rejectionOf(document, othersPassed, signal);
    return message !== undefined && rejected('document_too_large', message);
  }

  async #untilSettled(delivery: Delivery): Promise<void> {
    for (let attempt = 1; ;) {
      if (!(await this.#maySend(delivery))) continue;
      const unsettled = await this.#sendNext(delivery);
      this.#slots.free();
      if (unsettled === 'nothing') {
        if (this.#bisection.judgeAlone(delivery)) continue;
        return;
      }
      if (unsettled === undefined) {
        attempt = 1;
        continue;
      }
      this.#events.retrying(unsettled.documents, unsettled.reason);
      const wait = Math.max(unsettled.retryAfterMs ?? 0, fullJitter(attempt++, this.#backoff));
      // A wait that is cut short means that there is something new to look at, not that anything is wrong.
      await delay(wait, undefined, { signal: delivery.wake.signal }).catch(() => {});
    }
  }

  /** Waits until it is the delivery's turn and there is a slot, which it has then. @returns false where it must wait again */
  async #maySend(delivery: Delivery): Promise<boolean> {
    const { signal } = delivery.wake;
    await this.#outage.turn(delivery, signal);
    // What was given up needs no turn: nothing of it is sent.
    await this.#slots.take(signal);
    if (this.#outage.lets(delivery) || signal.aborted) return true;
    this.#slots.free();
    return false;
  }

  /** An error of our own moves nothing: it is a hold like any other (promise P2). */
  async #sendNext(delivery: Delivery): Promise<Unsettled | 'nothing' | undefined> {
    const isProbe = this.#outage.state !== null || delivery.careful;
    const piece = nextPiece(
      delivery,
      Math.min(delivery.documentsMax, isProbe ? SMALL_DOCUMENTS : Infinity),
      Math.min(this.#limit.bytes, isProbe ? SMALL_BYTES : Infinity),
    );
    if (piece === undefined) return 'nothing';
    delivery.sending = piece;
    delivery.handled = 0;
    delivery.again = [];
    try {
      if (this.#outage.state !== null) this.#transport.refresh();
      return await this.#attempt(delivery, piece);
    } catch (error) {
      const reason = `internal error: ${messageOf(error)}`;
      delivery.pieces.unshift([...delivery.again, ...piece.slice(delivery.handled)]);
      this.#outage.failed('hold', reason);
      return { reason, documents: piece.length };
    } finally {
      delivery.sending = [];
    }
  }

  /** Sends the documents once and settles what the answer settles. @returns what is left, where a delay is needed */
  async #attempt(delivery: Delivery, piece: readonly Document[]): Promise<Unsettled | undefined> {
    const { signal } = delivery.wake;
    const start = performance.now();
    const body = bulkBody(piece, (size) => this.#bodies.take(size));
    const answer = await this.#transport.send(body, signal);
    const ms = performance.now() - start;
    const verdict = judge(answer, piece.length);
    const answered = (outcome: RequestOutcome): void => this.#events.answered(outcome, piece.length, ms);
    const bytes = body.length;
    switch (verdict.kind) {
      case 'items':
        // Who has a verdict for each document has read them all. After any other answer the socket may still be sending.
        this.#bodies.giveBack(body);
        return this.#settleItems(delivery, piece, verdict.items, (outcome) => {
          answered(outcome);
          this.#broken.passed(delivery, bytes);
          if (outcome === 'ok') this.#concurrency.succeeded(this.#open.size, ms, bytes);
          else this.#concurrency.overloaded();
        });
      case 'too_large':
      case 'bad_request':
        answered('split');
        // Somebody has answered: there is no outage, however little is taken.
        this.#outage.succeeded();
        if (verdict.kind === 'too_large') this.#limit.refused(bytes, piece.length);
        this.#bisection.split(delivery, piece, verdict.kind, verdict.reason);
        return undefined;
      case 'retry': {
        answered('retry');
        if (signal.aborted) {
          delivery.pieces.unshift(piece);
          return { reason: 'given up', documents: piece.length };
        }
        const broke = breakOf(answer);
        // A connection that fails says nothing about load.
        if (!('failure' in answer) || broke === 'timeout') this.#concurrency.overloaded();
        if (broke === undefined) {
          delivery.pieces.unshift(piece);
          this.#outage.failed('outage', verdict.reason);
        } else await this.#brokeOff(delivery, piece, bytes, broke, verdict.reason);
        return { reason: verdict.reason, documents: piece.length, retryAfterMs: verdict.retryAfterMs };
      }
      case 'hold':
        answered('hold');
        delivery.pieces.unshift(piece);
        this.#outage.failed('hold', verdict.reason);
        return { reason: verdict.reason, documents: piece.length };
    }
  }

  async #brokeOff(
    delivery: Delivery,
    piece: readonly Document[],
    bytes: number,
    broke: Break,
    reason: string,
  ): Promise<void> {
    const blame = await this.#broken.put(delivery, piece, bytes, broke, this.#outage.state !== null);
    if (blame === 'outage') this.#outage.failed('outage', reason);
    else if (blame === 'size') this.#outage.doubted();
  }

  #settleItems(
    delivery: Delivery,
    piece: readonly Document[],
    verdicts: readonly ItemVerdict[],
    answered: (outcome: 'ok' | 'partial') => void,
  ): Unsettled | undefined {
    const { again } = delivery;
    let blocking = '';
    for (const [index, document] of piece.entries()) {
      // Where handling fails midway, what was handled must not be sent again: a share of a record settles once.
      delivery.handled = index;
      const verdict = verdicts[index] ?? { kind: 'retry', reason: 'no verdict' };
      if (verdict.kind === 'ok' || verdict.kind === 'diverted') {
        const cause = this.#through(document, verdict);
        if (cause !== undefined) this.#held(document, cause);
      } else if (verdict.kind === 'reject') this.#rejected(document, verdict.reason, verdict.message);
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
    if (again.length === 0) return undefined;
    delivery.pieces.push(again);
    return { reason: blocking, documents: again.length };
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

  /** Tells of a document that Elasticsearch has done with. @returns the cause for which it must be held all the same */
  #through(document: Document, verdict: Through): string | undefined {
    this.#progress.taken++;
    if (verdict.kind === 'diverted') return this.#events.diverted(document, verdict.to);
    this.#events.indexed(document, verdict.alreadyThere);
    return undefined;
  }
}
