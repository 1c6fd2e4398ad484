import type { TopicPartition } from '../../record.ts';

/** A record, or a run of adjacent records that settle together, as the tracker needs it. */
export interface Tracked {
  readonly offset: number;
  /** The last offset of the run. */
  readonly last: number;
  /** Number of records in the run. */
  readonly count: number;
  readonly settled: boolean;
  /**
   * Offset of the last record that was aggregated into the same event; -1 or undefined without aggregation. A
   * replay must read all of these records, so no offset between the two is committed.
   */
  readonly until?: number;
}

/**
 * The offsets of one partition during one assignment (an epoch): which records were received, and up to which
 * offset all of them are settled. Pure; modelled on Kafka Connect's offset tracker. It does not wait for
 * offsets that Kafka never delivers (aborted transactions, control records, compaction).
 */
export class PartitionOffsets<T extends Tracked> implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Set when the epoch is over: records that settle later are never committed. */
  closed = false;
  /** The committed offset that the broker has acknowledged; the next commit must be above it. */
  committed: number;
  /** Number of blocked records: while there are any, the partition is paused. */
  blocked = 0;
  /** Number of records in incomplete groups of an aggregation: only more records can complete the groups. */
  waiting = 0;
  /** Memory of these records, in bytes. */
  waitingBytes = 0;
  /** The highest timestamp of a settled record, in ms since the epoch; -1 before the first. */
  newestSettled = -1;
  #entries: T[] = [];
  /** The first entry that the watermark does not pass. */
  #head = 0;
  /** The first unsettled entry. Entries from head to scan wait for the rest of their aggregated event. */
  #scan = 0;
  /** The last offset of the settled entries' aggregated events. */
  #reach = -1;
  #position: number;
  #unsettled = 0;
  /** Number of records from the head on. */
  #tracked = 0;

  /**
   * @param start offset of the first record to receive.
   * @param committed the group's committed offset, or -1
   */
  constructor(topic: string, partition: number, start: number, committed: number) {
    this.topic = topic;
    this.partition = partition;
    this.committed = committed;
    this.#position = start;
  }

  /** The next offset to receive. */
  get position(): number {
    return this.#position;
  }

  /** Number of received, unsettled records. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Number of tracked records: the unsettled ones, and the settled ones after the first unsettled one. */
  get tracked(): number {
    return this.#tracked;
  }

  /** Whether `offset` has not been received in this epoch. */
  isNew(offset: number): boolean {
    return offset >= this.#position;
  }

  /** Tracks a received record. Offsets must rise. @throws RangeError if its offset was received before */
  receive(entry: T): void {
    if (entry.offset < this.#position) throw new RangeError(`offset ${entry.offset} was received before`);
    this.#entries.push(entry);
    this.#position = entry.last + 1;
    this.#unsettled += entry.count;
    this.#tracked += entry.count;
  }

  /** Replaces a run with its parts, which settle separately. @throws RangeError if the run is not tracked */
  replace(run: T, parts: readonly T[]): void {
    const at = this.#indexOf(run.offset);
    if (this.#entries[at] !== run) throw new RangeError(`offset ${run.offset} is not tracked`);
    this.#entries.splice(at, 1, ...parts);
  }

  /** Index of the unsettled entry with that offset. */
  #indexOf(offset: number): number {
    let [low, high] = [this.#scan, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.offset ?? Infinity) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * An entry has settled: its `settled` is true.
   *
   * @param count its number of records
   * @param timestamp of its last record
   */
  settle(count = 1, timestamp = -1): void {
    if (timestamp > this.newestSettled) this.newestSettled = timestamp;
    this.#unsettled -= count;
    const entries = this.#entries;
    let [head, scan, reach] = [this.#head, this.#scan, this.#reach];
    while (scan < entries.length && entries[scan]?.settled === true) {
      reach = Math.max(reach, entries[scan]?.until ?? -1);
      scan++;
      if (reach >= (entries[scan]?.offset ?? Infinity)) continue;
      for (; head < scan; head++) this.#tracked -= entries[head]?.count ?? 0;
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
   * Moves to the consumer's position, which passes records that are never delivered (control records at the
   * end of a transaction). The position must have been read while no `consume` was in flight.
   */
  advance(position: number): void {
    if (position > this.#position) this.#position = position;
  }

  /** The unsettled record with the lowest offset. */
  get oldest(): T | undefined {
    return this.#entries[this.#scan];
  }

  /** The highest offset that is safe to commit. */
  get watermark(): number {
    return this.#entries[this.#head]?.offset ?? this.#position;
  }

  /** The offset to commit; null if it is committed already, or the epoch is over. */
  get committable(): number | null {
    const watermark = this.watermark;
    return !this.closed && watermark > this.committed ? watermark : null;
  }

  /** Whether `isSo` holds for any unsettled record. Stops at the first match. */
  someOpen(isSo: (entry: T) => boolean): boolean {
    for (let at = this.#scan; at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (entry !== undefined && !entry.settled && isSo(entry)) return true;
    }
    return false;
  }

  /** The unsettled records, oldest first. */
  open(): T[] {
    return this.#entries.slice(this.#scan).filter((entry) => !entry.settled);
  }
}
