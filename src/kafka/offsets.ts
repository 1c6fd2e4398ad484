/** What the tracker needs of a record: where it is, and whether its fate is settled. */
export interface Tracked {
  readonly offset: number;
  readonly settled: boolean;
  /**
   * The last record that one event was made of together with this one; -1 or nothing where it stands alone. Whoever reads again
   * must read all of them, so nothing between the two may be committed.
   */
  readonly until?: number;
}

/**
 * The offsets of one partition during one assignment (an epoch): which records were received, and up to where all of them
 * are settled. Pure; after Kafka Connect's offset tracker. Offsets that Kafka never delivers (aborted transactions, control
 * records, compaction) leave gaps that it does not wait for.
 */
export class PartitionOffsets<T extends Tracked> {
  readonly topic: string;
  readonly partition: number;
  /** Set when the partition was given up: what still settles belongs to an old epoch and is never committed. */
  closed = false;
  /** The offset that the broker has acknowledged as committed; the next commit must be above it. */
  committed: number;
  /** Records that are held: while there are any, nothing more is taken from the partition. */
  held = 0;
  /** Records that wait for others to be made into one event with: only more records can complete them. */
  waiting = 0;
  /** Memory that those take, in bytes. */
  waitingBytes = 0;
  #entries: T[] = [];
  /** The first entry that may not be passed. */
  #head = 0;
  /** The first entry that is not settled; before it lie those that only wait for others of their event. */
  #scan = 0;
  /** How far the events of the settled entries reach. */
  #reach = -1;
  #position: number;
  #unsettled = 0;

  /** @param start the offset that consumption starts from. @param committed what the group had committed, -1 if nothing. */
  constructor(topic: string, partition: number, start: number, committed: number) {
    this.topic = topic;
    this.partition = partition;
    this.committed = committed;
    this.#position = start;
  }

  /** The lowest offset that has not been received. */
  get position(): number {
    return this.#position;
  }

  /** Records received and not yet settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Records held in memory here: the unsettled ones, and the settled ones behind the first unsettled one. */
  get tracked(): number {
    return this.#entries.length - this.#head;
  }

  /** Whether `offset` is new in this epoch. What comes a second time is already in hand. */
  isNew(offset: number): boolean {
    return offset >= this.#position;
  }

  /** Takes a record that was received. Offsets must rise. */
  receive(entry: T): void {
    if (entry.offset < this.#position) throw new RangeError(`offset ${entry.offset} was received before`);
    this.#entries.push(entry);
    this.#position = entry.offset + 1;
    this.#unsettled++;
  }

  /** Says that one received record has settled; its `settled` is true from now on. */
  settle(): void {
    this.#unsettled--;
    const entries = this.#entries;
    let [head, scan, reach] = [this.#head, this.#scan, this.#reach];
    while (scan < entries.length && entries[scan]?.settled === true) {
      reach = Math.max(reach, entries[scan]?.until ?? -1);
      scan++;
      if (reach < (entries[scan]?.offset ?? Infinity)) head = scan;
    }
    this.#reach = reach;
    if (head === entries.length) {
      this.#entries = [];
      [head, scan] = [0, 0];
    } else if (head > 1024 && head * 2 > entries.length) {
      this.#entries = entries.slice(head);
      [head, scan] = [0, scan - head];
    }
    this.#head = head;
    this.#scan = scan;
  }

  /**
   * Learns the consumer's position, which moves over records that are never delivered (control records at the end of a
   * transaction). Only a position read while no `consume` was in flight may be given here.
   */
  advance(position: number): void {
    if (position > this.#position) this.#position = position;
  }

  /** The lowest record that is not settled. */
  get oldest(): T | undefined {
    return this.#entries[this.#scan];
  }

  /** The offset that may be committed: that of the lowest received record that may not be passed, else the position. */
  get watermark(): number {
    return this.#entries[this.#head]?.offset ?? this.#position;
  }

  /** The offset to commit now, or null where nothing has moved or the epoch is over. */
  get committable(): number | null {
    const watermark = this.watermark;
    return !this.closed && watermark > this.committed ? watermark : null;
  }

  /** Whether that is so for one of the records that are not settled. Stops at the first one. */
  someOpen(isSo: (entry: T) => boolean): boolean {
    for (let at = this.#scan; at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (entry !== undefined && !entry.settled && isSo(entry)) return true;
    }
    return false;
  }

  /** The records that are not settled, oldest first. */
  open(): T[] {
    return this.#entries.slice(this.#scan).filter((entry) => !entry.settled);
  }
}
