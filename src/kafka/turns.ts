import type { OwnedPartition } from './assignment.ts';

/** What is read between two looks, in fetches. Of those that are told to wait the client discards little beside it: 6 % of all. */
const LOOK_FETCHES = 16;
/** While some wait nobody waits for longer than this for the next look. */
const LOOK_MS_MAX = 5000;
/** So many polls in one turn found less than they asked for: those whose turn it is do not have more, or it comes slowly. */
const UNFILLED_POLLS_MAX = 10;
/** A partition has had its turn with this part of what is read of each on average. */
const SHARE_MIN = 4;

type Reader = Pick<OwnedPartition, 'position' | 'highWatermark' | 'paused' | 'draining' | 'yielding'>;

/**
 * Lets the partitions of a backlog take turns where one fetch does not bring records of all of them.
 *
 * A broker fills an answer in the order in which the request names the partitions, up to `fetch.max.bytes`, and beyond the first
 * leaves out those whose next batch is larger than `max.partition.fetch.bytes`. librdkafka begins each request with another
 * partition, but starts from the same one whenever its queue was full, which under load is always: the first are served until they have
 * nothing more, and the others not at all. Here those that were served wait until the others were, too.
 */
export class Turns {
  readonly #lookBytes: number;
  /** Positions at the last look. */
  readonly #positions = new WeakMap<Reader, number>();
  /** Positions of those that brought nothing in a turn of their own: no leader, for one. Nobody waits for them again. */
  readonly #inVain = new WeakMap<Reader, number>();
  #bytes = 0;
  #lookedAt = 0;
  #unfilledPolls = 0;
  #taken = false;

  /** @param fetchBytes `fetch.max.bytes` of the client */
  constructor(fetchBytes: number) {
    this.#lookBytes = fetchBytes * LOOK_FETCHES;
  }

  /**
   * After each poll: sets who is `yielding`.
   *
   * @param isFull whether it has brought as many records as it asked for
   * @param bytes of their values
   * @param now in ms, of any clock that only goes forward
   */
  polled(isFull: boolean, bytes: number, now: number, partitions: () => readonly Reader[]): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#lookBytes || (this.#taken && now - this.#lookedAt > LOOK_MS_MAX)) {
      this.#look(partitions(), now);
    } else if (this.#taken && !isFull) this.#foundLess(partitions(), now);
  }

  #look(all: readonly Reader[], now: number): void {
    const reading = all.filter((one) => isRead(one) && this.#positions.has(one));
    const enough = reading.reduce((sum, one) => sum + this.#progress(one), 0) / reading.length / SHARE_MIN;
    const starved = reading.some(
      (one) => this.#progress(one) < Math.min(enough, behind(one)) && !this.#wasInVain(one),
    );
    this.#begin(all, now, (one) => starved && (one.yielding || this.#progress(one) >= enough));
  }

  /** Nobody waits for those that have been read to their end. */
  #foundLess(all: readonly Reader[], now: number): void {
    const awaited = all.filter((one) => isRead(one) && behind(one) > 0 && !this.#wasInVain(one));
    if (++this.#unfilledPolls < UNFILLED_POLLS_MAX && awaited.length > 0) return;
    for (const one of awaited) if (this.#progress(one) === 0) this.#inVain.set(one, one.position);
    this.#begin(all, now, () => false);
  }

  /** Since the last look, in offsets. */
  #progress(one: Reader): number {
    return one.position - (this.#positions.get(one) ?? one.position);
  }

  #wasInVain(one: Reader): boolean {
    return this.#inVain.get(one) === one.position;
  }

  #begin(all: readonly Reader[], now: number, waits: (one: Reader) => boolean): void {
    this.#bytes = 0;
    this.#lookedAt = now;
    this.#unfilledPolls = 0;
    this.#taken = false;
    for (const one of all) {
      one.yielding = waits(one);
      this.#taken ||= one.yielding;
      this.#positions.set(one, one.position);
    }
  }
}

function isRead({ yielding, paused, draining }: Reader): boolean {
  return !yielding && !paused && !draining;
}

/** What is left to be read, as far as is known. */
function behind({ position, highWatermark }: Reader): number {
  return highWatermark - position;
}
