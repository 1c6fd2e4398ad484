import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { type LogweirError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SourceRecord } from '../settlement.ts';
import type { BufferBudget } from '../buffer-budget.ts';
import { Assignment, type OwnedPartition } from './assignment.ts';
import { Brokers } from './brokers.ts';
import { fetchMaxBytes } from './client-config.ts';
import { FailingAddresses } from './addresses.ts';
import { connectConsumer } from './connect.ts';
import { Committer } from './committer.ts';
import { refreshLogin } from './credentials.ts';
import { EpochReader } from './epoch-reader.ts';
import { ErrorReports } from './error-reports.ts';
import { ErrorCode, type KafkaError, type NativeConsumer, consume, disconnect } from './native.ts';
import type { Reported } from './health.ts';
import { Pauses } from './pauses.ts';
import { PollSize } from './poll-size.ts';
import { payloadBytes } from '../record-size.ts';
import { Rebalancer } from './rebalance.ts';
import { Recovery } from './recovery.ts';
import type { Present } from './start-offset.ts';
import { StartResolver } from './start-resolver.ts';
import { Turns } from './turns.ts';

const ERROR_WAIT_MS = 50;
const LEAVE_TIMEOUT_MS = 5000;
const ROOM_WAIT_MS = 500;

/** The pipeline, as the consumer knows it. */
export interface RecordSink {
  /** Takes records, whose values may be empty afterwards. Sync, and never throws: what cannot be handled is held. */
  take(records: readonly SourceRecord[]): void;
  readonly budget: BufferBudget;
  /** Of the budget, what records take that are held, or that wait for more. */
  readonly stuckBytes: number;
  /** Whether only more records can settle what has been taken. */
  readonly needsMore: boolean;
  drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void>;
  giveUp(partitions: readonly OwnedPartition[]): void;
}

/**
 * Reads records as a member of the group. One loop: one `consume` in flight, overlapping with the work on the records
 * before; everything that changes the assignment or pauses it happens between two calls of `consume`.
 */
export class Consumer {
  readonly assignment = new Assignment();
  readonly brokers: Brokers;
  readonly #config: Config['kafka'];
  readonly #deadLetterTopic: string | null;
  readonly #log: Log;
  readonly #sink: RecordSink;
  readonly #stopping = new AbortController();
  readonly #pauses = new Pauses();
  readonly #pollSize = new PollSize();
  readonly #turns: Turns;
  readonly #errors: ErrorReports;
  readonly #epochs: EpochReader;
  #betweenPolls: (() => void)[] = [];
  #native: NativeConsumer | null = null;
  #committer: Committer | null = null;
  #rebalancer: Rebalancer | null = null;
  #recovery: Recovery | null = null;
  /** When a poll last brought nothing: what the client had fetched was taken. */
  #emptyAt = -Infinity;
  #ended = false;
  #looping: Promise<void> = Promise.resolve();
  #fatal: LogweirError | null = null;
  /** There are some two hundred codes. */
  readonly #reported = new Map<number, Reported>();
  readonly failing = new FailingAddresses();

  /** @param deadLetterTopic template of the dead-letter topic, or null for none */
  constructor(config: Config['kafka'], deadLetterTopic: string | null, sink: RecordSink, log: Log) {
    this.#config = config;
    this.#deadLetterTopic = deadLetterTopic;
    this.#sink = sink;
    this.#log = log;
    this.#errors = new ErrorReports(config, log);
    this.#turns = new Turns(fetchMaxBytes(config));
    this.brokers = new Brokers(config, (error) => this.#errors.report(error));
    this.#epochs = new EpochReader(config);
  }

  /** The connected client, for questions to the broker; null before the first connection. */
  get native(): NativeConsumer | null {
    return this.#native;
  }

  get rebalancer(): Rebalancer | null {
    return this.#rebalancer;
  }

  /** The last error of each code that the client has reported; times by `performance.now()`. */
  get reported(): ReadonlyMap<number, Reported> {
    return this.#reported;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Stops and starts fetching; polling goes on, so that the member is never evicted. Reasons add up. */
  setPaused(reason: string, paused: boolean): void {
    this.#pauses.set(reason, paused);
  }

  get pauses(): readonly string[] {
    return this.#pauses.reasons;
  }

  /**
   * Connects, subscribes and reads until {@link leave}.
   *
   * @throws LogweirError FATAL where the client cannot go on
   */
  async run(): Promise<void> {
    const native = await connectConsumer(
      this.#config,
      this.#deadLetterTopic,
      this.#log,
      this.#stopping.signal,
      {
        rebalance: (event, partitions) => this.#rebalancer?.handle(event, partitions),
        committed: (error, offsets) => {
          if (error?.code === ErrorCode.GROUP_AUTHORIZATION) this.#note(error);
          this.#committer?.answered(error, offsets);
        },
        failed: (error) => this.#report(error),
        unreached: (text) => this.failing.note(text),
      },
    );
    if (native === null) return;
    this.#native = native;
    this.#committer = new Committer(native, this.assignment, this.#config.commit_interval_ms, this.#log);
    const starts = new StartResolver({
      consumer: native,
      brokers: this.brokers,
      epochs: this.#epochs,
      log: this.#log,
      reset: this.#config.auto_offset_reset,
      stopping: this.#stopping.signal,
    });
    this.#rebalancer = new Rebalancer({
      consumer: native,
      assignment: this.assignment,
      committer: this.#committer,
      starts,
      log: this.#log,
      drainMs: this.#config.session_timeout_ms / 2,
      stopping: this.#stopping.signal,
      betweenPolls: (action) => this.#runBetweenPolls(action),
      drained: (partitions, timeoutMs) => this.#sink.drained(partitions, timeoutMs),
      giveUp: (partitions) => this.#sink.giveUp(partitions),
    });
    this.#recovery = new Recovery({
      consumer: native,
      assignment: this.assignment,
      rebalancer: this.#rebalancer,
      epochs: this.#epochs,
      log: this.#log,
      betweenPolls: (action) => this.#runBetweenPolls(action),
      learnPositions: () => this.#learnPositions(native),
    });
    native.subscribe(this.#config.topics);
    this.#looping = this.#loop(native);
    await this.#looping;
  }

  /** No more records are taken; polling goes on until {@link leave}. */
  stop(): void {
    for (const owned of this.assignment.all()) owned.draining = true;
    this.setPaused('shutdown', true);
    this.#stopping.abort();
  }

  /** Commits what is settled, leaves the group, and ends the loop. */
  async leave(): Promise<void> {
    const native = this.#native;
    if (native !== null) {
      await this.#committer?.settle(this.assignment.all(), LEAVE_TIMEOUT_MS);
      // Unsubscribing leaves the group at once; a static member stays in it until its session ends, or it is back.
      if (this.#config.group_instance_id === null) await this.#unsubscribe(native);
    }
    this.#ended = true;
    await this.#looping;
    this.#runWaiting();
    this.#committer?.close();
    this.brokers.close();
    await Promise.all([
      native === null ? undefined : disconnect(native, LEAVE_TIMEOUT_MS),
      this.#epochs.close(),
    ]);
  }

  async #unsubscribe(native: NativeConsumer): Promise<void> {
    const deadline = performance.now() + LEAVE_TIMEOUT_MS;
    native.unsubscribe();
    while (this.assignment.all().length > 0 && performance.now() < deadline) await delay(20);
    await this.#rebalancer?.idle();
  }

  /** Has a partition read on that cannot go on by itself; see {@link Recovery}. @param present what the brokers have of it */
  async recover(owned: OwnedPartition, present: Present): Promise<void> {
    await this.#recovery?.check(owned, present, this.#emptyAt);
  }

  async #loop(native: NativeConsumer): Promise<void> {
    let pending = this.#poll(native);
    while (!this.#ended) {
      const records = await pending;
      if (this.#fatal !== null) throw this.#fatal;
      if (records.length === 0) {
        this.#emptyAt = performance.now();
        this.#learnPositions(native);
      }
      // Records at hand were read before whatever waits here: they go first.
      if (this.#betweenPolls.length > 0 || this.#sink.budget.roomBytes <= 0) {
        this.#sink.take(records);
        await this.#pauseWithoutRoom();
        this.#beforePoll(native);
        pending = this.#poll(native);
      } else {
        this.#beforePoll(native);
        pending = this.#poll(native);
        this.#sink.take(records);
      }
    }
    await pending;
  }

  async #poll(native: NativeConsumer): Promise<readonly SourceRecord[]> {
    if (this.#ended) return [];
    const start = performance.now();
    const count = this.#pollSize.count(this.#sink.budget.roomBytes);
    try {
      const records = await consume(native, count);
      let bytes = 0;
      for (const record of records) bytes += payloadBytes(record);
      const now = performance.now();
      this.#pollSize.learn(count, records.length, bytes, now - start);
      this.#turns.polled(records.length >= count, bytes, now, () => this.assignment.all());
      return records;
    } catch (error) {
      this.#report(error as KafkaError);
      await delay(ERROR_WAIT_MS);
      return [];
    }
  }

  /** Waits a moment for room; where none comes, pauses, since a member that does not poll is evicted. */
  async #pauseWithoutRoom(): Promise<void> {
    if (this.pauses.length > 0 || this.#sink.needsMore) return;
    if (!(await this.#sink.budget.room(ROOM_WAIT_MS))) this.setPaused('buffer full', true);
  }

  #beforePoll(native: NativeConsumer): void {
    this.#runWaiting();
    // Half of what is not stuck, since a pause discards what the client has fetched: not for every few records.
    const { roomBytes, maxBytes } = this.#sink.budget;
    const hasRoom = roomBytes > Math.max(0, maxBytes - this.#sink.stuckBytes) / 2;
    if (this.pauses.length > 0 && (hasRoom || this.#sink.needsMore)) this.setPaused('buffer full', false);
    this.#pauses.apply(native, this.assignment.all());
  }

  #runWaiting(): void {
    const actions = this.#betweenPolls;
    this.#betweenPolls = [];
    for (const action of actions) action();
  }

  #runBetweenPolls<T>(action: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#betweenPolls.push(() => {
        try {
          resolve(action());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(messageOf(error)));
        }
      });
      // Nobody polls any more: the client's close() waits for the answer to its last rebalance.
      if (this.#ended) this.#runWaiting();
    });
  }

  /**
   * No `consume` is in flight here, so the client's position is exact: it has moved over what is never delivered. While a
   * partition drains it has also moved over records that were not taken, and says nothing.
   */
  #learnPositions(native: NativeConsumer): void {
    if (this.assignment.all().length === 0) return;
    for (const { topic, partition, offset, leaderEpoch } of native.position()) {
      const owned = this.assignment.find(topic, partition);
      if (owned === undefined || owned.draining || offset === undefined || offset <= owned.position) continue;
      if (leaderEpoch !== undefined) owned.noteEpoch(owned.position, leaderEpoch);
      owned.advance(offset);
    }
  }

  #note(error: KafkaError): void {
    this.#reported.set(error.code, { error, at: performance.now() });
  }

  #report(error: KafkaError): void {
    this.#note(error);
    if (error.code === ErrorCode.AUTHENTICATION && this.#native !== null)
      refreshLogin(this.#native, this.#config);
    this.#fatal = this.#errors.report(error) ?? this.#fatal;
  }
}
