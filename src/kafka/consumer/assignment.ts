import { Beginning } from '../../clock.ts';
import type { Settlement } from '../../pipeline/settlement.ts';
import { type TopicPartition, partitionName } from '../../record.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import { PartitionOffsets } from './offsets.ts';
import type { OpenTransaction } from './open-transactions.ts';

/** An end offset that is older than this gives no lag. */
const STALE_MS = 30_000;

/** The number that {@link LeaderEpochs} keeps. */
const UNVERIFIED_MAX = 64;

/** An offset and the leader epoch of the record before it. */
export interface EpochBoundary {
  readonly offset: number;
  readonly epoch: number;
  /** Whether the record at the offset is known to have another epoch. */
  readonly isChange: boolean;
}

/** A partition that this member owns, during one assignment (an epoch). */
export class OwnedPartition extends PartitionOffsets<Settlement> {
  /** Set before a revocation and before the process ends: no more records are received from the partition. */
  draining = false;
  /** Whether the client has been told to pause it, for any reason. */
  paused = false;
  /** Whether other partitions are fetched first; see `fair-fetch.ts`. */
  deprioritised = false;
  /** Whether other partitions must close their groups first; see `src/pipeline/group-memory.ts`. */
  awaitsGroups = false;
  /** The offset up to which the broker delivers; an open transaction keeps it low. -1 if unknown. */
  highWatermark = -1;
  /** Time of the broker's last answer, by `performance.now()`. */
  answeredAt = performance.now();
  /** When all delivered records had last been received, in ms since the epoch; -1 before. */
  caughtUpAt = -1;
  /** The transaction that keeps the high watermark low; null unless it has been open for a while. */
  openTransaction: OpenTransaction | null = null;
  /** Id of the topic; null if the brokers do not send it. */
  topicId: string | null = null;
  /** Epochs of the leaders that wrote the received records. */
  readonly epochs = new LeaderEpochs();
  /** Leader epoch of the last received record; undefined if records carry none. */
  leaderEpoch: number | undefined;
  /**
   * Offsets at which the log may have been truncated and rewritten, lowest first: the committed offset at
   * which reading started, and each change of the leader epoch. The client validates such a change, but skips
   * the validation while it has no epoch of its own or no leader (rdkafka_offset.c,
   * rd_kafka_offset_validate). No offset above a change is committed before the change is verified.
   */
  #unverified: readonly EpochBoundary[] = [];

  /**
   * Records between the committed offset and the end of the partition; undefined without a recent answer of
   * the broker. Before the first commit, the lag counts from the offset at which the group would resume:
   * records that retention has deleted are no lag.
   */
  get lag(): number | undefined {
    if (this.highWatermark < 0 || performance.now() - this.answeredAt > STALE_MS) return undefined;
    return Math.max(0, this.highWatermark - (this.committed < 0 ? this.watermark : this.committed));
  }

  /** Whether all delivered records have been received; false before the brokers have answered. */
  get isAtEnd(): boolean {
    return this.highWatermark >= 0 && this.position >= this.highWatermark;
  }

  /** @param high the end of the partition that the broker has answered */
  answered(high: number): void {
    this.highWatermark = high;
    this.answeredAt = performance.now();
    if (this.isAtEnd) this.caughtUpAt = new Beginning().at;
  }

  /** Records from `offset` on have this epoch. */
  noteEpoch(offset: number, epoch: number | undefined): void {
    this.leaderEpoch = epoch;
    if (epoch === undefined) return;
    const before = this.epochs.before(offset);
    if (before >= 0 && epoch > before) this.#expect({ offset, epoch: before, isChange: true });
    this.epochs.note(offset, epoch);
  }

  /** Reading starts at a committed offset. `recovery.ts` verifies the epoch of the record before it. */
  startedAfter(offset: number, epoch: number): void {
    this.noteEpoch(offset - 1, epoch);
    this.#expect({ offset, epoch, isChange: false });
  }

  #expect(boundary: EpochBoundary): void {
    const others = this.#unverified.filter(({ offset }) => offset !== boundary.offset);
    this.#unverified = [...others, boundary].slice(-UNVERIFIED_MAX);
  }

  /** The lowest offset at which the log may have been truncated. */
  get unverified(): EpochBoundary | undefined {
    return this.#unverified[0];
  }

  /** The log was not truncated at this boundary. */
  verified(boundary: EpochBoundary): void {
    this.#unverified = this.#unverified.filter((one) => one !== boundary);
  }

  override get watermark(): number {
    const change = this.#unverified.find(({ isChange }) => isChange);
    return Math.min(super.watermark, change?.offset ?? Infinity);
  }

  get name(): string {
    return partitionName(this);
  }
}

/** The partitions that this member owns. */
export class Assignment {
  readonly #topics = new Map<string, Map<number, OwnedPartition>>();

  find(topic: string, partition: number): OwnedPartition | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  add(owned: OwnedPartition): void {
    const partitions = this.#topics.get(owned.topic) ?? new Map<number, OwnedPartition>();
    this.#topics.set(owned.topic, partitions.set(owned.partition, owned));
  }

  /** Ends the epoch: records that settle later are never committed. */
  remove(owned: OwnedPartition): void {
    owned.closed = true;
    const partitions = this.#topics.get(owned.topic);
    if (partitions?.get(owned.partition) === owned) partitions.delete(owned.partition);
    if (partitions?.size === 0) this.#topics.delete(owned.topic);
  }

  all(): OwnedPartition[] {
    return [...this.#topics.values()].flatMap((partitions) => [...partitions.values()]);
  }

  /** {@link all}, sorted by topic and number: Kafka assigns them in any order. */
  inOrder(): OwnedPartition[] {
    return this.all().toSorted(
      (one, other) => one.topic.localeCompare(other.topic, 'en') || one.partition - other.partition,
    );
  }

  /** The owned ones of `wanted`. */
  among(wanted: readonly TopicPartition[]): OwnedPartition[] {
    return wanted.flatMap(({ topic, partition }) => this.find(topic, partition) ?? []);
  }
}
