import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { RepeatGate } from '../log.ts';
import type { Assignment, OwnedPartition } from './assignment.ts';
import type { KafkaError, NativeConsumer, PartitionOffset } from './native.ts';
import { noteOf } from './start-offset.ts';

/** A commit whose answer has not come after this long is taken for lost, and made anew. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Offsets are sent for an epoch: a new one of the same partition has offsets of its own. */
interface Sent {
  readonly owned: OwnedPartition;
  readonly offset: number;
}

/**
 * Commits watermarks: coalesced, one commit in flight, only upwards, only for epochs that go on. A commit that is refused
 * is made anew at the next interval; meanwhile nothing is lost, only more would be read again after a crash.
 */
export class Committer {
  readonly #consumer: NativeConsumer;
  readonly #assignment: Assignment;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  readonly #gate = new RepeatGate();
  #sentAt: number | null = null;
  #sent: readonly Sent[] = [];
  #waiting: (() => void)[] = [];

  constructor(consumer: NativeConsumer, assignment: Assignment, intervalMs: number, log: Log) {
    this.#consumer = consumer;
    this.#assignment = assignment;
    this.#log = log;
    this.#timer = setInterval(() => this.commit(), intervalMs);
  }

  /** Sends off whatever may be committed, unless an answer is still awaited. */
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
    // A late answer to a commit that was made anew meanwhile: the answer to that one is still to come.
    if (sent.includes(undefined)) return;
    this.#sentAt = null;
    if (error) this.#warn(error.message);
    else {
      offsets.forEach(({ error: partitionError }, index) => {
        const { owned, offset } = sent[index] as Sent;
        if (partitionError !== undefined && partitionError.code !== 0) this.#warn(partitionError.message);
        else if (!owned.closed) {
          owned.committed = Math.max(owned.committed, offset);
          owned.epochs.forget(offset);
        }
      });
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Commits these partitions and waits for the broker to say so, for `timeoutMs` at most. */
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

  #warn(reason: string): void {
    const held = this.#gate.pass();
    if (held !== undefined)
      this.#log.warn({ reason, repeated: held }, 'a commit was refused and will be made anew');
  }
}

/** With what tells later whether the partition is still the one that was read: the topic's id, and the epoch of the last record. */
function asCommitted({ owned: { topic, partition, topicId, epochs }, offset }: Sent): PartitionOffset {
  const leaderEpoch = epochs.before(offset);
  return {
    topic,
    partition,
    offset,
    ...(leaderEpoch < 0 ? {} : { leaderEpoch }),
    ...(topicId === null ? {} : { metadata: noteOf(topicId) }),
  };
}

function isAnswerTo({ topic, partition, offset }: PartitionOffset, sent: Sent): boolean {
  return sent.owned.topic === topic && sent.owned.partition === partition && sent.offset === offset;
}
