import type { Chunk } from './arena.ts';
import type { PartitionOffsets } from './kafka/offsets.ts';
import type { TakenRecord } from './taken-record.ts';

/** A message as the Kafka client hands it over; buffers belong to it alone. */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch; -1 where the broker knows none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Record<string, Buffer | string>[] | undefined;
  /** Of the leader that wrote it; only as the client hands it over, where the broker tells. */
  readonly leaderEpoch?: number;
}

/** What became of a record, each record exactly one (promise P6). Later in the list wins when outputs differ. */
export const outcomes = [
  'skipped',
  'dropped',
  'indexed',
  'failure_store',
  'dead_lettered',
  'returned',
] as const;

/**
 * - `indexed`: every output that was to be indexed was acknowledged by Elasticsearch;
 * - `failure_store`: Elasticsearch has put some output of it into the failure store of its data stream;
 * - `dead_lettered`: some output of it was;
 * - `dropped`: by the user's transform, or by an ingest pipeline;
 * - `skipped`: a tombstone;
 * - `returned`: its partition was given up before it settled; the next owner reads it again.
 */
export type Outcome = (typeof outcomes)[number];

/** The dead letter of a record, on its way or there. */
export interface Letter {
  /** Shares of the record that settle when it is acknowledged. */
  shares: number;
  isSent: boolean;
}

/** What a settled record needs no more. */
interface Releasable {
  release(): void;
}

export interface SettlementListener {
  /** Told once, when the last output of a record has settled. */
  settled(settlement: Settlement, outcome: Outcome): void;
  /** The record stands for so many bytes of memory more, or less where that is negative. For those who count them. */
  charged?(bytes: number): void;
}

/** A parsed event takes, as objects, about so much of the bytes that it was parsed from. */
const EVENT_FACTOR = 2;

/**
 * The settle token that a record carries from consume to commit. It starts with one share; a 1→N transform takes more with
 * {@link share}, an N→1 transform hands the shares of all its sources to the one event it makes. When the last share is
 * settled the record is, and only then may the offset move over it.
 */
export class Settlement {
  readonly offset: number;
  /** The epoch of the partition that the record was received in. */
  readonly partition: PartitionOffsets<Settlement>;
  /** Bytes of memory that this record stands for until it settles; more, as there are events and documents of it. */
  bytes: number;
  /** What its event takes as objects, about. */
  readonly eventBytes: number;
  /** Bytes of the record and of its event as objects: the same whenever it is read. */
  readonly weight: number;
  settled = false;
  /** The offset of the last record that one event was made of together with this one, the first; -1 where there is none. */
  until = -1;
  /** For how many causes it is held at the moment. */
  holds = 0;
  /** How many of its events wait for others to be made into one with. */
  waits = 0;
  /** The first record of the event that was made of this one and others. */
  leader: Settlement | null = null;
  /** Set once the record is on its way to the dead letter: it goes there once, however many of its outputs fail. */
  deadLetter: Letter | null = null;
  /** The chain that it went through last, as whoever runs chains tells them apart. */
  chain: object | null = null;
  /** Most records lead no others: nothing is allocated for them. */
  #followers: Settlement[] | null = null;
  #record: TakenRecord | null;
  /** Its documents: mostly one, and nothing is allocated then. */
  #document: Releasable | null = null;
  #moreDocuments: Releasable[] | null = null;
  #shares = 1;
  #rank = 0;
  readonly #listener: SettlementListener;

  /** @param offset where it was read, if that is not where the record says that it is (a dead letter that is sent again) */
  constructor(
    record: TakenRecord,
    bytes: number,
    partition: PartitionOffsets<Settlement>,
    listener: SettlementListener,
    offset: number = record.offset,
  ) {
    this.offset = offset;
    this.partition = partition;
    this.bytes = bytes;
    this.eventBytes = (record.value?.length ?? 0) * EVENT_FACTOR;
    this.weight = bytes + this.eventBytes;
    this.#record = record;
    this.#listener = listener;
  }

  /** The source; only while the record is not settled, so that a stuck partition does not keep payloads. */
  get record(): TakenRecord {
    if (this.#record === null)
      throw new Error(`record at offset ${this.offset} was used after it had settled`);
    return this.#record;
  }

  /** The record keeps no more memory than it needs from now on: it may have to wait for long. */
  detach(): void {
    this.#record?.detach();
  }

  /** As {@link TakenRecord.follow}. */
  follow(from: Chunk, start: number, end: number, own: Chunk): void {
    this.#record?.follow(from, start, end, own);
  }

  /** That document was made of the record, and is released with it. */
  owns(document: Releasable): void {
    if (this.#document === null) this.#document = document;
    else (this.#moreDocuments ??= []).push(document);
  }

  /** Takes `more` shares: the record settles only after `more` additional calls of {@link settle}. */
  share(more: number): void {
    this.#shares += more;
  }

  /** Counts memory that is kept for the record, or no longer is. */
  charge(bytes: number): void {
    if (this.settled) return;
    this.bytes += bytes;
    this.#listener.charged?.(bytes);
  }

  /** Its event is kept as objects, since something is not there yet that it needs. */
  keepEvent(): void {
    this.charge(this.eventBytes);
  }

  /** The opposite of {@link keepEvent}. */
  releaseEvent(): void {
    this.charge(-this.eventBytes);
  }

  /** One of its events waits for others to be made into one with. */
  wait(): void {
    if (this.waits++ > 0) return;
    this.partition.waiting++;
    this.partition.waitingBytes += this.weight;
    this.keepEvent();
  }

  /** The opposite of {@link wait}. */
  goOn(): void {
    if (--this.waits > 0) return;
    this.partition.waiting--;
    this.partition.waitingBytes -= this.weight;
    this.releaseEvent();
  }

  /** Whether something is under way that will settle it, or hold it: not so where only more records, or somebody, can help. */
  get isMoving(): boolean {
    return this.holds === 0 && this.waits === 0 && (this.leader === null || this.leader.holds === 0);
  }

  /** One share of `follower` settles with this record, as this record does: one event was made of both. */
  leads(follower: Settlement): void {
    follower.leader = this;
    (this.#followers ??= []).push(follower);
  }

  /** The records that settle with this one; they no longer do. */
  takeFollowers(): Settlement[] {
    const followers = this.#followers ?? [];
    this.#followers = null;
    for (const follower of followers) follower.leader = null;
    return followers;
  }

  /** Settles one share. Calls after the last one are ignored: an acknowledgement may come after the record was given up. */
  settle(outcome: Outcome): void {
    if (this.settled) return;
    this.#rank = Math.max(this.#rank, outcomes.indexOf(outcome));
    if (--this.#shares > 0) return;
    this.#finish();
  }

  /** Gives the record up unsettled: its partition belongs to somebody else now. */
  giveUp(): void {
    if (this.settled) return;
    this.#rank = outcomes.indexOf('returned');
    this.#finish();
  }

  #finish(): void {
    this.settled = true;
    this.partition.settle();
    const outcome = outcomes[this.#rank] ?? 'indexed';
    this.#listener.settled(this, outcome);
    this.#release();
    // Those that are given up are so by themselves: they lie in the same partition.
    if (this.#followers !== null && outcome !== 'returned')
      for (const follower of this.takeFollowers()) follower.settle(outcome);
  }

  /** Its memory goes to other records: nobody may look at what stood there. */
  #release(): void {
    this.#record?.release();
    this.#record = null;
    this.#document?.release();
    this.#document = null;
    for (const document of this.#moreDocuments ?? []) document.release();
    this.#moreDocuments = null;
  }
}
