import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { type Log, RepeatGate } from '../log.ts';
import type { Assignment, OwnedPartition, TopicPartition } from './assignment.ts';
import type { Committer } from './committer.ts';
import { ErrorCode, type KafkaError, type NativeConsumer, type RebalanceProtocol } from './native.ts';
import type { StartResolver } from './start-resolver.ts';

const SETTLE_TIMEOUT_MS = 5000;
const LATER_MS = 2000;
/** Waits between two attempts to answer the client. */
const ANSWER_WAIT_MS = { initial: 100, most: 5000 };
/** At the end of the process nobody waits for a client that takes no answer. */
const LAST_ATTEMPTS_MAX = 5;

/** What the rebalance needs of the parts around it. */
export interface RebalanceContext {
  readonly consumer: NativeConsumer;
  readonly assignment: Assignment;
  readonly committer: Pick<Committer, 'settle'>;
  readonly starts: Pick<StartResolver, 'resolve'>;
  readonly log: Log;
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

/** Partitions that are assigned, and that nobody has answered for yet. */
export interface Awaited {
  readonly partitions: readonly string[];
  /** Since when the first of them waits, by `performance.now()`. */
  readonly since: number;
}

/**
 * Takes partitions over and gives them up. librdkafka sends the next event only after the last one was answered with an
 * assign or unassign, so events are handled one by one; records of other partitions flow on meanwhile.
 */
export class Rebalancer {
  readonly #context: RebalanceContext;
  #queue: Promise<void> = Promise.resolve();
  #protocol: RebalanceProtocol = 'NONE';
  /** By `topic[partition]`; when they were assigned tells two assignments of one partition apart. */
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

  /** How often the client has not taken an answer. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the client does not take the answer to a rebalance; null where it does. */
  get problem(): string | null {
    return this.#problem;
  }

  get awaited(): Awaited | null {
    if (this.#awaited.size === 0) return null;
    const since = Math.min(...[...this.#awaited.values()].map((one) => one.since));
    return { partitions: [...this.#awaited.keys()], since };
  }

  /** Resolves when all events so far are handled. */
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
    log.info({ partitions: names(owned), protocol: this.#protocol }, 'partitions assigned');
    if (missing.length > 0) void this.#assignLater(missing);
  }

  /**
   * Has the client take an answer, however often that fails: it waits for one before it goes on, with whatever.
   *
   * @param answer does nothing twice where it throws
   */
  async #answer(answer: () => void): Promise<void> {
    const { log, stopping } = this.#context;
    let waitMs = ANSWER_WAIT_MS.initial;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#context.betweenPolls(answer);
        if (attempt > 1) log.info({ attempts: attempt }, 'the client has taken the answer to a rebalance');
        this.#problem = null;
        return;
      } catch (error) {
        if (stopping.aborted && attempt >= LAST_ATTEMPTS_MAX) throw error;
        this.#failures++;
        this.#problem = messageOf(error);
        const repeated = this.#gate.pass();
        if (repeated !== undefined) {
          log.error(
            { reason: this.#problem, attempt, repeated },
            'the client does not take the answer to a rebalance, and reads nothing until it does; trying again',
          );
        }
      }
      await delay(waitMs, undefined, { signal: stopping }).catch(() => {});
      waitMs = Math.min(waitMs * 2, ANSWER_WAIT_MS.most);
    }
  }

  /**
   * Partitions that no broker answers for (no leader, a topic that was just deleted) must not hold up the others: the client
   * pauses everything until a rebalance is answered. They are taken over when somebody answers.
   */
  async #assignLater(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, log, stopping } = this.#context;
    const mine = { since: performance.now() };
    const isMine = (one: TopicPartition): boolean => this.#awaited.get(nameOf(one)) === mine;
    for (const one of partitions) this.#awaited.set(nameOf(one), mine);
    for (let missing = partitions; missing.length > 0 && !stopping.aborted;) {
      await delay(LATER_MS, undefined, { signal: stopping }).catch(() => {});
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
            this.#awaited.delete(nameOf(one));
          }
        });
      } catch (error) {
        this.#failures++;
        const repeated = this.#gate.pass();
        if (repeated !== undefined)
          log.error(
            { reason: messageOf(error), repeated },
            'partitions could not be taken over; trying again',
          );
      }
      // Those that are not read at all have their answer too.
      for (const one of resolved.left) if (isMine(one)) this.#awaited.delete(nameOf(one));
      missing = missing.filter(isMine);
    }
  }

  async #revoke(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const { assignment, consumer, log } = this.#context;
    for (const one of partitions) this.#awaited.delete(nameOf(one));
    const owned = assignment.among(partitions);
    for (const one of owned) one.draining = true;
    if (!lost) await this.#settle(owned);
    let givenUp = false;
    await this.#answer(() => {
      if (!givenUp) {
        givenUp = true;
        this.#resume(owned);
        for (const one of owned) assignment.remove(one);
        this.#context.giveUp(owned);
      }
      if (this.#protocol === 'COOPERATIVE') consumer.incrementalUnassign(partitions);
      else consumer.unassign();
    });
    log.info({ partitions: names(partitions), lost }, lost ? 'partitions lost' : 'partitions revoked');
  }

  /** What is in flight has some time. Whatever fails meanwhile, the client waits for its answer. */
  async #settle(owned: readonly OwnedPartition[]): Promise<void> {
    const { committer, log, stopping } = this.#context;
    try {
      // At the end of the process it has had its time already.
      if (!stopping.aborted) await this.#context.drained(owned, this.#context.drainMs);
      await committer.settle(owned, SETTLE_TIMEOUT_MS);
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'what was in flight could not be settled; it is read again');
    }
  }

  /** The client remembers a pause beyond the assignment: a partition that comes back would stay paused. */
  #resume(owned: readonly OwnedPartition[]): void {
    const paused = owned.filter((one) => one.paused).map(({ topic, partition }) => ({ topic, partition }));
    // At the end it does not matter, and while the client closes the call would wait for ever.
    if (paused.length === 0 || this.#context.stopping.aborted) return;
    try {
      this.#context.consumer.resume(paused);
    } catch {
      // It has given them up already.
    }
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}[${partition}]`;
}

function names(partitions: readonly TopicPartition[]): string[] {
  return partitions.map(nameOf);
}

function startOf({ topic, partition, position }: OwnedPartition): {
  topic: string;
  partition: number;
  offset: number;
} {
  return { topic, partition, offset: position };
}
