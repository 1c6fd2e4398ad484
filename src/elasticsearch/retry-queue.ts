import { setTimeout as delay } from 'node:timers/promises';
import type { BlockedRecords } from '../pipeline/blocked-records.ts';
import { type Backoff, fullJitter } from './backoff.ts';
import type { Document } from './document.ts';

/** Sends one blocked document to `_bulk` once. Resolves true if that settled it. */
type Probe = (document: Document, signal: AbortSignal) => Promise<boolean>;

/** Concurrent probes. Causes contain index names, possibly from hostile data: there may be thousands. */
const PROBES_MAX = 8;
const CAUSES_MAX = 1000;
const FURTHER = 'further causes';

/**
 * The documents that Elasticsearch cannot accept because of the environment: a blocked or closed index, a
 * missing privilege. They occupy no request slot, so other documents proceed. For each cause, one document is
 * sent repeatedly as a probe, with backoff. A settled probe releases the documents of its cause to batches.
 */
export class RetryQueue {
  readonly #blocked: BlockedRecords;
  readonly #probe: Probe;
  readonly #release: (documents: readonly Document[]) => void;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  /** Documents by cause; the first cause is probed next. */
  readonly #byCause = new Map<string, Document[]>();
  /** Documents whose probe is open. */
  readonly #probed = new Set<Document>();
  #running = false;

  constructor(
    blocked: BlockedRecords,
    backoff: Backoff,
    probe: Probe,
    release: (documents: readonly Document[]) => void,
  ) {
    this.#blocked = blocked;
    this.#backoff = backoff;
    this.#probe = probe;
    this.#release = release;
  }

  /** @param message what Elasticsearch says, without values of the document */
  add(document: Document, cause: string, message?: string): void {
    const reason = this.#keyOf(`${cause} (index ${document.index})`);
    document.detach();
    this.#blocked.add(reason, document.settlement, message);
    const known = this.#byCause.get(reason);
    if (known !== undefined) {
      known.push(document);
      return;
    }
    this.#byCause.set(reason, [document]);
    if (!this.#running) void this.#probeUntilEmpty();
  }

  /**
   * Removes and returns the documents that Elasticsearch has rejected, since a new chain may produce others.
   * A document with an open probe stays: the probe may settle it.
   */
  takeRejected(): Document[] {
    const released: Document[] = [];
    for (const [reason, documents] of this.#byCause) {
      const isTaken = (document: Document): boolean =>
        document.rejected && !document.settlement.settled && !this.#probed.has(document);
      const kept = documents.filter((document) => !isTaken(document));
      if (kept.length === documents.length) continue;
      const stay = new Set(kept.map(({ settlement }) => settlement));
      for (const document of documents.filter(isTaken)) {
        released.push(document);
        if (!stay.has(document.settlement)) this.#blocked.remove(reason, document.settlement);
      }
      if (kept.length > 0) this.#byCause.set(reason, kept);
      else this.#byCause.delete(reason);
    }
    return released;
  }

  close(): void {
    this.#closing.abort();
  }

  async #probeUntilEmpty(): Promise<void> {
    const { signal } = this.#closing;
    this.#running = true;
    let skipDelay = false;
    for (let attempt = 1; this.#byCause.size > 0; attempt++) {
      if (!skipDelay) await delay(fullJitter(attempt, this.#backoff), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const round = [...this.#byCause.keys()].slice(0, PROBES_MAX);
      const released = await Promise.all(round.map((reason) => this.#probeCause(reason)));
      // A resolved cause shows that the environment has changed: the others are probed soon, and at once
      // after a full round of resolved causes.
      if (released.includes(true)) attempt = 0;
      skipDelay = released.length === PROBES_MAX && !released.includes(false);
    }
    this.#running = false;
  }

  /**
   * Above the limit, further causes share one key; each document gets its own cause again after its release.
   */
  #keyOf(reason: string): string {
    return this.#byCause.has(reason) || this.#byCause.size < CAUSES_MAX ? reason : FURTHER;
  }

  /** Probes one cause. @returns whether it is resolved and its documents are released */
  async #probeCause(reason: string): Promise<boolean> {
    const [first] = this.#openOf(reason);
    const settled = first !== undefined && (await this.#probeSafely(first));
    // The list is read again: documents may have been added during the probe.
    const waiting = this.#openOf(reason).filter((document) => document !== first);
    this.#byCause.delete(reason);
    if (first !== undefined && !settled) {
      // The cause becomes the last one, and the document its last: the document may never pass.
      this.#byCause.set(reason, [...waiting, ...(first.settlement.settled ? [] : [first])]);
      return false;
    }
    // The probe is settled, but its record may have other pending outputs.
    if (first !== undefined) this.#blocked.remove(reason, first.settlement);
    for (const { settlement } of waiting) this.#blocked.remove(reason, settlement);
    this.#blocked.removeAbandoned();
    this.#release(waiting);
    return true;
  }

  #openOf(reason: string): Document[] {
    return (this.#byCause.get(reason) ?? []).filter((document) => !document.settlement.settled);
  }

  /** An internal error settles nothing. */
  async #probeSafely(document: Document): Promise<boolean> {
    this.#probed.add(document);
    try {
      return await this.#probe(document, this.#closing.signal);
    } catch {
      return false;
    } finally {
      this.#probed.delete(document);
    }
  }
}
