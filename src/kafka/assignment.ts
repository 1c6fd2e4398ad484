import type { Settlement } from '../settlement.ts';
import { PartitionOffsets } from './offsets.ts';

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
  /** The broker's high watermark when it was last asked, -1 before. */
  highWatermark = -1;

  /**
   * Records between the committed offset and the end of the partition, undefined before the broker was asked. Before the first
   * commit it counts from where the group would go on: what retention has deleted lies behind nobody.
   */
  get lag(): number | undefined {
    if (this.highWatermark < 0) return undefined;
    return Math.max(0, this.highWatermark - (this.committed < 0 ? this.watermark : this.committed));
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
