import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { type Backoff, fullJitter } from './backoff.ts';
import type { BulkTransport } from './client.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import { type Document, bulkBody } from './document.ts';
import type { Outage } from './outage.ts';
import { messageOf } from '../errors.ts';
import { type ItemVerdict, judge } from './verdict.ts';

/** What the indexer tells the pipeline. */
export interface BulkEvents {
  /** Acknowledged by Elasticsearch: its share of the record is settled. */
  indexed(document: Document, alreadyThere: boolean): void;
  /** Refused for good because of the document itself. Whoever takes it settles it. */
  rejected(document: Document, reason: string, message: string): void;
  /** The environment's fault: whoever takes it tries it again by itself. */
  held(document: Document, cause: string): void;
  /** One request ended, after `ms`; for metrics. */
  answered(outcome: RequestOutcome, documents: number, ms: number): void;
  /** Documents will be sent again; for metrics. */
  retrying(documents: number, reason: string): void;
}

export type RequestOutcome = 'ok' | 'partial' | 'retry' | 'hold' | 'split';

/** A document that is still not taken after so many answers is held by name, and takes no request slot any longer. */
const ATTEMPTS_UNTIL_HELD = 10;

/** Thrown inside the retry loop only: some documents are not settled yet. */
class Unsettled extends Error {
  readonly retryAfterMs: number;

  constructor(reason: string, retryAfterMs = 0) {
    super(reason);
    this.name = 'Unsettled';
    this.retryAfterMs = retryAfterMs;
  }
}

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
  readonly #open = new Set<Attempts>();

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

  /** Resolves when every document of the batch is settled or given up. Never rejects. */
  async send(batch: readonly Document[]): Promise<void> {
    const attempts: Attempts = { documents: batch, wake: new AbortController(), partialAnswers: 0 };
    this.#open.add(attempts);
    try {
      await this.#untilSettled(attempts);
    } finally {
      this.#open.delete(attempts);
      this.#outage.left(attempts);
    }
  }

  /** Aborts what is open for documents that were given up; the others of the same batches are sent again at once. */
  dropGivenUp(): void {
    for (const attempts of this.#open) {
      if (!attempts.documents.some((document) => document.settlement.settled)) continue;
      attempts.wake.abort();
      attempts.wake = new AbortController();
    }
  }

  async #untilSettled(attempts: Attempts): Promise<void> {
    await pRetry(
      async () => {
        await this.#outage.turn(attempts, attempts.wake.signal);
        if (this.#outage.state !== null) this.#transport.refresh();
        attempts.documents = attempts.documents.filter((document) => !document.settlement.settled);
        if (attempts.documents.length > 0) await this.#attemptSafely(attempts);
      },
      {
        retries: Infinity,
        minTimeout: 0,
        onFailedAttempt: async ({ error, attemptNumber }) => {
          if (!(error instanceof Unsettled)) return;
          this.#events.retrying(attempts.documents.length, error.message);
          const wait = Math.max(error.retryAfterMs, fullJitter(attemptNumber, this.#backoff));
          // A wait that is cut short means that there is something new to look at, not that anything is wrong.
          await delay(wait, undefined, { signal: attempts.wake.signal }).catch(() => {});
        },
      },
    );
  }

  /** An error of our own moves nothing: it is a hold like any other (promise P2). */
  async #attemptSafely(attempts: Attempts): Promise<void> {
    try {
      await this.#attempt(attempts);
    } catch (error) {
      if (error instanceof Unsettled) throw error;
      const reason = `internal error: ${messageOf(error)}`;
      this.#outage.failed('hold', reason);
      throw new Unsettled(reason);
    }
  }

  /** Sends the documents once and settles what the answer settles. Throws {@link Unsettled} for the rest. */
  async #attempt(attempts: Attempts): Promise<void> {
    const { documents } = attempts;
    const { signal } = attempts.wake;
    const start = performance.now();
    const answer = await this.#transport.send(bulkBody(documents), signal);
    const verdict = judge(answer, documents.length);
    const answered = (outcome: RequestOutcome): void =>
      this.#events.answered(outcome, documents.length, performance.now() - start);
    switch (verdict.kind) {
      case 'items': {
        const rest = this.#settleItems(attempts, verdict.items);
        answered(rest === undefined ? 'ok' : 'partial');
        if (rest !== undefined) throw rest;
        return;
      }
      case 'too_large':
      case 'bad_request':
        answered('split');
        await this.#split(attempts, verdict.kind, verdict.reason);
        return;
      case 'retry':
        answered('retry');
        if (signal.aborted) throw new Unsettled('given up');
        // A connection that fails says nothing about load.
        if (!('failure' in answer)) this.#concurrency.overloaded();
        this.#outage.failed('outage', verdict.reason);
        throw new Unsettled(verdict.reason, verdict.retryAfterMs);
      case 'hold':
        answered('hold');
        this.#outage.failed('hold', verdict.reason);
        throw new Unsettled(verdict.reason);
    }
  }

  #settleItems(attempts: Attempts, verdicts: readonly ItemVerdict[]): Unsettled | undefined {
    const open: Document[] = [];
    let blocking: string | undefined;
    attempts.partialAnswers++;
    attempts.documents.forEach((document, index) => {
      const verdict = verdicts[index] ?? { kind: 'retry', reason: 'no verdict' };
      if (verdict.kind === 'ok') this.#events.indexed(document, verdict.alreadyThere);
      else if (verdict.kind === 'reject') this.#events.rejected(document, verdict.reason, verdict.message);
      else if (verdict.kind === 'hold') this.#events.held(document, verdict.reason);
      else if (attempts.partialAnswers > ATTEMPTS_UNTIL_HELD) {
        this.#events.held(document, `${verdict.reason}, again and again`);
      } else {
        open.push(document);
        blocking = verdict.reason;
      }
    });
    attempts.documents = open;
    // Elasticsearch answers; what it says of single documents must not stop the others.
    this.#outage.succeeded();
    if (blocking === undefined) {
      this.#concurrency.succeeded(this.#open.size);
      return undefined;
    }
    this.#concurrency.overloaded();
    return new Unsettled(blocking);
  }

  /** Sends one held document once. @returns whether that settled it */
  async probe(document: Document, signal: AbortSignal): Promise<boolean> {
    const verdict = judge(await this.#transport.send(bulkBody([document]), signal), 1);
    const [item] = verdict.kind === 'items' ? verdict.items : [];
    if (item?.kind === 'ok') this.#events.indexed(document, item.alreadyThere);
    else if (item?.kind === 'reject') this.#events.rejected(document, item.reason, item.message);
    else return false;
    return true;
  }

  /**
   * A request that is refused as a whole is halved, again and again. A single document that is too large is rejected; a
   * single one that makes a bad request is rejected only when others pass, else the fault is not in the documents.
   */
  async #split(attempts: Attempts, kind: 'too_large' | 'bad_request', reason: string): Promise<void> {
    const { documents } = attempts;
    const [only] = documents;
    if (documents.length === 1 && only !== undefined) {
      if (kind === 'bad_request' && !attempts.othersPassed) {
        this.#outage.failed('hold', reason);
        throw new Unsettled(reason);
      }
      this.#outage.succeeded();
      this.#events.rejected(only, kind === 'too_large' ? 'document_too_large' : 'bad_request', reason);
      return;
    }
    const middle = Math.ceil(documents.length / 2);
    const halves = [documents.slice(0, middle), documents.slice(middle)];
    const alone: Document[] = [];
    for (const half of halves) alone.push(...(await this.#bisect(half, attempts)));
    attempts.documents = alone;
    if (alone.length === 0) return;
    if (!attempts.othersPassed) {
      this.#outage.failed('hold', reason);
      throw new Unsettled(reason);
    }
    for (const document of alone) this.#events.rejected(document, 'bad_request', reason);
  }

  /** Delivers what can be, in ever smaller pieces. @returns the documents that are refused with 400 even alone */
  async #bisect(documents: readonly Document[], parent: Attempts): Promise<Document[]> {
    const piece: Attempts = { documents, wake: parent.wake, partialAnswers: 0 };
    const answer = await this.#transport.send(bulkBody(documents), piece.wake.signal);
    const verdict = judge(answer, documents.length);
    const [only] = documents;
    if ((verdict.kind === 'bad_request' || verdict.kind === 'too_large') && only !== undefined) {
      if (documents.length === 1) {
        if (verdict.kind === 'bad_request') return [only];
        this.#events.rejected(only, 'document_too_large', verdict.reason);
        return [];
      }
      const middle = Math.ceil(documents.length / 2);
      const first = await this.#bisect(documents.slice(0, middle), parent);
      return [...first, ...(await this.#bisect(documents.slice(middle), parent))];
    }
    if (verdict.kind === 'items') {
      parent.othersPassed = true;
      this.#settleItems(piece, verdict.items);
    }
    // What is not settled by now is delivered by a loop of its own, with its backoff.
    if (piece.documents.length > 0) await this.send(piece.documents);
    return [];
  }
}

/** A batch in the middle of being delivered. */
interface Attempts {
  /** What is not settled yet. */
  documents: readonly Document[];
  /** Cuts the open request or the wait short. */
  wake: AbortController;
  /** Answers with a verdict for each item. */
  partialAnswers: number;
  /** Whether some other document of the same request was taken. */
  othersPassed?: boolean;
}
