import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { RepeatGate } from '../../log.ts';
import type { Assignment, OwnedPartition } from './assignment.ts';
import type { KafkaError, NativeConsumer, PartitionOffset } from '../native.ts';
import { commitMetadata } from './start-offset.ts';

/** A commit without an answer after this time counts as lost, and is sent again. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Illegal generation, unknown member, rebalance in progress. */
const REBALANCING: ReadonlySet<number> = new Set([22, 25, 27]);
const REBALANCING_MESSAGE = /rebalance in progress|generation id is not valid|unknown member/i;
/** A rebalance that rejects commits for longer is told. */
const REBALANCE_MS = 60_000;

/** A committed offset belongs to one epoch: the next epoch of the partition has offsets of its own. */
interface Sent {
  readonly owned: OwnedPartition;
  readonly offset: number;
}

/**
 * Commits watermarks: coalesced, one commit in flight, only upwards, only for epochs that are not over. A
 * rejected commit is repeated at the next interval. No record is lost meanwhile, but a crash would replay
 * more.
 */
export class Committer {
  readonly #consumer: NativeConsumer;
  readonly #assignment: Assignment;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  readonly #gate = new RepeatGate();
  #rebalancingSince: number | null = null;
  #sentAt: number | null = null;
  #sent: readonly Sent[] = [];
  #waiting: (() => void)[] = [];

  constructor(consumer: NativeConsumer, assignment: Assignment, intervalMs: number, log: Log) {
    this.#consumer = consumer;
    this.#assignment = assignment;
    this.#log = log;
    this.#timer = setInterval(() => this.commit(), intervalMs);
  }

  /** Commits all offsets that have moved, unless an answer is pending. */
  commit(partitions: readonly OwnedPartition[] = this.#assignment.all()): void {
    if (this.#sentAt !== null && performance.now() - this.#sentAt < ANSWER_TIMEOUT_MS) return;
    const sent: Sent[] = [];
    for (const owned of partitions) {
      const offset = owned.committable;
      if (offset !== null) sent.push({ owned, offset });
    }
    if (sent.length === 0) return;
    try {
      this.#consumer.commit(sent.map(asCommitted));
      this.#sentAt = performance.now();
      this.#sent = sent;
    } catch (error) {
      this.#warn(messageOf(error));
    }
  }

  /** The broker's answer to a commit. */
  answered(error: KafkaError | undefined, offsets: readonly PartitionOffset[]): void {
    const sent = offsets.map((answer) => this.#sent.find((one) => isAnswerTo(answer, one)));
    // This is a late answer to a commit that was sent again: the answer to the second one is still to come.
    if (sent.includes(undefined)) return;
    this.#sentAt = null;
    if (error) this.#rejected(error);
    else {
      offsets.forEach(({ error: partitionError }, index) => {
        const { owned, offset } = sent[index] as Sent;
        if (partitionError !== undefined && partitionError.code !== 0) this.#rejected(partitionError);
        else if (!owned.closed) {
          this.#rebalancingSince = null;
          owned.committed = Math.max(owned.committed, offset);
          owned.epochs.forget(offset);
        }
      });
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Commits these partitions and waits at most `timeoutMs` for the broker's answer. */
  async settle(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (partitions.some((owned) => owned.committable !== null) && performance.now() < deadline) {
      this.commit(partitions);
      await this.#nextAnswer(Math.min(500, deadline - performance.now()));
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #nextAnswer(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /**
   * A rebalance rejects commits of all members until it is over, and of partitions that this member has just
   * lost: the next commit passes, or the next owner commits. Only one that lasts is logged.
   */
  #rejected({ code, message }: KafkaError): void {
    const now = performance.now();
    if (REBALANCING.has(code) || REBALANCING_MESSAGE.test(message)) {
      this.#rebalancingSince ??= now;
      if (now - this.#rebalancingSince < REBALANCE_MS) return;
    }
    this.#warn(message);
  }

  #warn(reason: string): void {
    const repeated = this.#gate.pass();
    if (repeated !== undefined)
      this.#log.warn({ code: 'commit_rejected', reason, repeated }, 'commit rejected, retrying');
  }
}

/**
 * Adds the topic's id and the epoch of the last record to the offset. Both tell later whether the partition
 * is still the one that was read.
 */
function asCommitted({ owned: { topic, partition, topicId, epochs }, offset }: Sent): PartitionOffset {
  const leaderEpoch = epochs.before(offset);
  return {
    topic,
    partition,
    offset,
    ...(leaderEpoch < 0 ? {} : { leaderEpoch }),
    ...(topicId === null ? {} : { metadata: commitMetadata(topicId) }),
  };
}

function isAnswerTo({ topic, partition, offset }: PartitionOffset, sent: Sent): boolean {
  return sent.owned.topic === topic && sent.owned.partition === partition && sent.offset === offset;
}
