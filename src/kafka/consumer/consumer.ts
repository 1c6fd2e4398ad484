import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../config/schema.ts';
import type { Log } from '../../log.ts';
import { Assignment, type OwnedPartition } from './assignment.ts';
import { BetweenPolls } from './between-polls.ts';
import { Brokers } from '../brokers.ts';
import { fetchMaxBytes } from '../client-config.ts';
import { ClientErrors } from './client-errors.ts';
import { connectConsumer } from './connect.ts';
import { Committer } from './committer.ts';
import { EpochReader } from './epoch-reader.ts';
import { ErrorCode, type NativeConsumer, disconnect } from '../native.ts';
import { createReader } from './create-reader.ts';
import { RECORD_OVERHEAD_BYTES } from '../../memory/record-chunk.ts';
import type { Polled, RecordReader } from './record-reader.ts';
import type { RecordReceiver } from './record-receiver.ts';
import { Pauses } from './pauses.ts';
import { PollSize } from './poll-size.ts';
import { Rebalancer } from './rebalance.ts';
import { Recovery } from './recovery.ts';
import type { Present } from './start-offset.ts';
import { StartResolver } from './start-resolver.ts';
import { FairFetch } from './fair-fetch.ts';

const ERROR_WAIT_MS = 50;
const LEAVE_TIMEOUT_MS = 5000;
const ROOM_WAIT_MS = 500;
const NOTHING: Polled = { batches: [], error: null };

/**
 * Consumes records as a member of the group. One loop keeps one `consume` in flight, while the receiver works
 * on the records of the last one. The assignment and its pauses only change between two calls of `consume`.
 */
export class Consumer {
  readonly assignment = new Assignment();
  readonly brokers: Brokers;
  readonly errors: ClientErrors;
  readonly #config: Config['kafka'];
  readonly #deadLetterTopic: string | null;
  readonly #log: Log;
  readonly #receiver: RecordReceiver;
  readonly #stopping = new AbortController();
  readonly #pauses = new Pauses();
  readonly #pollSize = new PollSize();
  readonly #betweenPolls = new BetweenPolls();
  readonly #fairFetch: FairFetch;
  readonly #epochs: EpochReader;
  #native: NativeConsumer | null = null;
  #reader: RecordReader | null = null;
  #committer: Committer | null = null;
  #rebalancer: Rebalancer | null = null;
  #recovery: Recovery | null = null;
  /** When a poll last returned nothing: the client's queue was empty. */
  #emptyAt = -Infinity;
  #ended = false;
  #looping: Promise<void> = Promise.resolve();

  /** @param deadLetterTopic template of the dead-letter topic, or null for none */
  constructor(config: Config['kafka'], deadLetterTopic: string | null, receiver: RecordReceiver, log: Log) {
    this.#config = config;
    this.#deadLetterTopic = deadLetterTopic;
    this.#receiver = receiver;
    this.#log = log;
    this.errors = new ClientErrors(config, log);
    this.#fairFetch = new FairFetch(fetchMaxBytes(config));
    this.brokers = new Brokers(config, (error) => this.errors.log(error));
    this.#epochs = new EpochReader(config);
  }

  /** The connected client, for queries to the broker; null before the first connection. */
  get native(): NativeConsumer | null {
    return this.#native;
  }

  get rebalancer(): Rebalancer | null {
    return this.#rebalancer;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /**
   * Pauses or resumes fetching, while polling continues: a member that does not poll is evicted. Fetching is
   * paused while at least one reason is set.
   */
  setPaused(reason: string, paused: boolean): void {
    this.#pauses.set(reason, paused);
  }

  get pauses(): readonly string[] {
    return this.#pauses.reasons;
  }

  /**
   * Connects, subscribes and consumes until {@link leave}.
   *
   * @throws LogweirError FATAL if the client cannot continue
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
          if (error?.code === ErrorCode.GROUP_AUTHORIZATION) this.errors.note(error);
          this.#committer?.answered(error, offsets);
        },
        failed: (error) => this.errors.report(error, this.#native),
        connectionFailed: (text) => this.errors.failing.note(text),
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
      betweenPolls: (action) => this.#betweenPolls.run(action),
      drained: (partitions, timeoutMs) => this.#receiver.drained(partitions, timeoutMs),
      abandon: (partitions) => this.#receiver.abandon(partitions),
    });
    this.#recovery = new Recovery({
      consumer: native,
      assignment: this.assignment,
      rebalancer: this.#rebalancer,
      epochs: this.#epochs,
      log: this.#log,
      betweenPolls: (action) => this.#betweenPolls.run(action),
      learnPositions: () => this.#learnPositions(native),
    });
    native.subscribe(this.#config.topics);
    this.#reader = createReader(native, this.#config, this.#log);
    this.#looping = this.#loop(native, this.#reader);
    await this.#looping;
  }

  /** No more records are received. Polling continues until {@link leave}. */
  stop(): void {
    for (const owned of this.assignment.all()) owned.draining = true;
    this.setPaused('shutdown', true);
    this.#stopping.abort();
  }

  /** Commits settled records, leaves the group, and ends the loop. */
  async leave(): Promise<void> {
    const native = this.#native;
    if (native !== null) {
      await this.#committer?.settle(this.assignment.all(), LEAVE_TIMEOUT_MS);
      // A static member stays in the group until its session ends, or it returns. Others leave it at once.
      if (this.#config.group_instance_id === null) await this.#unsubscribe(native);
    }
    this.#ended = true;
    this.#betweenPolls.end();
    this.#reader?.wake();
    await this.#looping;
    this.#betweenPolls.runWaiting();
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

  /**
   * Repairs a partition that cannot continue by itself; see {@link Recovery}.
   *
   * @param present its state on the brokers
   */
  async recover(owned: OwnedPartition, present: Present): Promise<void> {
    await this.#recovery?.check(owned, present, this.#emptyAt);
  }

  async #loop(native: NativeConsumer, reader: RecordReader): Promise<void> {
    let pending = this.#poll(reader);
    while (!this.#ended) {
      const polled = await pending;
      if (this.errors.fatal !== null) throw this.errors.fatal;
      if (polled.batches.length === 0) {
        this.#emptyAt = performance.now();
        this.#learnPositions(native);
      }
      // The polled records precede the waiting actions, so they are delivered first.
      if (!this.#betweenPolls.isEmpty || this.#receiver.budget.roomBytes <= 0) {
        this.#deliver(polled);
        await this.#pauseWithoutRoom();
        this.#beforePoll(native);
        pending = this.#poll(reader);
      } else {
        this.#beforePoll(native);
        pending = this.#poll(reader, polled.bytes);
        this.#deliver(polled);
      }
    }
    await pending;
  }

  #deliver({ batches }: Polled): void {
    for (const batch of batches) {
      this.#receiver.onRecords(batch);
      batch.chunk.release();
    }
  }

  /** @param undelivered bytes that the records of the previous poll will use of the budget */
  async #poll(reader: RecordReader, undelivered = 0): Promise<Polled & { bytes: number }> {
    if (this.#ended) return { ...NOTHING, bytes: 0 };
    const start = performance.now();
    const requested = this.#pollSize.count(this.#receiver.budget.roomBytes - undelivered);
    const polled = await reader.poll(requested, this.#receiver.room);
    let count = 0;
    let payload = 0;
    for (const { chunk, from, to } of polled.batches) {
      count += to - from;
      for (let row = from; row < to; row++) payload += chunk.payload(row);
    }
    const bytes = payload + count * RECORD_OVERHEAD_BYTES;
    const now = performance.now();
    this.#pollSize.learn(requested, count, bytes, now - start);
    this.#fairFetch.polled(count >= requested, payload, now, () => this.assignment.all());
    if (polled.error !== null) {
      this.errors.report(polled.error, this.#native);
      if (count === 0) await delay(ERROR_WAIT_MS);
    }
    return { ...polled, bytes };
  }

  /** Waits a moment for room, then pauses: a member that does not poll is evicted. */
  async #pauseWithoutRoom(): Promise<void> {
    if (this.pauses.length > 0 || this.#receiver.needsMore) return;
    if (!(await this.#receiver.budget.room(ROOM_WAIT_MS))) this.setPaused('buffer full', true);
  }

  #beforePoll(native: NativeConsumer): void {
    this.#betweenPolls.runWaiting();
    // Half of the budget that is not stuck must be free: each pause discards the client's queue.
    const { roomBytes, maxBytes } = this.#receiver.budget;
    const hasRoom = roomBytes > Math.max(0, maxBytes - this.#receiver.stuckBytes) / 2;
    if (this.pauses.length > 0 && (hasRoom || this.#receiver.needsMore)) this.setPaused('buffer full', false);
    this.#pauses.apply(native, this.assignment.all());
  }

  /**
   * Moves partitions over offsets that are never delivered. The client's position is exact, because no
   * `consume` is in flight. Draining partitions are left out: their position has also passed records that
   * were not received.
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
}
