import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { type Log, RepeatGate } from '../log.ts';
import { type Assignment, OwnedPartition, type TopicPartition } from './assignment.ts';
import type { Committer } from './committer.ts';
import {
  ErrorCode,
  type KafkaError,
  type NativeConsumer,
  type RebalanceProtocol,
  committedOffsets,
  watermarks,
} from './native.ts';
import { RECREATED_ALARM, RETENTION_ALARM, resolveStart } from './start-offset.ts';

const QUERY_TIMEOUT_MS = 5000;
const RETRY_MS = 500;
const LATER_MS = 2000;
/** So many rounds all partitions of an event are asked for together; then it is answered with those that answer. */
const ROUNDS_MAX = 6;
/** At the same time: each question takes one of the four threads that everything else shares. */
const QUERIES_MAX = 2;

/** What the rebalance needs of the parts around it. */
export interface RebalanceContext {
  readonly consumer: NativeConsumer;
  readonly assignment: Assignment;
  readonly committer: Committer;
  readonly log: Log;
  readonly reset: 'earliest' | 'latest';
  /** How long a revoked partition's records in flight may take to settle. */
  readonly drainMs: number;
  /** Aborted when the process ends: nobody waits for brokers any longer. */
  readonly stopping: AbortSignal;
  /** Runs `action` when no `consume` is in flight, so that no record is between the client and us. */
  betweenPolls<T>(action: () => T): Promise<T>;
  /** Resolves when nothing of these partitions is in flight, or after the time. */
  drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void>;
  /** Gives up what is still open of these partitions. */
  giveUp(partitions: readonly OwnedPartition[]): void;
}

/**
 * Takes partitions over and gives them up. librdkafka sends the next event only after the last one was answered with an
 * assign or unassign, so events are handled one by one; records of other partitions flow on meanwhile.
 */
export class Rebalancer {
  readonly #context: RebalanceContext;
  #queue: Promise<void> = Promise.resolve();
  #protocol: RebalanceProtocol = 'NONE';
  /** Assigned to us, and nobody has answered for them yet; `topic:partition`. */
  readonly #awaited = new Set<string>();
  readonly #gate = new RepeatGate();
  #pending = 0;

  constructor(context: RebalanceContext) {
    this.#context = context;
  }

  /** The client's rebalance callback. */
  handle(event: KafkaError, partitions: readonly TopicPartition[]): void {
    // Once the member leaves, the client says NONE; how to answer was settled when it joined.
    const protocol = this.#context.consumer.rebalanceProtocol();
    if (protocol !== 'NONE') this.#protocol = protocol;
    const lost = event.code === ErrorCode.REVOKE_PARTITIONS && this.#context.consumer.assignmentLost();
    this.#pending++;
    this.#queue = this.#queue
      .then(() =>
        event.code === ErrorCode.ASSIGN_PARTITIONS
          ? this.#assign(partitions)
          : this.#revoke(partitions, lost),
      )
      .catch((error: unknown) => {
        this.#context.log.error({ reason: messageOf(error) }, 'a rebalance step failed');
      })
      .finally(() => this.#pending--);
  }

  /** Whether the client waits for the answer to a rebalance. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  get protocol(): RebalanceProtocol {
    return this.#protocol;
  }

  /** Resolves when all events so far are handled. */
  idle(): Promise<void> {
    return this.#queue;
  }

  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, log } = this.#context;
    const owned = await this.#resolveStarts(partitions);
    const starts = owned.map(startOf);
    await this.#context.betweenPolls(() => {
      if (this.#protocol === 'COOPERATIVE') consumer.incrementalAssign(starts);
      else consumer.assign(starts);
      for (const one of owned) assignment.add(one);
    });
    log.info({ partitions: names(owned), protocol: this.#protocol }, 'partitions assigned');
    const missing = partitions.filter(
      ({ topic, partition }) => assignment.find(topic, partition) === undefined,
    );
    if (missing.length > 0) void this.#assignLater(missing);
  }

  /**
   * Partitions that no broker answers for (no leader, a topic that was just deleted) must not hold up the others: the client
   * pauses everything until a rebalance is answered. They are taken over when somebody answers.
   */
  async #assignLater(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, stopping } = this.#context;
    let missing = partitions;
    for (const { topic, partition } of partitions) this.#awaited.add(`${topic}:${partition}`);
    while (missing.length > 0 && !stopping.aborted) {
      await delay(LATER_MS, undefined, { signal: stopping }).catch(() => {});
      missing = missing.filter(({ topic, partition }) => this.#awaited.has(`${topic}:${partition}`));
      const owned = await this.#resolveStarts(missing);
      await this.#context.betweenPolls(() => {
        const wanted = owned.filter(({ topic, partition }) => this.#awaited.delete(`${topic}:${partition}`));
        for (const one of wanted) assignment.add(one);
        if (wanted.length === 0) return;
        if (this.#protocol === 'COOPERATIVE') consumer.incrementalAssign(wanted.map(startOf));
        else consumer.assign(assignment.all().map(startOf));
      });
    }
  }

  async #revoke(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const { assignment, committer, consumer, log } = this.#context;
    for (const { topic, partition } of partitions) this.#awaited.delete(`${topic}:${partition}`);
    const owned = assignment.among(partitions);
    for (const one of owned) one.draining = true;
    if (!lost) {
      // At the end of the process what is in flight has had its time already.
      if (!this.#context.stopping.aborted) await this.#context.drained(owned, this.#context.drainMs);
      await committer.settle(owned, QUERY_TIMEOUT_MS);
    }
    await this.#context.betweenPolls(() => {
      // The client remembers a pause beyond the assignment: a partition that comes back would stay paused.
      const paused = owned.filter((one) => one.paused).map(({ topic, partition }) => ({ topic, partition }));
      // At the end it does not matter, and while the client closes the call would wait for ever.
      if (paused.length > 0 && !this.#context.stopping.aborted) consumer.resume(paused);
      for (const one of owned) assignment.remove(one);
      this.#context.giveUp(owned);
      if (this.#protocol === 'COOPERATIVE') consumer.incrementalUnassign(partitions);
      else consumer.unassign();
    });
    log.info({ partitions: names(partitions), lost }, lost ? 'partitions lost' : 'partitions revoked');
  }

  /** Asks for a while until the brokers answer. @returns those that were answered for */
  async #resolveStarts(partitions: readonly TopicPartition[]): Promise<OwnedPartition[]> {
    const { consumer, log, stopping } = this.#context;
    const owned: OwnedPartition[] = [];
    let open = partitions;
    for (let round = 0; round < ROUNDS_MAX && open.length > 0 && !stopping.aborted; round++) {
      if (round > 0) await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
      try {
        const committed = await committedOffsets(consumer, open, QUERY_TIMEOUT_MS);
        const queue = [...committed];
        const failed: TopicPartition[] = [];
        let reason: unknown;
        const ask = async (): Promise<void> => {
          for (let next = queue.shift(); next !== undefined && !stopping.aborted; next = queue.shift()) {
            try {
              owned.push(await this.#resolveStart(next.topic, next.partition, next.offset));
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
        const held = this.#gate.pass();
        if (held !== undefined) {
          log.warn(
            { reason: messageOf(error), partitions: names(open), repeated: held },
            'cannot read the start offsets; trying again',
          );
        }
      }
    }
    return owned;
  }

  async #resolveStart(topic: string, partition: number, committed: number): Promise<OwnedPartition> {
    const { consumer, log, reset } = this.#context;
    const { low, high } = await watermarks(consumer, { topic, partition }, QUERY_TIMEOUT_MS);
    const start = resolveStart(committed, low, high, reset);
    const where = { topic, partition, committed, low, high };
    if (start.lost > 0) {
      log.error({ ...where, lost: start.lost }, RETENTION_ALARM);
    }
    if (start.recreated) log.error(where, RECREATED_ALARM);
    // After a jump the old commit is above or below what is there: it must not keep the new one from being made.
    const owned = new OwnedPartition(
      topic,
      partition,
      start.offset,
      start.offset === committed ? committed : -1,
    );
    owned.highWatermark = high;
    return owned;
  }
}

function names(partitions: readonly TopicPartition[]): string[] {
  return partitions.map(({ topic, partition }) => `${topic}[${partition}]`);
}

function startOf({ topic, partition, position }: OwnedPartition): {
  topic: string;
  partition: number;
  offset: number;
} {
  return { topic, partition, offset: position };
}
