import type { Settlement } from '../settlement.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import { PartitionOffsets } from './offsets.ts';
import type { OpenTransaction } from './open-transactions.ts';

/** An end that is older than this says nothing of the lag any more. */
export const STALE_MS = 30_000;

/** A partition that this member owns, in its present epoch. */
export class OwnedPartition extends PartitionOffsets<Settlement> {
  /** Set while the partition is about to be given up, or the process to end: nothing more is taken from it. */
  draining = false;
  /** Whether the client was told to pause it, for whatever reason. */
  paused = false;
  /** Whether it has to wait until others had their turn; see `turns.ts`. */
  yielding = false;
  /** Whether it has to wait until others have closed their groups; see `group-turns.ts`. */
  awaitsGroups = false;
  /** The end up to which the broker delivers, as it last said; an open transaction holds it back. -1 before. */
  highWatermark = -1;
  /** When the broker last answered, by `performance.now()`. */
  answeredAt = performance.now();
  /** What holds the end back, where that has lasted for a while. */
  openTransaction: OpenTransaction | null = null;
  /** Id of the topic; null where the brokers do not tell. */
  topicId: string | null = null;
  /** By which leaders what was read is written. */
  readonly epochs = new LeaderEpochs();
  /** Of the record that was received last; undefined where records do not tell. */
  leaderEpoch: number | undefined;
  /**
   * A committed offset that it was started from, and the epoch of the record before it, as long as nobody has looked whether the log
   * there is still the same.
   */
  unverified: { readonly offset: number; readonly epoch: number } | null = null;

  /**
   * Records between the committed offset and the end of the partition, undefined before the broker has answered, and when it no longer does. Before the first
   * commit it counts from where the group would go on: what retention has deleted lies behind nobody.
   */
  get lag(): number | undefined {
    if (this.highWatermark < 0 || performance.now() - this.answeredAt > STALE_MS) return undefined;
    return Math.max(0, this.highWatermark - (this.committed < 0 ? this.watermark : this.committed));
  }

  /** Whether all has been taken that the brokers deliver; false before they have answered. */
  get isAtEnd(): boolean {
    return this.highWatermark >= 0 && this.position >= this.highWatermark;
  }

  /** What the broker says is the end of the partition. */
  answered(high: number): void {
    this.highWatermark = high;
    this.answeredAt = performance.now();
  }

  /** Records from `offset` on are of this epoch. */
  noteEpoch(offset: number, epoch: number | undefined): void {
    this.leaderEpoch = epoch;
    if (epoch !== undefined) this.epochs.note(offset, epoch);
  }

  get name(): string {
    return `${this.topic}[${this.partition}]`;
  }
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The partitions that this member owns now. */
export class Assignment {
  readonly #topics = new Map<string, Map<number, OwnedPartition>>();

  find(topic: string, partition: number): OwnedPartition | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  add(owned: OwnedPartition): void {
    const partitions = this.#topics.get(owned.topic) ?? new Map<number, OwnedPartition>();
    this.#topics.set(owned.topic, partitions.set(owned.partition, owned));
  }

  /** Ends the epoch: what still settles of it is never committed. */
  remove(owned: OwnedPartition): void {
    owned.closed = true;
    const partitions = this.#topics.get(owned.topic);
    if (partitions?.get(owned.partition) === owned) partitions.delete(owned.partition);
    if (partitions?.size === 0) this.#topics.delete(owned.topic);
  }

  all(): OwnedPartition[] {
    return [...this.#topics.values()].flatMap((partitions) => [...partitions.values()]);
  }

  /** As {@link all}, by topic and number: Kafka assigns them in any order. */
  inOrder(): OwnedPartition[] {
    return this.all().toSorted(
      (one, other) => one.topic.localeCompare(other.topic, 'en') || one.partition - other.partition,
    );
  }

  /** Those of `wanted` that are owned. */
  among(wanted: readonly TopicPartition[]): OwnedPartition[] {
    return wanted.flatMap(({ topic, partition }) => this.find(topic, partition) ?? []);
  }
}
