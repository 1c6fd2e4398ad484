interface Span {
  /** The first offset that is known to be of it. */
  readonly from: number;
  readonly epoch: number;
}

/** Each election of a leader makes one; what is committed leaves them behind. */
const SPANS_MAX = 64;

/**
 * By which leader each part of a partition was written, as far as records tell. A log that was truncated is written on by a later one:
 * so the epoch of the record before an offset says, with the offset, whether the partition is still the one that was read.
 */
export class LeaderEpochs {
  #spans: Span[] = [];

  /** Records from `offset` on are of this epoch, until another is noted. Offsets must rise. */
  note(offset: number, epoch: number): void {
    const last = this.#spans.at(-1);
    if (epoch < 0 || last?.epoch === epoch) return;
    this.#spans.push({ from: offset, epoch });
    if (this.#spans.length > SPANS_MAX) this.#spans.shift();
  }

  /** The epoch of the record before `offset`; -1 where that is not known. */
  before(offset: number): number {
    return this.#spans.findLast(({ from }) => from < offset)?.epoch ?? -1;
  }

  /** Nobody asks for what lies before `offset` any more. */
  forget(offset: number): void {
    while ((this.#spans[1]?.from ?? offset) < offset) this.#spans.shift();
  }
}

/** A record as it lies there now. */
export interface EpochAt {
  readonly offset: number;
  readonly epoch: number;
}

/**
 * Where a partition was cut: the first offset in `low` to `end` - 1 whose record is of a later epoch than `epoch`; `end` where there is
 * none. Epochs rise along a partition, so halving finds it.
 *
 * @param at the first record of `from` to `to` - 1, null where there is none
 */
export async function endOfEpoch(
  at: (from: number, to: number) => Promise<EpochAt | null>,
  low: number,
  end: number,
  epoch: number,
): Promise<number> {
  let [from, to, cut] = [low, end, end];
  // Mostly nothing was cut, which the last record tells.
  for (let look = end - 1; from < to; look = Math.floor((from + to) / 2)) {
    const found = await at(look, to);
    if (found !== null && found.epoch <= epoch) from = found.offset + 1;
    else {
      if (found !== null) cut = look;
      to = look;
    }
  }
  return cut;
}
