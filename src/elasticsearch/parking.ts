import { setTimeout as delay } from 'node:timers/promises';
import type { Holds } from '../holds.ts';
import { type Backoff, fullJitter } from './backoff.ts';
import type { Document } from './document.ts';

/** Sends one held document to `_bulk` once. Resolves true when that settled it. */
export type Probe = (document: Document, signal: AbortSignal) => Promise<boolean>;

interface Lot {
  documents: Document[];
}

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
  readonly #lots = new Map<string, Lot>();

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
    const reason = `${cause} (index ${document.index})`;
    this.#holds.add(reason, document.settlement);
    const lot = this.#lots.get(reason);
    if (lot !== undefined) {
      lot.documents.push(document);
      return;
    }
    const opened = { documents: [document] };
    this.#lots.set(reason, opened);
    void this.#probeUntilFree(reason, opened);
  }

  /** An error of our own settles nothing. */
  async #probeSafely(document: Document, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#probe(document, signal);
    } catch {
      return false;
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #probeUntilFree(reason: string, lot: Lot): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 1; !signal.aborted; attempt++) {
      await delay(fullJitter(attempt, this.#backoff), undefined, { signal }).catch(() => {});
      lot.documents = lot.documents.filter((document) => !document.settlement.settled);
      const [first] = lot.documents;
      if (signal.aborted) return;
      if (first === undefined) break;
      if (await this.#probeSafely(first, signal)) {
        // Its share is settled; the record it comes from may have others.
        lot.documents = lot.documents.filter((document) => document !== first);
        this.#holds.remove(reason, first.settlement);
        break;
      }
      // The next one: this one may be what never passes.
      lot.documents = [...lot.documents.slice(1), first];
    }
    this.#lots.delete(reason);
    for (const { settlement } of lot.documents) this.#holds.remove(reason, settlement);
    this.#holds.removeGivenUp();
    this.#release(lot.documents.filter((document) => !document.settlement.settled));
  }
}
