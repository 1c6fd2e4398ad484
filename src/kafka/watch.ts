import type { Config } from '../config/schema.ts';
import { type TopicChoice, isPattern, sourceTopics } from '../config/topics.ts';
import type { Log } from '../log.ts';
import { type Address, unreachable } from './addresses.ts';
import type { OwnedPartition } from './assignment.ts';
import type { TopicState } from './brokers.ts';
import type { Consumer } from './consumer.ts';
import { type Facts, isAway, reasonOf } from './health.ts';
import { metadataOf, watermarks } from './native.ts';
import { OpenTransactions, waitsFor } from './open-transactions.ts';

const ASKING_MS = 5000;
const LOOKING_MS = 1000;
const QUERY_TIMEOUT_MS = 5000;
/** What the client reports is looked into for so long. */
const SUSPICION_MS = 30_000;

/** What the aggregator tells of Kafka. */
export interface KafkaState {
  readonly connected: boolean;
  readonly reason: string | null;
  /** Milliseconds since the epoch; null before the first connection. */
  readonly lastContact: number | null;
  /** How long ago that was. */
  readonly silentSeconds: number | null;
}

/**
 * Asks the brokers every few seconds whether they answer, what they allow, and for the ends of the owned partitions: the lag is theirs and
 * not our guess, and a position that they no longer have is found, also where the client lost the error (it drops one that comes behind
 * records). Says aloud when nothing can be read from them, and when it can again.
 */
export class KafkaWatch {
  readonly #consumer: Consumer;
  readonly #config: Config['kafka'];
  readonly #log: Log;
  readonly #choice: TopicChoice;
  #timers: readonly NodeJS.Timeout[] = [];
  #asking = false;
  #answered: Facts['answered'] | null = null;
  #topics: ReadonlyMap<string, TopicState> = new Map();
  #isMatched: boolean | null = null;
  #addresses: readonly Address[] = [];
  #unreachable: string | null = null;
  /** Partitions that nobody has answered for at the last time: they are asked for behind the others, one each time. */
  #silent = new WeakSet<OwnedPartition>();
  readonly #transactions = new OpenTransactions();
  #said: { reason: string; since: number } | null = null;

  constructor(consumer: Consumer, { kafka, dead_letter }: Config, log: Log) {
    this.#consumer = consumer;
    this.#config = kafka;
    this.#log = log;
    this.#choice = sourceTopics(kafka.topics, dead_letter.to === 'topic' ? dead_letter.topic : null);
  }

  start(): void {
    this.#timers = [
      setInterval(() => void this.#ask(), ASKING_MS),
      setInterval(() => this.#look(), LOOKING_MS),
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
    const { rebalancer, reported, assignment } = this.#consumer;
    // To connect is to be answered.
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
      reported,
      unreachable: this.#unreachable,
    };
  }

  /** Says what has changed. */
  #look(): void {
    if (this.#consumer.native === null || this.#consumer.isStopping) return;
    const { reason, connected, silentSeconds } = this.state;
    const before = this.#said;
    if (reason === null && before !== null) {
      const seconds = Math.round((performance.now() - before.since) / 1000);
      this.#said = null;
      this.#log.info(
        { before: before.reason },
        `Kafka answers again after ${seconds} s: records can be read`,
      );
    } else if (reason !== null && reason !== before?.reason) {
      const since = connected ? performance.now() : performance.now() - (silentSeconds ?? 0) * 1000;
      this.#said = { reason, since: before?.since ?? since };
      this.#log.error({ reason }, 'records of Kafka cannot be read; nothing is lost');
    }
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      if (this.#consumer.native !== null) {
        const isAnswered = await this.#askForTopics();
        await this.#askForPartitions(isAnswered);
        if (isAnswered) await this.#askForTransactions();
        await this.#askForMatches();
      }
      await this.#askForAddresses();
    } finally {
      this.#asking = false;
    }
  }

  /** @returns whether somebody has answered */
  async #askForTopics(): Promise<boolean> {
    const named = this.#config.topics.filter((topic) => !isPattern(topic));
    const owned = this.#consumer.assignment.all().map(({ topic }) => topic);
    const names = [...new Set([...named, ...owned])];
    if (names.length === 0) return true;
    try {
      this.#topics = await this.#consumer.brokers.topics(names);
      this.#answered = answeredNow();
      return true;
    } catch {
      return this.#askForAnything();
    }
  }

  /** Brokers that do not know the question are there nevertheless. */
  async #askForAnything(): Promise<boolean> {
    const { native } = this.#consumer;
    if (native === null) return false;
    try {
      this.#addresses = (await metadataOf(native, QUERY_TIMEOUT_MS)).brokers;
      this.#answered = answeredNow();
      return true;
    } catch {
      // They are away, which their silence tells.
      return false;
    }
  }

  async #askForPartitions(isAnswered: boolean): Promise<void> {
    const all = this.#consumer.assignment.all();
    const [silent, others] = [
      all.filter((one) => this.#silent.has(one)),
      all.filter((one) => !this.#silent.has(one)),
    ];
    // One after the other: each takes a thread of the pool that everything else shares, the longest where nobody answers.
    const asked = [...others, ...silent.slice(0, 1)];
    for (const owned of isAnswered ? asked : asked.slice(0, 1)) {
      this.#silent.delete(owned);
      if (!(await this.#askFor(owned))) this.#silent.add(owned);
    }
  }

  async #askFor(owned: OwnedPartition): Promise<boolean> {
    const { native } = this.#consumer;
    if (native === null) return false;
    // Read before the question: by the time of the answer the position may be above the end that it tells.
    const { position } = owned;
    let offsets: { low: number; high: number };
    try {
      offsets = await watermarks(native, owned, QUERY_TIMEOUT_MS);
    } catch {
      // A broker that is away shows in the client's own errors; the last known offsets stay for a while.
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

  /** Where all that is delivered has been read there may be more, which a transaction holds back. */
  async #askForTransactions(): Promise<void> {
    const { assignment, brokers } = this.#consumer;
    const asked = assignment
      .all()
      .filter(({ isAtEnd, openTransaction }) => isAtEnd || openTransaction !== null);
    try {
      for (const { topic, partition, offset } of await brokers.ends(asked)) {
        const owned = assignment.find(topic, partition);
        if (owned === undefined) continue;
        const before = owned.openTransaction;
        const change = this.#transactions.note(owned, offset, performance.now(), Date.now());
        if (change === 'began' && owned.openTransaction !== null)
          this.#log.warn(
            { partition: owned.name, position: owned.position, waits_for: waitsFor(owned.openTransaction) },
            'a partition waits for an open transaction of a producer: its records come when that ends',
          );
        else if (change === 'ended' && before !== null) {
          const since = new Date(before.since).toISOString();
          this.#log.info(
            { partition: owned.name, since },
            'the transaction that a partition waited for has ended',
          );
        }
      }
    } catch {
      // Brokers that are away, or do not know the question, tell nothing; what they do not answer is no news.
    }
  }

  async #askForMatches(): Promise<void> {
    const { native, assignment } = this.#consumer;
    this.#isMatched = null;
    if (native === null || assignment.all().length > 0 || !this.#config.topics.some(isPattern)) return;
    try {
      const { topics } = await metadataOf(native, QUERY_TIMEOUT_MS);
      this.#answered = answeredNow();
      this.#isMatched = topics.some(({ name }) => this.#choice.matches(name));
    } catch {
      // As with topics.
    }
  }

  /** Only where something is wrong: brokers that answer at one address may tell clients another. */
  async #askForAddresses(): Promise<void> {
    const { native, reported, assignment, failing } = this.#consumer;
    const now = performance.now();
    const isSuspect =
      assignment.all().length === 0 && [...reported.values()].some(({ at }) => now - at < SUSPICION_MS);
    if (this.state.reason === null && !isSuspect) {
      this.#unreachable = null;
      return;
    }
    try {
      if (native !== null) this.#addresses = (await metadataOf(native, QUERY_TIMEOUT_MS)).brokers;
    } catch {
      // Those that are known from before will do.
    }
    this.#unreachable = await unreachable(
      [...failing.recent(SUSPICION_MS), ...this.#addresses],
      this.#config.bootstrap_servers,
    );
  }
}

function answeredNow(): Facts['answered'] {
  return { at: performance.now(), time: Date.now() };
}
