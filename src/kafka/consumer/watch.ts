import type { Config } from '../../config/schema.ts';
import { type TopicChoice, isPattern, sourceTopics } from '../../config/topics.ts';
import { type Log, Reminders } from '../../log.ts';
import { type Address, unreachable } from '../addresses.ts';
import type { OwnedPartition } from './assignment.ts';
import type { TopicState } from '../brokers.ts';
import type { Consumer } from './consumer.ts';
import { type Facts, isAway, reasonOf } from './health.ts';
import { metadataOf, watermarks } from '../native.ts';
import { OpenTransactions, waitsFor } from './open-transactions.ts';

/** A lag that grows for five seconds is told within ten. */
const QUERY_INTERVAL_MS = 2000;
const LOG_INTERVAL_MS = 1000;
const QUERY_TIMEOUT_MS = 5000;
/** An error of the client leads to a check of the brokers' addresses for this time. */
const SUSPICION_MS = 30_000;

/** The state of Kafka in the aggregator's status. */
export interface KafkaState {
  readonly connected: boolean;
  readonly reason: string | null;
  /** Milliseconds since the epoch; null before the first connection. */
  readonly lastContact: number | null;
  /** Seconds since the last contact. */
  readonly silentSeconds: number | null;
}

/**
 * Queries the brokers every few seconds for the topics, this user's rights, and the ends of the owned
 * partitions. So the lag comes from the brokers. A position that they no longer have is found, even if the
 * client loses the error (it drops one that follows records). Logs when records cannot be read, and when they
 * can again.
 */
export class KafkaWatch {
  readonly #consumer: Consumer;
  readonly #config: Config['kafka'];
  readonly #log: Log;
  readonly #choice: TopicChoice;
  #timers: readonly NodeJS.Timeout[] = [];
  #isQuerying = false;
  #answered: Facts['answered'] | null = null;
  #topics: ReadonlyMap<string, TopicState> = new Map();
  #isMatched: boolean | null = null;
  #addresses: readonly Address[] = [];
  #unreachable: string | null = null;
  /** Partitions without an answer to the last query: they are queried after the others, one each time. */
  #unanswered = new WeakSet<OwnedPartition>();
  readonly #transactions = new OpenTransactions();
  #logged: { reason: string; since: number } | null = null;
  readonly #reminders = new Reminders();

  /** @param deadLetterTopic template of topics that a regular expression does not match; null for none */
  constructor(consumer: Consumer, config: Config['kafka'], deadLetterTopic: string | null, log: Log) {
    this.#consumer = consumer;
    this.#config = config;
    this.#log = log;
    this.#choice = sourceTopics(config.topics, deadLetterTopic);
  }

  start(): void {
    this.#timers = [
      setInterval(() => void this.#query(), QUERY_INTERVAL_MS),
      setInterval(() => this.#logChanges(), LOG_INTERVAL_MS),
    ];
  }

  get state(): KafkaState {
    const { native } = this.#consumer;
    if (native === null) {
      const reason = this.#unreachable ?? 'not connected to Kafka';
      return { connected: false, reason, lastContact: null, silentSeconds: null };
    }
    const facts = this.#facts();
    return {
      connected: !isAway(facts),
      reason: reasonOf(facts),
      lastContact: facts.answered.time,
      silentSeconds: (facts.now - facts.answered.at) / 1000,
    };
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #facts(): Facts {
    const { rebalancer, errors, assignment } = this.#consumer;
    // A connection is an answer.
    this.#answered ??= answeredNow();
    return {
      now: performance.now(),
      config: this.#config,
      answered: this.#answered,
      owned: assignment.all(),
      awaited: rebalancer?.awaited ?? null,
      rebalanceProblem: rebalancer?.problem ?? null,
      topics: this.#topics,
      isMatched: this.#isMatched,
      reported: errors.reported,
      unreachable: this.#unreachable,
    };
  }

  #logChanges(): void {
    if (this.#consumer.native === null || this.#consumer.isStopping) return;
    const { reason, connected, silentSeconds } = this.state;
    const before = this.#logged;
    const isReminded = this.#reminders.isDue(reason !== null);
    if (reason === null && before !== null) {
      const seconds = secondsSince(before.since);
      this.#logged = null;
      const owned = this.#consumer.assignment.all();
      const lag = owned.reduce<number | null>((sum, one) => addOrNull(sum, one.lag), 0);
      this.#log.info(
        { code: 'kafka_recovered', before: before.reason, seconds, partitions: owned.length, lag },
        'Kafka answers again, records can be read',
      );
    } else if (reason !== null && (reason !== before?.reason || isReminded)) {
      const began = connected ? performance.now() : performance.now() - (silentSeconds ?? 0) * 1000;
      const since = before?.since ?? began;
      this.#logged = { reason, since };
      this.#log.error(
        { code: 'kafka_unavailable', reason, seconds: secondsSince(since) },
        'cannot read records from Kafka, nothing is lost',
      );
    }
  }

  async #query(): Promise<void> {
    if (this.#isQuerying) return;
    this.#isQuerying = true;
    try {
      if (this.#consumer.native !== null) {
        const isAnswered = await this.#queryTopics();
        await this.#queryPartitions(isAnswered);
        if (isAnswered) await this.#queryTransactions();
        await this.#queryMatches();
      }
      await this.#checkAddresses();
    } finally {
      this.#isQuerying = false;
    }
  }

  /** @returns whether a broker has answered */
  async #queryTopics(): Promise<boolean> {
    const named = this.#config.topics.filter((topic) => !isPattern(topic));
    const owned = this.#consumer.assignment.all().map(({ topic }) => topic);
    const names = [...new Set([...named, ...owned])];
    if (names.length === 0) return true;
    try {
      this.#topics = await this.#consumer.brokers.topics(names);
      this.#answered = answeredNow();
      return true;
    } catch {
      return this.#queryMetadata();
    }
  }

  /** Old brokers do not support the query for topics, but answer this one. */
  async #queryMetadata(): Promise<boolean> {
    const { native } = this.#consumer;
    if (native === null) return false;
    try {
      this.#addresses = (await metadataOf(native, QUERY_TIMEOUT_MS)).brokers;
      this.#answered = answeredNow();
      return true;
    } catch {
      // The missing answer shows that the brokers are away.
      return false;
    }
  }

  async #queryPartitions(isAnswered: boolean): Promise<void> {
    const all = this.#consumer.assignment.all();
    const [unanswered, others] = [
      all.filter((one) => this.#unanswered.has(one)),
      all.filter((one) => !this.#unanswered.has(one)),
    ];
    // One after the other: each query occupies a thread of the shared libuv pool, longest without an answer.
    const queried = [...others, ...unanswered.slice(0, 1)];
    for (const owned of isAnswered ? queried : queried.slice(0, 1)) {
      this.#unanswered.delete(owned);
      if (!(await this.#queryPartition(owned))) this.#unanswered.add(owned);
    }
  }

  async #queryPartition(owned: OwnedPartition): Promise<boolean> {
    const { native } = this.#consumer;
    if (native === null) return false;
    // Read before the query: at the time of the answer, the position may be above the answered end.
    const { position } = owned;
    let offsets: { low: number; high: number };
    try {
      offsets = await watermarks(native, owned, QUERY_TIMEOUT_MS);
    } catch {
      // The client reports a broker that is away. The last known offsets stay for a while.
      return false;
    }
    this.#answered = answeredNow();
    owned.answered(offsets.high);
    await this.#consumer.recover(owned, {
      low: offsets.low,
      high: Math.max(offsets.high, owned.position - position + offsets.high),
      topicId: this.#topics.get(owned.topic)?.id ?? null,
    });
    return true;
  }

  /** At the delivered end of a partition there may be more records, which an open transaction blocks. */
  async #queryTransactions(): Promise<void> {
    const { assignment, brokers } = this.#consumer;
    const queried = assignment
      .all()
      .filter(({ isAtEnd, openTransaction }) => isAtEnd || openTransaction !== null);
    try {
      for (const { topic, partition, offset } of await brokers.ends(queried)) {
        const owned = assignment.find(topic, partition);
        if (owned === undefined) continue;
        const before = owned.openTransaction;
        const change = this.#transactions.note(owned, offset, performance.now(), Date.now());
        if (change === 'began' && owned.openTransaction !== null)
          this.#log.warn(
            {
              code: 'open_transaction',
              partition: owned.name,
              position: owned.position,
              waits_for: waitsFor(owned.openTransaction),
            },
            'partition waits for an open transaction of a producer',
          );
        else if (change === 'ended' && before !== null) {
          const since = new Date(before.since).toISOString();
          this.#log.info(
            { code: 'open_transaction_ended', partition: owned.name, since },
            'open transaction of a producer ended',
          );
        }
      }
    } catch {
      // Without an answer (brokers away, or too old for the query) the state stays as it is.
    }
  }

  async #queryMatches(): Promise<void> {
    const { native, assignment } = this.#consumer;
    this.#isMatched = null;
    if (native === null || assignment.all().length > 0 || !this.#config.topics.some(isPattern)) return;
    try {
      const { topics } = await metadataOf(native, QUERY_TIMEOUT_MS);
      this.#answered = answeredNow();
      this.#isMatched = topics.some(({ name }) => this.#choice.matches(name));
    } catch {
      // Without an answer, whether a topic matches is unknown.
    }
  }

  /** Runs only during a fault: brokers that answer at one address may advertise another to clients. */
  async #checkAddresses(): Promise<void> {
    const { native, assignment, errors } = this.#consumer;
    const now = performance.now();
    const isSuspect =
      assignment.all().length === 0 &&
      [...errors.reported.values()].some(({ at }) => now - at < SUSPICION_MS);
    if (this.state.reason === null && !isSuspect) {
      this.#unreachable = null;
      return;
    }
    try {
      if (native !== null) this.#addresses = (await metadataOf(native, QUERY_TIMEOUT_MS)).brokers;
    } catch {
      // The addresses of the last answer are checked.
    }
    this.#unreachable = await unreachable(
      [...errors.failing.recent(SUSPICION_MS), ...this.#addresses],
      this.#config.bootstrap_servers,
    );
  }
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 1000);
}

function addOrNull(sum: number | null, value: number | undefined): number | null {
  return sum === null || value === undefined ? null : sum + value;
}

function answeredNow(): Facts['answered'] {
  return { at: performance.now(), time: Date.now() };
}
