import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { type Log, RepeatGate } from '../../log.ts';
import { type TopicPartition, partitionName } from '../../record.ts';
import type { Assignment, OwnedPartition } from './assignment.ts';
import type { Committer } from './committer.ts';
import { ErrorCode, type KafkaError, type NativeConsumer, type RebalanceProtocol } from '../native.ts';
import type { StartResolver } from './start-resolver.ts';

const SETTLE_TIMEOUT_MS = 5000;
/** Interval of the attempts to assign partitions without a start offset. */
const ASSIGN_RETRY_MS = 2000;
/** Delays between two attempts to answer the client. */
const ANSWER_WAIT_MS = { initial: 100, most: 5000 };
/** At the end of the process, a client that rejects the answer is abandoned after so many attempts. */
const LAST_ATTEMPTS_MAX = 5;

/** The dependencies of a {@link Rebalancer}. */
interface RebalanceContext {
  readonly consumer: NativeConsumer;
  readonly assignment: Assignment;
  readonly committer: Pick<Committer, 'settle'>;
  readonly starts: Pick<StartResolver, 'resolve'>;
  readonly log: Log;
  /** Time for a revoked partition's records in flight to settle. */
  readonly drainMs: number;
  /** Aborted when the process ends: all waits for brokers end. */
  readonly stopping: AbortSignal;
  /** Runs `action` while no `consume` is in flight: every record of the client has been received. */
  betweenPolls<T>(action: () => T): Promise<T>;
  /** Resolves when no record of these partitions is in flight, or after the timeout. */
  drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void>;
  /** Abandons the unsettled records of these partitions. */
  abandon(partitions: readonly OwnedPartition[]): void;
}

/** Assigned partitions whose start offsets no broker has answered. */
export interface Awaited {
  readonly partitions: readonly string[];
  /** When the first of them was assigned, by `performance.now()`. */
  readonly since: number;
}

/**
 * Handles assignments and revocations. librdkafka sends the next event only after an assign or unassign has
 * answered the last one, so events are handled one by one. Records of other partitions are consumed
 * meanwhile.
 */
export class Rebalancer {
  readonly #context: RebalanceContext;
  #queue: Promise<void> = Promise.resolve();
  #protocol: RebalanceProtocol = 'NONE';
  /** By `topic[partition]`. The entry's identity distinguishes two assignments of one partition. */
  readonly #awaited = new Map<string, { readonly since: number }>();
  readonly #gate = new RepeatGate();
  #pending = 0;
  #failures = 0;
  #problem: string | null = null;

  constructor(context: RebalanceContext) {
    this.#context = context;
  }

  /** The client's rebalance callback. */
  handle(event: KafkaError, partitions: readonly TopicPartition[]): void {
    // The client reports NONE once the member leaves; the protocol of the join applies until then.
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
        const reason = messageOf(error);
        this.#context.log.error({ code: 'rebalance_failed', reason }, 'rebalance step failed');
      })
      .finally(() => this.#pending--);
  }

  /** Whether a rebalance is not answered yet. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  get protocol(): RebalanceProtocol {
    return this.#protocol;
  }

  /** How often the client has rejected an answer. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the client rejects the answer to a rebalance; null if it does not. */
  get problem(): string | null {
    return this.#problem;
  }

  get awaited(): Awaited | null {
    if (this.#awaited.size === 0) return null;
    const since = Math.min(...[...this.#awaited.values()].map((one) => one.since));
    return { partitions: [...this.#awaited.keys()], since };
  }

  /** Resolves when all present events are handled. */
  idle(): Promise<void> {
    return this.#queue;
  }

  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, log } = this.#context;
    const { owned, missing } = await this.#context.starts.resolve(partitions);
    const starts = owned.map(startOf);
    await this.#answer(() => {
      if (this.#protocol === 'COOPERATIVE') consumer.incrementalAssign(starts);
      else consumer.assign(starts);
      for (const one of owned) assignment.add(one);
    });
    // Each member of a group gets an empty assignment whenever another one joins or leaves.
    if (owned.length > 0 || assignment.all().length === 0)
      log.info(
        { code: 'partitions_assigned', partitions: owned.map(partitionName), protocol: this.#protocol },
        'partitions assigned',
      );
    if (missing.length > 0) void this.#assignLater(missing);
  }

  /**
   * Answers the client, and retries until it accepts: it handles no other event before.
   *
   * @param answer repeatable: it throws before it has side effects, or has them once
   */
  async #answer(answer: () => void): Promise<void> {
    const { log, stopping } = this.#context;
    let waitMs = ANSWER_WAIT_MS.initial;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#context.betweenPolls(answer);
        if (attempt > 1)
          log.info({ code: 'rebalance_answer_accepted', attempts: attempt }, 'rebalance answer accepted');
        this.#problem = null;
        return;
      } catch (error) {
        if (stopping.aborted && attempt >= LAST_ATTEMPTS_MAX) throw error;
        this.#failures++;
        this.#problem = messageOf(error);
        const repeated = this.#gate.pass();
        if (repeated !== undefined) {
          log.error(
            { code: 'rebalance_answer_rejected', reason: this.#problem, attempt, repeated },
            'rebalance answer rejected by the Kafka client, which reads nothing until it accepts; retrying',
          );
        }
      }
      await delay(waitMs, undefined, { signal: stopping }).catch(() => {});
      waitMs = Math.min(waitMs * 2, ANSWER_WAIT_MS.most);
    }
  }

  /**
   * Partitions without an answer of a broker (no leader, a topic that was just deleted) must not block the
   * others: the client pauses all partitions until a rebalance is answered. They are assigned once a broker
   * answers.
   */
  async #assignLater(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, log, stopping } = this.#context;
    const mine = { since: performance.now() };
    const isMine = (one: TopicPartition): boolean => this.#awaited.get(partitionName(one)) === mine;
    for (const one of partitions) this.#awaited.set(partitionName(one), mine);
    for (let missing = partitions; missing.length > 0 && !stopping.aborted;) {
      await delay(ASSIGN_RETRY_MS, undefined, { signal: stopping }).catch(() => {});
      missing = missing.filter(isMine);
      const resolved = await this.#context.starts.resolve(missing);
      try {
        await this.#context.betweenPolls(() => {
          const wanted = resolved.owned.filter(isMine);
          if (wanted.length === 0) return;
          if (this.#protocol === 'COOPERATIVE') consumer.incrementalAssign(wanted.map(startOf));
          else consumer.assign([...assignment.all(), ...wanted].map(startOf));
          for (const one of wanted) {
            assignment.add(one);
            this.#awaited.delete(partitionName(one));
          }
        });
      } catch (error) {
        this.#failures++;
        const repeated = this.#gate.pass();
        if (repeated !== undefined)
          log.error(
            { code: 'assign_failed', reason: messageOf(error), repeated },
            'cannot assign partitions, retrying',
          );
      }
      for (const one of resolved.skipped) if (isMine(one)) this.#awaited.delete(partitionName(one));
      missing = missing.filter(isMine);
    }
  }

  async #revoke(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const { assignment, consumer, log } = this.#context;
    for (const one of partitions) this.#awaited.delete(partitionName(one));
    const owned = assignment.among(partitions);
    for (const one of owned) one.draining = true;
    if (!lost) await this.#settle(owned);
    let abandoned = false;
    await this.#answer(() => {
      if (!abandoned) {
        abandoned = true;
        this.#resume(owned);
        for (const one of owned) assignment.remove(one);
        this.#context.abandon(owned);
      }
      if (this.#protocol === 'COOPERATIVE') consumer.incrementalUnassign(partitions);
      else consumer.unassign();
    });
    const names = partitions.map(partitionName);
    if (lost) log.warn({ code: 'partitions_lost', partitions: names, lost }, 'partitions lost');
    else if (names.length > 0)
      log.info({ code: 'partitions_revoked', partitions: names, lost }, 'partitions revoked');
  }

  /** Waits for records in flight. Errors are only logged, because the client needs its answer. */
  async #settle(owned: readonly OwnedPartition[]): Promise<void> {
    const { committer, log, stopping } = this.#context;
    try {
      // At the end of the process, the shutdown has waited already.
      if (!stopping.aborted) await this.#context.drained(owned, this.#context.drainMs);
      await committer.settle(owned, SETTLE_TIMEOUT_MS);
    } catch (error) {
      const reason = messageOf(error);
      log.error({ code: 'settle_failed', reason }, 'cannot settle records in flight, they are read again');
    }
  }

  /** The client keeps a pause after a revocation: a partition that is assigned again would stay paused. */
  #resume(owned: readonly OwnedPartition[]): void {
    const paused = owned.filter((one) => one.paused).map(({ topic, partition }) => ({ topic, partition }));
    // At the end of the process a pause has no effect, and the call would never return during the close.
    if (paused.length === 0 || this.#context.stopping.aborted) return;
    try {
      this.#context.consumer.resume(paused);
    } catch {
      // The client has revoked them already.
    }
  }
}

function startOf({ topic, partition, position }: OwnedPartition): TopicPartition & { offset: number } {
  return { topic, partition, offset: position };
}
