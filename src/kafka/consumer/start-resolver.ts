import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { type Log, RepeatGate } from '../../log.ts';
import { type TopicPartition, partitionName } from '../../record.ts';
import { OwnedPartition } from './assignment.ts';
import type { Brokers, TopicState } from '../brokers.ts';
import type { EpochReader } from './epoch-reader.ts';
import { type NativeConsumer, type PartitionOffset, committedOffsets, watermarks } from '../native.ts';
import {
  RECREATED_ALARM,
  RETENTION_ALARM,
  type StartOffset,
  TRUNCATION_ALARM,
  resolveStart,
  topicIdOf,
} from './start-offset.ts';

const QUERY_TIMEOUT_MS = 5000;
const RETRY_MS = 500;
/** After this number of rounds, a rebalance event is answered without the missing partitions. */
const ROUNDS_MAX = 6;
/** Concurrent queries: each one occupies one of the four libuv threads. */
const QUERIES_MAX = 2;

interface StartContext {
  readonly consumer: NativeConsumer;
  readonly brokers: Pick<Brokers, 'topics'>;
  readonly epochs: Pick<EpochReader, 'truncationOf'>;
  readonly log: Log;
  readonly reset: 'earliest' | 'latest';
  readonly stopping: AbortSignal;
}

export interface Resolved {
  readonly owned: OwnedPartition[];
  /** No broker has answered for these. */
  readonly missing: TopicPartition[];
  /** Partitions of the brokers' internal topics, which are not read. */
  readonly skipped: TopicPartition[];
}

/** Resolves the start offsets of partitions. Logs an error where a start is not the committed offset. */
export class StartResolver {
  readonly #context: StartContext;
  readonly #gate = new RepeatGate();

  constructor(context: StartContext) {
    this.#context = context;
  }

  /** Retries for {@link ROUNDS_MAX} rounds. Never rejects. */
  async resolve(partitions: readonly TopicPartition[]): Promise<Resolved> {
    const { consumer, log, stopping } = this.#context;
    const owned: OwnedPartition[] = [];
    const skipped: TopicPartition[] = [];
    let open = partitions;
    for (let round = 0; round < ROUNDS_MAX && open.length > 0 && !stopping.aborted; round++) {
      if (round > 0) await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
      try {
        const topics = await this.#topics(open);
        const isInternal = (one: TopicPartition): boolean => topics.get(one.topic)?.isInternal === true;
        skipped.push(...open.filter(isInternal));
        open = open.filter((one) => !isInternal(one));
        const queue = await committedOffsets(consumer, open, QUERY_TIMEOUT_MS);
        const failed: TopicPartition[] = [];
        let reason: unknown;
        const query = async (): Promise<void> => {
          for (let next = queue.shift(); next !== undefined && !stopping.aborted; next = queue.shift()) {
            try {
              owned.push(await this.#start(next, topics.get(next.topic)?.id ?? null));
            } catch (error) {
              failed.push(next);
              reason = error;
            }
          }
        };
        await Promise.all(Array.from({ length: QUERIES_MAX }, query));
        open = failed;
        if (failed.length > 0) throw reason;
      } catch (error) {
        this.#warn(error, open);
      }
    }
    if (skipped.length > 0) {
      const topics = [...new Set(skipped.map(({ topic }) => topic))];
      log.error(
        { code: 'internal_topics_skipped', topics },
        "the brokers' internal topics are not read; remove them from kafka.topics",
      );
    }
    return { owned, missing: [...open], skipped };
  }

  /** Empty without an answer: topic ids are required only for an offset beyond the end. */
  async #topics(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, TopicState>> {
    const names = [...new Set(partitions.map(({ topic }) => topic))];
    return this.#context.brokers.topics(names).catch(() => new Map<string, TopicState>());
  }

  #warn(error: unknown, open: readonly TopicPartition[]): void {
    const repeated = this.#gate.pass();
    if (repeated === undefined) return;
    const partitions = open.map(partitionName);
    this.#context.log.warn(
      { code: 'start_offsets_unavailable', reason: messageOf(error), partitions, repeated },
      'cannot read start offsets, retrying',
    );
  }

  async #start(committed: PartitionOffset, topicId: string | null): Promise<OwnedPartition> {
    const { consumer, reset } = this.#context;
    const { topic, partition, offset, leaderEpoch = -1, metadata } = committed;
    const where = { topic, partition };
    const { low, high } = await watermarks(consumer, where, QUERY_TIMEOUT_MS);
    const noted = topicIdOf(metadata);
    if (offset > high && noted !== null && topicId === null)
      throw new Error(
        `the committed offset is beyond the end of ${partitionName(where)}, and the brokers do not send the topic's id`,
      );
    const start = await this.#refined(
      resolveStart({ offset, topicId: noted }, { low, high, topicId }, reset),
      { ...where, offset, low, leaderEpoch },
    );
    this.#alarm(start, { ...where, committed: offset, low, high });
    // After a jump, the old committed offset must not prevent a lower commit.
    const isKept = start.fate === 'committed';
    const owned = new OwnedPartition(topic, partition, start.offset, isKept ? offset : -1);
    owned.answered(high);
    owned.topicId = topicId;
    if (isKept && leaderEpoch >= 0) {
      // The epoch of the last record tells whether the log before the offset is still the one that was read.
      if (start.offset > low) owned.startedAfter(start.offset, leaderEpoch);
      else owned.noteEpoch(start.offset - 1, leaderEpoch);
    }
    return owned;
  }

  /** Records that were written after a truncation are above it, and must not be skipped. */
  async #refined(
    start: StartOffset,
    {
      offset,
      low,
      leaderEpoch,
      ...where
    }: TopicPartition & { offset: number; low: number; leaderEpoch: number },
  ): Promise<StartOffset> {
    if (start.fate !== 'truncated' || leaderEpoch < 0) return start;
    const at = await this.#context.epochs.truncationOf(where, low, start.offset, leaderEpoch);
    return { ...start, offset: at, lost: offset - at };
  }

  #alarm({ fate, lost, offset }: StartOffset, where: object): void {
    const { log } = this.#context;
    if (fate === 'retention') log.error({ code: 'records_deleted', ...where, lost }, RETENTION_ALARM);
    if (fate === 'recreated') log.error({ code: 'topic_recreated', ...where }, RECREATED_ALARM);
    if (fate === 'truncated')
      log.error({ code: 'partition_truncated', ...where, lost, offset }, TRUNCATION_ALARM);
  }
}
