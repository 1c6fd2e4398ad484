import type { DeadLetterReason } from '../dead-letter/port.ts';
import { decodeAt } from '../codec/decode.ts';
import type { ExactValue } from '../codec/exact-json.ts';
import type { Document } from '../elasticsearch/document.ts';
import type { Passthrough } from '../elasticsearch/render.ts';
import type { Diversion } from '../elasticsearch/item-verdict.ts';
import type { OwnedPartition } from '../kafka/consumer/assignment.ts';
import type { RecordReceiver } from '../kafka/consumer/record-receiver.ts';
import { BufferBudget } from '../memory/buffer-budget.ts';
import { RECORD_OVERHEAD_BYTES, type RecordBatch } from '../memory/record-chunk.ts';
import type { Chain, ChainResult, Waiting } from '../transform/runtime/chain.ts';
import { LazyChain } from '../transform/runtime/lazy-chain.ts';
import { DECODE_STEP, RENDER_STEP } from '../transform/runtime/record-watch.ts';
import { Aggregation, type Outputs } from './aggregation.ts';
import { AssignmentEpochs } from './assignment-epochs.ts';
import type { BufferedRecord } from './buffered-record.ts';
import type { PipelineDependencies } from './dependencies.ts';
import { Intake } from './intake.ts';
import { Rejections } from './rejections.ts';
import { Rendering } from './rendering.ts';
import type { Outcome } from './outcome.ts';
import { type RecordRun, Settlement, type SettlementListener } from './settlement.ts';

const STUCK: DeadLetterReason = {
  reason: 'transform_stuck',
  message: 'the process did not come back from this record, twice',
};
const FIRST_RUN: Outputs = { first: 0, stride: 1 };

/**
 * The path of a record, in order: consume → decode → transform → render → batch → bulk → settle → commit. The
 * consumer hands batches to {@link onRecords}. Every record has a {@link Settlement}: its own, or one
 * together with its neighbours where none of them is parsed. When its last output is settled, the partition's
 * watermark moves, which the committer commits.
 */
export class Pipeline implements RecordReceiver, SettlementListener {
  readonly budget: BufferBudget;
  readonly #dependencies: PipelineDependencies;
  readonly #rendering: Rendering;
  readonly #rejections: Rejections;
  readonly #epochs: AssignmentEpochs;
  readonly #intake: Intake;
  #chain: LazyChain;
  /** Its identity also stands for the chain that it belongs to. */
  #aggregation: Aggregation;
  #inFlight = 0;

  constructor(dependencies: PipelineDependencies) {
    const { deadLetters, blockedRecords, rejectionRate, events } = dependencies;
    this.#dependencies = dependencies;
    this.budget = new BufferBudget(dependencies.bufferBytes);
    this.#rendering = new Rendering(dependencies.renderer, dependencies.documents, dependencies.tap);
    this.#rejections = new Rejections({
      deadLetters,
      blockedRecords,
      rejectionRate,
      deadLettered: ({ reason, cause }, record) => events.deadLettered(reason, record, cause),
      currentChain: () => this.#aggregation,
      rerun: (settlements) => this.#rerun(settlements),
    });
    this.#epochs = new AssignmentEpochs(dependencies.assignment, dependencies.bufferBytes / 2);
    this.#chain = new LazyChain(dependencies.chain);
    this.#aggregation = this.#createAggregation(dependencies.chain);
    this.#intake = new Intake(dependencies, this.#epochs, {
      track: (run, bytes, owned, offset) => this.#track(run, bytes, owned, offset),
      inPlace: () => this.#inPlace,
      chain: () => this.#aggregation,
      decode: (settlement) => this.#decode(settlement),
      putBack: (settlement) => this.#rejections.putBack(settlement),
      ended: (earlier) => this.#aggregation.closeAll(earlier),
    });
  }

  /** Bytes of records that cannot move without an operator or without more records. */
  get stuckBytes(): number {
    return this.#dependencies.blockedRecords.bytes + this.#epochs.waitingBytes;
  }

  /** Whether only more records can complete an aggregation. */
  get needsMore(): boolean {
    return this.#aggregation.isNeeded && this.#epochs.needsMore;
  }

  /** Records received and not yet settled. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Bytes to leave free before each value, see {@link Passthrough.room}; 0 if records are parsed. */
  get room(): number {
    return this.#inPlace?.room ?? 0;
  }

  /** Renders records that are not parsed; null where all are parsed. */
  get #passthrough(): Passthrough | null {
    return this.#chain.isEmpty ? this.#dependencies.renderer.passthrough : null;
  }

  /** The same, where the bytes of a record may be sent as they came. */
  get #inPlace(): Passthrough | null {
    return this.#dependencies.codec === 'json' ? this.#passthrough : null;
  }

  /** consume: see {@link Intake}. */
  onRecords(batch: RecordBatch): void {
    if (batch.to > batch.from) this.#dependencies.events.polled(batch.chunk.timestamp(batch.to - 1));
    this.#intake.receive(batch);
    if (this.#aggregation.isNeeded) this.#epochs.limitGroups(performance.now());
    this.#dependencies.documents.flush();
  }

  #track(run: RecordRun, bytes: number, owned: OwnedPartition, offset?: number): Settlement {
    const settlement = new Settlement(run, bytes, owned, this, offset);
    owned.receive(settlement);
    this.budget.use(bytes);
    this.#inFlight += run.count;
    this.#dependencies.events.received(run.count, bytes - run.count * RECORD_OVERHEAD_BYTES);
    return settlement;
  }

  /** decode: bytes become an event if a transform needs one. Rejects bytes that can never be a document. */
  #decode(settlement: Settlement): void {
    settlement.chain = this.#aggregation;
    const { record } = settlement;
    if (record.isTombstone) {
      settlement.settle('skipped');
      return;
    }
    const { quarantine, watch, tap } = this.#dependencies;
    if (tap?.isOpen === true) tap.before(record, record.bytes, record.start, record.end);
    if (quarantine?.has(record) === true) {
      this.#rejections.reject(settlement, STUCK);
      return;
    }
    watch?.enter(DECODE_STEP, record);
    const passthrough = this.#passthrough;
    const decoded = decodeAt(record, this.#dependencies.codec, passthrough === null && this.#chain.isLazy);
    if (decoded.kind === 'poison') {
      this.#dependencies.events.undecodable();
      this.#rejections.reject(settlement, decoded);
      return;
    }
    if (passthrough !== null) {
      watch?.enter(RENDER_STEP, record);
      const document = passthrough.copy(settlement, decoded.bytes);
      document.chain = settlement.chain;
      this.#rendering.add(document);
      return;
    }
    this.#transform(settlement, record, decoded.event());
  }

  /** transform: the result is rendered at once, or when the chain's promise is fulfilled. */
  #transform(settlement: Settlement, record: BufferedRecord, exact: ExactValue): void {
    const result = this.#chain.run(exact, record);
    const aggregation = this.#aggregation;
    if (aggregation.isNeeded)
      aggregation.next(settlement, result, (settled) =>
        this.#render(settlement, settled, exact, FIRST_RUN, aggregation),
      );
    else if (result instanceof Promise) void this.#transformedLate(settlement, result, exact, aggregation);
    else this.#render(settlement, result, exact, FIRST_RUN, aggregation);
  }

  async #transformedLate(
    settlement: Settlement,
    pending: Promise<ChainResult>,
    exact: ExactValue,
    aggregation: Aggregation,
  ): Promise<void> {
    // The transform may take long. The record must not hold its neighbours' memory meanwhile.
    settlement.detach();
    settlement.keepEvent();
    const result = await pending;
    settlement.releaseEvent();
    this.#render(settlement, result, exact, FIRST_RUN, aggregation);
    this.#dependencies.documents.flush();
  }

  /** render, batch. 1→N: the record settles when all its outputs have. Without outputs it was dropped. */
  #render(
    settlement: Settlement,
    result: ChainResult,
    exact: ExactValue,
    outputs: Outputs,
    aggregation: Aggregation,
  ): void {
    if (settlement.settled) return;
    const { events, failures, waiting } = result;
    const count = events.length + waiting.length + (failures.length > 0 ? 1 : 0);
    if (count === 0) {
      settlement.settle('dropped');
      return;
    }
    settlement.retain(count - 1);
    this.#dependencies.events.outputEvents(events.length);
    if (failures.length > 0) this.#rejections.transformFailed(settlement, failures, aggregation);
    this.#dependencies.watch?.enter(RENDER_STEP, settlement.record);
    this.#rendering.events(settlement, events, exact, outputs, aggregation, (why) =>
      this.#rejections.eventRejected(settlement, why, aggregation),
    );
    this.#dependencies.watch?.leave();
    for (let index = 0; index < waiting.length; index++) {
      const output = outputs.first + (events.length + index) * outputs.stride;
      aggregation.wait(waiting[index] as Waiting, settlement, exact, output);
    }
  }

  /** Batches a dead letter that goes into an index. */
  addDeadLetter(document: Document): void {
    this.#rendering.add(document);
    this.#dependencies.documents.flush();
  }

  /** settle: Elasticsearch acknowledged a document. */
  indexed(document: Document): void {
    if (document.acknowledged === undefined) document.settlement.settle('indexed');
    else document.acknowledged();
  }

  /** settle: Elasticsearch accepted a document, but not for its index. @returns see {@link rejected} */
  diverted(document: Document, to: Diversion): string | undefined {
    if (document.acknowledged !== undefined) return this.rejected(document, to, 'it is not in its index');
    document.settlement.settle(to);
    return undefined;
  }

  /** settle: Elasticsearch rejected a document permanently; see {@link Rejections.documentRejected}. */
  rejected(document: Document, reason: string, message: string): string | undefined {
    return this.#rejections.documentRejected(document, reason, message);
  }

  /** Called when the last output is settled. The watermark has moved by then, for the next commit. */
  settled(settlement: Settlement, outcome: Outcome): void {
    const { count, timestamp } = settlement;
    const { rejectionRate, events } = this.#dependencies;
    this.budget.release(settlement.bytes);
    this.#inFlight -= count;
    if (outcome === 'failure_store') rejectionRate.rejectedAlready(outcome, count);
    else if (settlement.deadLetter === null && outcome !== 'returned') rejectionRate.passed(count);
    events.settled(outcome, count, timestamp);
  }

  charged(bytes: number): void {
    if (bytes > 0) this.budget.use(bytes);
    else this.budget.release(-bytes);
  }

  /**
   * Uses another chain from the next record on. Events that wait for aggregation complete along the previous
   * chain. Blocked records that the previous chain rejected, or whose documents were rejected, go through the
   * new one.
   */
  changeChain(chain: Chain): void {
    this.#aggregation.retire();
    this.#chain = new LazyChain(chain);
    this.#aggregation = this.#createAggregation(chain);
    this.#rejections.chainChanged(this.#dependencies.documents.takeRejected());
  }

  #createAggregation(chain: Chain): Aggregation {
    return new Aggregation(
      chain,
      this.#dependencies.bufferBytes / 4,
      (leader, result, exact, outputs, by) => this.#render(leader, result, exact, outputs, by),
      () => this.#dependencies.documents.flush(),
    );
  }

  /** Records that another chain has processed before. */
  #rerun(settlements: Settlement[]): void {
    settlements.sort((a, b) => a.offset - b.offset);
    for (const one of settlements) this.#decode(one);
    this.#dependencies.watch?.leave();
    this.#dependencies.documents.flush();
  }

  /** Closes aggregations that no further record can complete. Called periodically. */
  closeIdleGroups(): void {
    if (!this.#aggregation.isNeeded) return;
    const now = performance.now();
    this.#aggregation.closeIdle(this.#dependencies.assignment().all(), now);
    this.#epochs.limitGroups(now);
    this.#dependencies.documents.flush();
  }

  /** Resolves when nothing of these partitions is in flight but blocked or waiting records, or in time. */
  async drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void> {
    await this.#epochs.drained(partitions, timeoutMs);
  }

  /** Abandons the open records of revoked partitions, and of earlier epochs of them. */
  abandon(partitions: readonly OwnedPartition[]): void {
    this.#epochs.abandon(partitions);
    this.#dependencies.blockedRecords.removeAbandoned();
    this.#aggregation.removeAbandoned();
    this.#rejections.removeAbandoned();
    this.#dependencies.documents.dropAbandoned();
  }
}
