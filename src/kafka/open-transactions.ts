import type { OwnedPartition } from './assignment.ts';

/** Most transactions are over by then. */
const OPEN_AFTER_MS = 10_000;

/** A producer's transaction that has not ended: what lies behind its beginning is delivered to nobody who reads what is committed. */
export interface OpenTransaction {
  /** When it was first seen, in milliseconds since the epoch: it is at least as old. */
  readonly since: number;
  /** Offsets that are held back. */
  readonly behind: number;
}

type Progress = Pick<OwnedPartition, 'position' | 'highWatermark' | 'openTransaction'>;

/**
 * Tells partitions that wait for the end of a transaction from those that have nothing to be read, and from those that are no longer
 * fetched. Asked every few seconds.
 */
export class OpenTransactions {
  readonly #seen = new WeakMap<
    Progress,
    { readonly at: number; readonly now: number; readonly time: number }
  >();

  /**
   * @param end the end of all that was written, committed or not; asked for later than the one up to which the broker delivers
   * @param now in ms, of a clock that only goes forward
   * @param time in milliseconds since the epoch
   * @returns what has changed
   */
  note(owned: Progress, end: number, now: number, time: number): 'began' | 'ended' | null {
    const { position, highWatermark: stable, openTransaction: before } = owned;
    const isHeldBack = position >= stable && stable >= 0 && end > stable;
    const seen = this.#seen.get(owned);
    if (!isHeldBack || seen?.at !== stable) {
      // Where more is delivered it was that of another producer, or records that came between the two questions.
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

/** For whoever asks why nothing comes. */
export function waitsFor({ since, behind }: OpenTransaction): string {
  return `an open transaction of a producer since ${new Date(since).toISOString()}; ${behind} offsets lie behind it`;
}
