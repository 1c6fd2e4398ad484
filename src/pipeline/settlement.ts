import { BufferedRecord } from './buffered-record.ts';
import { type Outcome, outcomes } from './outcome.ts';
import type { OwnedDocument } from './owned-document.ts';
import type { PartitionOffsets } from '../kafka/consumer/offsets.ts';
import type { RecordChunk } from '../memory/record-chunk.ts';

/** The dead letter of a record, in flight or acknowledged. */
export interface PendingDeadLetter {
  /** Outputs of the record that settle when it is acknowledged. */
  pendingOutputs: number;
  isSent: boolean;
}

export interface SettlementListener {
  /** Called once, when the last output of its records has settled. */
  settled(settlement: Settlement, outcome: Outcome): void;
  /** The memory that the record stands for grew by so many bytes (or shrank, if negative). */
  charged?(bytes: number): void;
}

/** Memory of a parsed event, as a multiple of the bytes that it was parsed from. */
const EVENT_FACTOR = 2;

/** Neighbouring records in a chunk, all of one partition. */
export interface RecordRun {
  readonly chunk: RecordChunk;
  readonly row: number;
  readonly count: number;
}

/**
 * The acknowledgement that a record carries from consume to commit. (In AMQP, too, a delivery is settled when
 * its outcome is known.) A run of neighbours carries one together, until {@link split}. It starts with one
 * pending output. A 1→N transform retains more with {@link retain}; an N→1 transform has the event settle the
 * outputs of all its source records. A record is settled when its last output is, and only then may the
 * committed offset move over it.
 */
export class Settlement {
  /** The first offset of the run. */
  readonly offset: number;
  /** The last one. */
  readonly last: number;
  /**
   * How many records it stands for. Only a settlement of one record is blocked, waits, or goes through
   * transforms.
   */
  readonly count: number;
  /** The assignment epoch that the record was received in. */
  readonly partition: PartitionOffsets<Settlement>;
  /** Memory in bytes that this stands for until it settles. Grows with the record's events and documents. */
  bytes: number;
  settled = false;
  /**
   * If this is the first record of an aggregated event: the offset of that event's last record. Otherwise -1.
   */
  until = -1;
  /** For how many causes it is blocked now. */
  blocks = 0;
  /** How many of its events wait for aggregation. */
  waits = 0;
  /** The first record of the aggregated event that this record is part of. */
  leader: Settlement | null = null;
  /** Set when the record is dead-lettered: once, however many of its outputs are rejected. */
  deadLetter: PendingDeadLetter | null = null;
  /** The identity of the chain that the record went through last. */
  chain: object | null = null;
  /** Null for most records, to save the allocation. */
  #followers: Settlement[] | null = null;
  /** Null once it is settled. */
  #chunk: RecordChunk | null;
  #row: number;
  /** The record as an object, made on demand. */
  #record: BufferedRecord | null = null;
  /** The first of its documents. Most records have one, and need no array. */
  #document: OwnedDocument | null = null;
  #moreDocuments: OwnedDocument[] | null = null;
  #pendingOutputs = 1;
  /** The part of its weight that its partition counts as waiting. */
  #waitingBytes = 0;
  #rank = 0;
  readonly #listener: SettlementListener;

  /**
   * @param run stays in memory until it is settled
   * @param bytes memory of the run
   * @param offset where it was read, if that differs from the record's own offset (a dead letter that is sent
   * again)
   */
  constructor(
    { chunk, row, count }: RecordRun,
    bytes: number,
    partition: PartitionOffsets<Settlement>,
    listener: SettlementListener,
    offset: number = chunk.offset(row),
  ) {
    this.offset = offset;
    this.last = count === 1 ? offset : chunk.offset(row + count - 1);
    this.count = count;
    this.partition = partition;
    this.bytes = bytes;
    this.#chunk = chunk;
    this.#row = row;
    this.#listener = listener;
    chunk.use();
  }

  /**
   * The source record, of a settlement of one. Throws once it is settled, so that a stuck partition does not
   * retain payloads.
   */
  get record(): BufferedRecord {
    return (this.#record ??= new BufferedRecord(this.#open, this.#row));
  }

  /** Timestamp of the last record, in milliseconds since the epoch. */
  get timestamp(): number {
    return this.#open.timestamp(this.#row + this.count - 1);
  }

  /** Whether `each` is true for all its records, where they are in memory, and those that settle with it. */
  everyRecord(each: (chunk: RecordChunk, row: number) => boolean): boolean {
    const chunk = this.#chunk;
    if (chunk !== null)
      for (let at = 0; at < this.count; at++) if (!each(chunk, this.#row + at)) return false;
    return (this.#followers ?? []).every((follower) => follower.everyRecord(each));
  }

  /** Bytes of its value; 0 once it is settled. */
  get valueBytes(): number {
    const chunk = this.#chunk;
    return chunk === null ? 0 : chunk.valueEnd(this.#row) - chunk.valueStart(this.#row);
  }

  /** Estimated memory of its event as objects. */
  get eventBytes(): number {
    return this.valueBytes * EVENT_FACTOR;
  }

  get #open(): RecordChunk {
    if (this.#chunk === null)
      throw new Error(`record at offset ${this.offset} was used after it had settled`);
    return this.#chunk;
  }

  /**
   * Replaces the settlement of a run by one settlement for each record, since their outcomes will differ.
   *
   * @param each called with each of them, and the end of its value in the chunk
   */
  split(each: (part: Settlement, valueEnd: number) => void): void {
    const chunk = this.#open;
    const parts: Settlement[] = [];
    for (let row = this.#row; row < this.#row + this.count; row++) {
      const part = new Settlement({ chunk, row, count: 1 }, chunk.size(row), this.partition, this.#listener);
      part.chain = this.chain;
      parts.push(part);
      each(part, chunk.valueEnd(row));
    }
    this.partition.replace(this, parts);
    this.settled = true;
    this.#release();
  }

  /**
   * Copies the record, with its documents, out of the memory that it shares with neighbours: it may have to
   * wait for long.
   */
  detach(): void {
    const chunk = this.#chunk;
    if (chunk === null || !chunk.isShared) return;
    // The document of a passthrough record contains the value in place.
    const inside = this.#document?.chunk === chunk ? this.#document : null;
    const own = chunk.extract(this.#row, inside === null ? 0 : chunk.valueStart(this.#row) - inside.start);
    own.use();
    inside?.moveTo(own);
    this.#chunk = own;
    this.#row = 0;
    this.#record?.moveTo(own, 0);
    chunk.release();
  }

  /** Registers a document of the record; it is released with the record. */
  owns(document: OwnedDocument): void {
    if (this.#document === null) this.#document = document;
    else (this.#moreDocuments ??= []).push(document);
  }

  /** The record settles only after `more` additional calls of {@link settle}. */
  retain(more: number): void {
    this.#pendingOutputs += more;
  }

  /** Counts memory that is retained for the record (or released, if negative). */
  charge(bytes: number): void {
    if (this.settled) return;
    this.bytes += bytes;
    this.#listener.charged?.(bytes);
  }

  /** Counts the memory of its event, which is retained as objects. */
  keepEvent(): void {
    this.charge(this.eventBytes);
  }

  /** The opposite of {@link keepEvent}. */
  releaseEvent(): void {
    this.charge(-this.eventBytes);
  }

  /** Bytes of the record and of its event as objects. The same in every replay. */
  get weight(): number {
    return this.#open.size(this.#row) + this.eventBytes;
  }

  /** One of its events waits for aggregation. */
  wait(): void {
    if (this.waits++ > 0) return;
    this.partition.waiting++;
    this.#waitingBytes = this.weight;
    this.partition.waitingBytes += this.#waitingBytes;
    this.keepEvent();
  }

  /** The opposite of {@link wait}. */
  resume(): void {
    if (--this.waits > 0) return;
    this.partition.waiting--;
    this.partition.waitingBytes -= this.#waitingBytes;
    this.releaseEvent();
  }

  /**
   * Whether the record will settle or block by itself. False if only more records or an operator can make it
   * move.
   */
  get isMoving(): boolean {
    return this.blocks === 0 && this.waits === 0 && (this.leader === null || this.leader.blocks === 0);
  }

  /**
   * One output of `follower` settles with this record and with the same outcome: one event was made of both.
   */
  leads(follower: Settlement): void {
    follower.leader = this;
    (this.#followers ??= []).push(follower);
  }

  /** Detaches the records that would settle with this one, and returns them. */
  takeFollowers(): Settlement[] {
    const followers = this.#followers ?? [];
    this.#followers = null;
    for (const follower of followers) follower.leader = null;
    return followers;
  }

  /**
   * Settles one output. Calls after the last one are ignored: an acknowledgement may come after the record
   * was abandoned.
   */
  settle(outcome: Outcome): void {
    if (this.settled) return;
    this.#rank = Math.max(this.#rank, outcomes.indexOf(outcome));
    if (--this.#pendingOutputs > 0) return;
    this.#finish();
  }

  /** Ends the record unsettled: its partition was revoked. */
  abandon(): void {
    if (this.settled) return;
    this.#rank = outcomes.indexOf('returned');
    this.#finish();
  }

  #finish(): void {
    this.settled = true;
    this.partition.settle(this.count, this.timestamp);
    const outcome = outcomes[this.#rank] ?? 'indexed';
    this.#listener.settled(this, outcome);
    this.#release();
    // Followers are of the same partition, and are abandoned themselves.
    if (this.#followers !== null && outcome !== 'returned')
      for (const follower of this.takeFollowers()) follower.settle(outcome);
  }

  /** Returns its memory, which other records then overwrite. */
  #release(): void {
    this.#chunk?.release();
    this.#chunk = null;
    this.#record?.moveTo(null, 0);
    this.#record = null;
    this.#document?.release();
    this.#document = null;
    for (const document of this.#moreDocuments ?? []) document.release();
    this.#moreDocuments = null;
  }
}
