interface Span {
  /** The first offset that is known to have this epoch. */
  readonly from: number;
  readonly epoch: number;
}

/** Each leader election adds a span; each commit removes spans before its offset. */
const SPANS_MAX = 64;

/**
 * Epochs of the leaders that wrote each part of a partition, as far as records carry them. A later leader
 * continues a truncated log: so an offset and the epoch of the record before it tell whether the log is still
 * the one that was read.
 */
export class LeaderEpochs {
  #spans: Span[] = [];

  /** Records from `offset` on have this epoch, until another is noted. Offsets must rise. */
  note(offset: number, epoch: number): void {
    const last = this.#spans.at(-1);
    if (epoch < 0 || last?.epoch === epoch) return;
    this.#spans.push({ from: offset, epoch });
    if (this.#spans.length > SPANS_MAX) this.#spans.shift();
  }

  /** Epoch of the record before `offset`; -1 if unknown. */
  before(offset: number): number {
    return this.#spans.findLast(({ from }) => from < offset)?.epoch ?? -1;
  }

  /** Forgets the epochs before `offset`, but the last one: {@link before} still answers for `offset`. */
  forget(offset: number): void {
    while ((this.#spans[1]?.from ?? offset) < offset) this.#spans.shift();
  }
}

/** A record's offset and epoch, as the broker has them now. */
export interface EpochAt {
  readonly offset: number;
  readonly epoch: number;
}

/**
 * The first offset in `low` to `end` - 1 whose record has a later epoch than `epoch`, which is where the log
 * was truncated; `end` if there is none. Epochs rise along a partition, so a binary search finds it.
 *
 * @param at returns the first record of `from` to `to` - 1, or null
 */
export async function endOfEpoch(
  at: (from: number, to: number) => Promise<EpochAt | null>,
  low: number,
  end: number,
  epoch: number,
): Promise<number> {
  let [from, to, found] = [low, end, end];
  // Most logs are not truncated. The last record shows that.
  for (let look = end - 1; from < to; look = Math.floor((from + to) / 2)) {
    const record = await at(look, to);
    if (record !== null && record.epoch <= epoch) from = record.offset + 1;
    else {
      if (record !== null) found = look;
      to = look;
    }
  }
  return found;
}
