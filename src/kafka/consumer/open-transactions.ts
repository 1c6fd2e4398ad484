/** Most transactions end within this time. */
const OPEN_AFTER_MS = 10_000;

/** A producer's open transaction: no read_committed consumer receives a record after its start. */
export interface OpenTransaction {
  /** When it was first seen, in milliseconds since the epoch. It may be older. */
  readonly since: number;
  /** Number of offsets that are not delivered. */
  readonly behind: number;
}

interface Progress {
  readonly position: number;
  readonly highWatermark: number;
  openTransaction: OpenTransaction | null;
}

/**
 * Distinguishes partitions that wait for the end of a transaction from partitions without new records, and
 * from stalled ones. Called every few seconds.
 */
export class OpenTransactions {
  readonly #seen = new WeakMap<
    Progress,
    { readonly at: number; readonly now: number; readonly time: number }
  >();

  /**
   * @param end the end of all written records, committed or not; queried after the high watermark
   * @param now milliseconds of a monotonic clock
   * @param time milliseconds since the epoch
   * @returns the change of `owned.openTransaction`
   */
  note(owned: Progress, end: number, now: number, time: number): 'began' | 'ended' | null {
    const { position, highWatermark: stable, openTransaction: before } = owned;
    const isHeldBack = position >= stable && stable >= 0 && end > stable;
    const seen = this.#seen.get(owned);
    if (!isHeldBack || seen?.at !== stable) {
      // If the high watermark moves, the gap was another transaction, or was written between both queries.
      if (isHeldBack) this.#seen.set(owned, { at: stable, now, time });
      else this.#seen.delete(owned);
      owned.openTransaction = null;
      return before === null ? null : 'ended';
    }
    if (now - seen.now < OPEN_AFTER_MS) return null;
    owned.openTransaction = { since: seen.time, behind: end - stable };
    return before === null ? 'began' : null;
  }
}

/** One sentence for operators that explains why no records are delivered. */
export function waitsFor({ since, behind }: OpenTransaction): string {
  return `an open transaction of a producer since ${new Date(since).toISOString()}; ${behind} offsets wait behind it`;
}
