import { Beginning } from './clock.ts';
import type { Settlement } from './settlement.ts';

/** Causes that are told apart; what further ones hold is held for "other causes". */
const HOLDS_MAX = 1000;
const OTHER = 'other causes';
/** In characters. */
const REASON_MAX = 400;

/** One cause that somebody must mend before its records go on, as the status shows it. */
export interface HoldInfo {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** How long it has lasted. */
  readonly seconds: number;
  readonly records: number;
  /** `topic[partition]`, sorted; empty where all are concerned. */
  readonly partitions: readonly string[];
}

export interface HoldListener {
  /** A cause that was not there before. */
  began(hold: HoldInfo): void;
  /** The last record of a cause goes on. */
  ended(hold: HoldInfo): void;
}

interface Hold {
  readonly began: Beginning;
  readonly settlements: Set<Settlement>;
}

/**
 * What is held, by cause: documents that Elasticsearch cannot take for a fault of the environment, dead letters that cannot be
 * written, records that a transform with `on_error: hold` failed on. A partition with a held record is paused; the
 * others go on. Nothing here sends anything: whoever holds a record tries it again, and says when it goes on.
 */
export class Holds {
  readonly #listener: HoldListener;
  readonly #holds = new Map<string, Hold>();
  readonly #bytesOf = new Map<Settlement, number>();
  #bytes = 0;

  constructor(listener: HoldListener) {
    this.#listener = listener;
  }

  /** Says that a record is held. The same record may be held for several causes. */
  add(cause: string, settlement: Settlement): void {
    const reason = this.#nameOf(cause);
    const known = this.#holds.get(reason);
    const hold = known ?? { began: new Beginning(), settlements: new Set() };
    if (hold.settlements.has(settlement)) return;
    hold.settlements.add(settlement);
    settlement.detach();
    if (settlement.holds++ === 0) {
      settlement.partition.held++;
      this.#bytes += settlement.bytes;
      this.#bytesOf.set(settlement, settlement.bytes);
    }
    if (known !== undefined) return;
    this.#holds.set(reason, hold);
    this.#listener.began(infoOf(reason, hold));
  }

  /** Says that a record goes on (or was given up). */
  remove(cause: string, settlement: Settlement): void {
    const own = cause.slice(0, REASON_MAX);
    const reason = this.#holds.get(own)?.settlements.has(settlement) === true ? own : OTHER;
    const hold = this.#holds.get(reason);
    if (hold === undefined || !hold.settlements.delete(settlement)) return;
    if (--settlement.holds === 0) {
      settlement.partition.held--;
      this.#bytes -= this.#bytesOf.get(settlement) ?? 0;
      this.#bytesOf.delete(settlement);
    }
    if (hold.settlements.size > 0) return;
    this.#holds.delete(reason);
    this.#listener.ended(infoOf(reason, hold));
  }

  /** Forgets records that were given up with their partition. */
  removeGivenUp(): void {
    for (const [reason, { settlements }] of this.#holds) {
      for (const settlement of settlements) if (settlement.settled) this.remove(reason, settlement);
    }
  }

  /** Causes name indices, whose names come from data: there may be any number of them, of any length. */
  #nameOf(cause: string): string {
    const reason = cause.slice(0, REASON_MAX);
    return this.#holds.has(reason) || this.#holds.size < HOLDS_MAX ? reason : OTHER;
  }

  get size(): number {
    return this.#holds.size;
  }

  /** Memory of the records that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  list(): HoldInfo[] {
    return [...this.#holds].map(([reason, hold]) => infoOf(reason, hold));
  }
}

/** A hold of everything. */
export function holdOfAll(reason: string, began: Beginning, records: number): HoldInfo {
  return { reason, since: began.at, seconds: began.seconds, records, partitions: [] };
}

function infoOf(reason: string, { began, settlements }: Hold): HoldInfo {
  const partitions = new Set<string>();
  for (const { partition } of settlements) partitions.add(`${partition.topic}[${partition.partition}]`);
  const { at: since, seconds } = began;
  return { reason, since, seconds, records: settlements.size, partitions: [...partitions].sort() };
}
