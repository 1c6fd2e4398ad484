import { setTimeout as delay } from 'node:timers/promises';
import type { Holds } from '../holds.ts';
import { type Backoff, fullJitter } from './backoff.ts';
import type { Document } from './document.ts';

/** Sends one held document to `_bulk` once. Resolves true when that settled it. */
export type Probe = (document: Document, signal: AbortSignal) => Promise<boolean>;

/** Probes at the same time. Causes hold index names, which may come from hostile data: there may be thousands. */
const PROBES_MAX = 8;
const LOTS_MAX = 1000;
const FURTHER = 'further causes';

/**
 * Where documents wait that Elasticsearch cannot take for a fault of the environment: a blocked or closed index, a missing
 * privilege. They take no request slot, so everything else flows on. For each cause one of them is sent again and again
 * as a probe, with backoff; when that one settles, all of the cause go back into the batches.
 */
export class Parking {
  readonly #holds: Holds;
  readonly #probe: Probe;
  readonly #release: (documents: readonly Document[]) => void;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  /** Documents by cause; the cause that is probed next comes first. */
  readonly #lots = new Map<string, Document[]>();
  /** Those that are being sent at the moment. */
  readonly #probed = new Set<Document>();
  #running = false;

  constructor(
    holds: Holds,
    backoff: Backoff,
    probe: Probe,
    release: (documents: readonly Document[]) => void,
  ) {
    this.#holds = holds;
    this.#backoff = backoff;
    this.#probe = probe;
    this.#release = release;
  }

  park(document: Document, cause: string): void {
    const reason = this.#lotOf(`${cause} (index ${document.index})`);
    document.detach();
    this.#holds.add(reason, document.settlement);
    const lot = this.#lots.get(reason);
    if (lot !== undefined) {
      lot.push(document);
      return;
    }
    this.#lots.set(reason, [document]);
    if (!this.#running) void this.#probeUntilEmpty();
  }

  /**
   * Takes out the documents that Elasticsearch has rejected, which another chain may make otherwise; but not one that is just being
   * probed, since that may settle it.
   */
  takeRejected(): Document[] {
    const taken: Document[] = [];
    for (const [reason, lot] of this.#lots) {
      const isTaken = (document: Document): boolean =>
        document.rejected && !document.settlement.settled && !this.#probed.has(document);
      const kept = lot.filter((document) => !isTaken(document));
      if (kept.length === lot.length) continue;
      const stay = new Set(kept.map(({ settlement }) => settlement));
      for (const document of lot.filter(isTaken)) {
        taken.push(document);
        if (!stay.has(document.settlement)) this.#holds.remove(reason, document.settlement);
      }
      if (kept.length > 0) this.#lots.set(reason, kept);
      else this.#lots.delete(reason);
    }
    return taken;
  }

  close(): void {
    this.#closing.abort();
  }

  async #probeUntilEmpty(): Promise<void> {
    const { signal } = this.#closing;
    this.#running = true;
    let isOver = false;
    for (let attempt = 1; this.#lots.size > 0; attempt++) {
      if (!isOver) await delay(fullJitter(attempt, this.#backoff), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const round = [...this.#lots.keys()].slice(0, PROBES_MAX);
      const freed = await Promise.all(round.map((reason) => this.#isFree(reason)));
      // Somebody has mended something: the other causes are looked at soon, and at once where all of many are over.
      if (freed.includes(true)) attempt = 0;
      isOver = freed.length === PROBES_MAX && !freed.includes(false);
    }
    this.#running = false;
  }

  /** Beyond so many causes what comes for another one shares a lot, and is told apart again when that is released. */
  #lotOf(reason: string): string {
    return this.#lots.has(reason) || this.#lots.size < LOTS_MAX ? reason : FURTHER;
  }

  /** Probes one cause. @returns whether it is over, and its documents released */
  async #isFree(reason: string): Promise<boolean> {
    const [first] = this.#openOf(reason);
    const settled = first !== undefined && (await this.#probeSafely(first));
    // More may have been parked meanwhile.
    const waiting = this.#openOf(reason).filter((document) => document !== first);
    this.#lots.delete(reason);
    if (first !== undefined && !settled) {
      // Behind the others, and the next one of them first: this one may be what never passes.
      this.#lots.set(reason, [...waiting, ...(first.settlement.settled ? [] : [first])]);
      return false;
    }
    // Its share is settled; the record it comes from may have others.
    if (first !== undefined) this.#holds.remove(reason, first.settlement);
    for (const { settlement } of waiting) this.#holds.remove(reason, settlement);
    this.#holds.removeGivenUp();
    this.#release(waiting);
    return true;
  }

  #openOf(reason: string): Document[] {
    return (this.#lots.get(reason) ?? []).filter((document) => !document.settlement.settled);
  }

  /** An error of our own settles nothing. */
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
