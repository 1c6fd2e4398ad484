import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
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

  constructor(context: RebalanceContext) {
    this.#context = context;
  }

  /** The client's rebalance callback. */
  handle(event: KafkaError, partitions: readonly TopicPartition[]): void {
    // Once the member leaves, the client says NONE; how to answer was settled when it joined.
    const protocol = this.#context.consumer.rebalanceProtocol();
    if (protocol !== 'NONE') this.#protocol = protocol;
    const lost = event.code === ErrorCode.REVOKE_PARTITIONS && this.#context.consumer.assignmentLost();
    this.#queue = this.#queue
      .then(() =>
        event.code === ErrorCode.ASSIGN_PARTITIONS
          ? this.#assign(partitions)
          : this.#revoke(partitions, lost),
      )
      .catch((error: unknown) => {
        this.#context.log.error({ reason: messageOf(error) }, 'a rebalance step failed');
      });
  }

  /** Resolves when all events so far are handled. */
  idle(): Promise<void> {
    return this.#queue;
  }

  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, log } = this.#context;
    const owned = await this.#resolveStarts(partitions);
    const starts = owned.map(({ topic, partition, position }) => ({ topic, partition, offset: position }));
    await this.#context.betweenPolls(() => {
      if (this.#protocol === 'COOPERATIVE') consumer.incrementalAssign(starts);
      else consumer.assign(starts);
      for (const one of owned) assignment.add(one);
    });
    log.info({ partitions: names(partitions), protocol: this.#protocol }, 'partitions assigned');
  }

  async #revoke(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const { assignment, committer, consumer, log } = this.#context;
    const owned = assignment.among(partitions);
    for (const one of owned) one.draining = true;
    if (!lost) {
      // At the end of the process what is in flight has had its time already.
      if (!this.#context.stopping.aborted) await this.#context.drained(owned, this.#context.drainMs);
      await committer.settle(owned, QUERY_TIMEOUT_MS);
    }
    await this.#context.betweenPolls(() => {
      for (const one of owned) assignment.remove(one);
      this.#context.giveUp(owned);
      if (this.#protocol === 'COOPERATIVE') consumer.incrementalUnassign(partitions);
      else consumer.unassign();
    });
    log.info({ partitions: names(partitions), lost }, lost ? 'partitions lost' : 'partitions revoked');
  }

  /** Asks until the broker answers; only the end of the process stops the asking. */
  async #resolveStarts(partitions: readonly TopicPartition[]): Promise<OwnedPartition[]> {
    const { consumer, log, stopping } = this.#context;
    for (;;) {
      try {
        if (partitions.length === 0 || stopping.aborted) return [];
        const committed = await committedOffsets(consumer, partitions, QUERY_TIMEOUT_MS);
        return await Promise.all(
          committed.map(async ({ topic, partition, offset }) => this.#resolveStart(topic, partition, offset)),
        );
      } catch (error) {
        log.warn(
          { reason: messageOf(error), partitions: names(partitions) },
          'cannot read the start offsets; trying again',
        );
        await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
      }
    }
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
