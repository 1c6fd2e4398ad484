import { Beginning } from '../clock.ts';
import { actionOn } from './block-actions.ts';
import { coordinatesOf, partitionName } from '../record.ts';
import type { Settlement } from './settlement.ts';

/** Maximum number of causes that are distinguished; further causes count as "other causes". */
const CAUSES_MAX = 1000;
const OTHER = 'other causes';
/** In characters. */
const REASON_MAX = 400;

/** A cause that blocks records until an operator removes it, as the status shows it. */
export interface BlockInfo {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** How long it has lasted. */
  readonly seconds: number;
  readonly records: number;
  /** `topic[partition]`, sorted; empty if all partitions are concerned. */
  readonly partitions: readonly string[];
  /** The lowest blocked offset of the first of these partitions; null if all partitions are concerned. */
  readonly offset: number | null;
  /** The same record as `topic:partition:offset`, as `logweir dlq put` takes it. */
  readonly record: string | null;
  /** What Elasticsearch or the transform said of the first record, without values of it; null if nothing. */
  readonly message: string | null;
  /** What the operator must do. */
  readonly action: string;
}

export interface BlockListener {
  /** A new cause blocks records. */
  began(block: BlockInfo): void;
  /** The last record of a cause was released. */
  ended(block: BlockInfo): void;
}

interface Block {
  readonly began: Beginning;
  readonly settlements: Set<Settlement>;
  readonly message: string | null;
}

/**
 * Blocked records, by cause: documents that Elasticsearch cannot index because of its environment, dead
 * letters that cannot be written, records that a transform with `on_error: hold` failed on. A partition with
 * a blocked record is paused; other partitions are not. This class sends nothing: its callers retry their
 * records, and release them.
 */
export class BlockedRecords {
  readonly #listener: BlockListener;
  readonly #blocks = new Map<string, Block>();
  readonly #bytesOf = new Map<Settlement, number>();
  #bytes = 0;

  constructor(listener: BlockListener) {
    this.#listener = listener;
  }

  /**
   * Blocks a record. A record may be blocked for several causes.
   *
   * @param message for the log: it must not contain values of the record
   */
  add(cause: string, settlement: Settlement, message?: string): void {
    const reason = this.#nameOf(cause);
    const known = this.#blocks.get(reason);
    const block = known ?? { began: new Beginning(), settlements: new Set(), message: message ?? null };
    if (block.settlements.has(settlement)) return;
    block.settlements.add(settlement);
    settlement.detach();
    if (settlement.blocks++ === 0) {
      settlement.partition.blocked++;
      this.#bytes += settlement.bytes;
      this.#bytesOf.set(settlement, settlement.bytes);
    }
    if (known !== undefined) return;
    this.#blocks.set(reason, block);
    this.#listener.began(infoOf(reason, block));
  }

  /** Releases a record (or forgets it, once it is abandoned). */
  remove(cause: string, settlement: Settlement): void {
    const own = cause.slice(0, REASON_MAX);
    const reason = this.#blocks.get(own)?.settlements.has(settlement) === true ? own : OTHER;
    const block = this.#blocks.get(reason);
    if (block === undefined || !block.settlements.delete(settlement)) return;
    if (--settlement.blocks === 0) {
      settlement.partition.blocked--;
      this.#bytes -= this.#bytesOf.get(settlement) ?? 0;
      this.#bytesOf.delete(settlement);
    }
    if (block.settlements.size > 0) return;
    this.#blocks.delete(reason);
    this.#listener.ended(infoOf(reason, block));
  }

  /** Forgets records that were abandoned with their partition. */
  removeAbandoned(): void {
    for (const [reason, { settlements }] of this.#blocks) {
      for (const settlement of settlements) if (settlement.settled) this.remove(reason, settlement);
    }
  }

  /** Causes contain index names, which come from data: their number and length are bounded here. */
  #nameOf(cause: string): string {
    const reason = cause.slice(0, REASON_MAX);
    return this.#blocks.has(reason) || this.#blocks.size < CAUSES_MAX ? reason : OTHER;
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** Memory of the blocked records. */
  get bytes(): number {
    return this.#bytes;
  }

  list(): BlockInfo[] {
    return [...this.#blocks].map(([reason, block]) => infoOf(reason, block));
  }
}

/** A block of all partitions. */
export function blockOfAll(
  {
    reason,
    began,
    message = null,
  }: { reason: string; began: Beginning; message?: string | null | undefined },
  records: number,
): BlockInfo {
  const { at: since, seconds } = began;
  const place = { partitions: [], offset: null, record: null };
  return { reason, since, seconds, records, ...place, message, action: actionOn(reason) };
}

function infoOf(reason: string, { began, settlements, message }: Block): BlockInfo {
  const lowest = new Map<string, Settlement>();
  for (const settlement of settlements) {
    const name = partitionName(settlement.partition);
    if (settlement.offset < (lowest.get(name)?.offset ?? Infinity)) lowest.set(name, settlement);
  }
  const partitions = [...lowest.keys()].sort();
  const first = lowest.get(partitions[0] ?? '');
  const { at: since, seconds } = began;
  return {
    reason,
    since,
    seconds,
    records: settlements.size,
    partitions,
    offset: first?.offset ?? null,
    record: first === undefined ? null : placeOf(first),
    message,
    action: actionOn(reason),
  };
}

function placeOf({ partition: { topic, partition }, offset }: Settlement): string {
  return coordinatesOf({ topic, partition, offset });
}
