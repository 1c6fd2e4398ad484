import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { type Log, RepeatGate } from '../log.ts';
import { OwnedPartition, type TopicPartition } from './assignment.ts';
import type { Brokers, TopicState } from './brokers.ts';
import type { EpochReader } from './epoch-reader.ts';
import { type NativeConsumer, type PartitionOffset, committedOffsets, watermarks } from './native.ts';
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
/** So many rounds all partitions of an event are asked for together; then it is answered with those that answer. */
const ROUNDS_MAX = 6;
/** At the same time: each question takes one of the four threads that everything else shares. */
const QUERIES_MAX = 2;

export interface StartContext {
  readonly consumer: NativeConsumer;
  readonly brokers: Pick<Brokers, 'topics'>;
  readonly epochs: Pick<EpochReader, 'cutOf'>;
  readonly log: Log;
  readonly reset: 'earliest' | 'latest';
  readonly stopping: AbortSignal;
}

export interface Resolved {
  readonly owned: OwnedPartition[];
  /** Nobody has answered for these. */
  readonly missing: TopicPartition[];
  /** Not to be read: partitions of topics that are the brokers' own. */
  readonly left: TopicPartition[];
}

/** Finds out where partitions are to be read from, and says aloud where that is not where the group was. */
export class StartResolver {
  readonly #context: StartContext;
  readonly #gate = new RepeatGate();

  constructor(context: StartContext) {
    this.#context = context;
  }

  /** Asks for a while until the brokers answer. Never rejects. */
  async resolve(partitions: readonly TopicPartition[]): Promise<Resolved> {
    const { consumer, log, stopping } = this.#context;
    const owned: OwnedPartition[] = [];
    const left: TopicPartition[] = [];
    let open = partitions;
    for (let round = 0; round < ROUNDS_MAX && open.length > 0 && !stopping.aborted; round++) {
      if (round > 0) await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
      try {
        const topics = await this.#topics(open);
        const isInternal = (one: TopicPartition): boolean => topics.get(one.topic)?.isInternal === true;
        left.push(...open.filter(isInternal));
        open = open.filter((one) => !isInternal(one));
        const queue = await committedOffsets(consumer, open, QUERY_TIMEOUT_MS);
        const failed: TopicPartition[] = [];
        let reason: unknown;
        const ask = async (): Promise<void> => {
          for (let next = queue.shift(); next !== undefined && !stopping.aborted; next = queue.shift()) {
            try {
              owned.push(await this.#start(next, topics.get(next.topic)?.id ?? null));
            } catch (error) {
              failed.push(next);
              reason = error;
            }
          }
        };
        await Promise.all(Array.from({ length: QUERIES_MAX }, ask));
        open = failed;
        if (failed.length > 0) throw reason;
      } catch (error) {
        this.#say(error, open);
      }
    }
    if (left.length > 0) {
      const topics = [...new Set(left.map(({ topic }) => topic))];
      log.error(
        { topics },
        "not read: the brokers say that these topics are their own; name them in none of 'kafka.topics'",
      );
    }
    return { owned, missing: [...open], left };
  }

  /** Without an answer nothing is known of them: that only matters where an offset is beyond the end. */
  async #topics(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, TopicState>> {
    const names = [...new Set(partitions.map(({ topic }) => topic))];
    return this.#context.brokers.topics(names).catch(() => new Map<string, TopicState>());
  }

  #say(error: unknown, open: readonly TopicPartition[]): void {
    const held = this.#gate.pass();
    if (held === undefined) return;
    const partitions = open.map(({ topic, partition }) => `${topic}[${partition}]`);
    this.#context.log.warn(
      { reason: messageOf(error), partitions, repeated: held },
      'cannot read the start offsets; trying again',
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
        `the group is beyond the end of ${topic}[${partition}], and the brokers do not tell the topic's id`,
      );
    const start = await this.#refined(
      resolveStart({ offset, topicId: noted }, { low, high, topicId }, reset),
      { ...where, offset, low, leaderEpoch },
    );
    this.#alarm(start, { ...where, committed: offset, low, high });
    // After a jump the old commit is above or below what is there: it must not keep the new one from being made.
    const isKept = start.fate === 'committed';
    const owned = new OwnedPartition(topic, partition, start.offset, isKept ? offset : -1);
    owned.answered(high);
    owned.topicId = topicId;
    if (isKept && leaderEpoch >= 0) {
      owned.noteEpoch(start.offset - 1, leaderEpoch);
      // By the epoch of its last record it is found out whether what lies before the offset is still what was read.
      if (start.offset > low) owned.unverified = { offset: start.offset, epoch: leaderEpoch };
    }
    return owned;
  }

  /** Of a partition that was cut, what was written since then is above the cut, and is not to be skipped. */
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
    const cut = await this.#context.epochs.cutOf(where, low, start.offset, leaderEpoch);
    return { ...start, offset: cut, lost: offset - cut };
  }

  #alarm({ fate, lost, offset }: StartOffset, where: object): void {
    const { log } = this.#context;
    if (fate === 'retention') log.error({ ...where, lost }, RETENTION_ALARM);
    if (fate === 'recreated') log.error(where, RECREATED_ALARM);
    if (fate === 'truncated') log.error({ ...where, lost, offset }, TRUNCATION_ALARM);
  }
}
