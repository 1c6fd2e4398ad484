import { BufferBudget } from './buffer-budget.ts';
import { Epochs } from './epochs.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { decode } from './codec/decode.ts';
import type { ExactValue } from './codec/exact-json.ts';
import type { Document } from './elasticsearch/document.ts';
import type { Diversion } from './elasticsearch/verdict.ts';
import type { OwnedPartition } from './kafka/assignment.ts';
import type { RecordSink } from './kafka/consumer.ts';
import { RECORD_OVERHEAD_BYTES, payloadBytes } from './record-size.ts';
import { Rendering } from './rendering.ts';
import { Refusals } from './refusals.ts';
import { type Outputs, Reducing } from './reducing.ts';
import { type Outcome, Settlement, type SettlementListener, type SourceRecord } from './settlement.ts';
import { TakenRecord } from './taken-record.ts';
import type { Chain, ChainResult, Waiting } from './transform/chain.ts';
import { LazyChain } from './transform/lazy-chain.ts';
import { DECODE_STEP, RENDER_STEP } from './transform/record-watch.ts';

const STUCK = {
  reason: 'transform_stuck',
  message: 'the process did not come back from this record, twice',
};
const FIRST_RUN: Outputs = { first: 0, apart: 1 };

/**
 * The path of a record, in order: consume → decode → transform → batch → bulk → settle → commit. The consumer gives records
 * to {@link take}; every record carries one {@link Settlement} from there on, and when the last share of it is settled the
 * partition's watermark moves, which the committer commits.
 */
export class Pipeline implements RecordSink, SettlementListener {
  readonly budget: BufferBudget;
  readonly #parts: PipelineParts;
  readonly #rendering: Rendering;
  readonly #refusals: Refusals;
  readonly #epochs: Epochs;
  #chain: LazyChain;
  #reducing: Reducing;
  #inFlight = 0;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.budget = new BufferBudget(parts.bufferBytes);
    this.#rendering = new Rendering(parts.renderer, parts.documents);
    const { deadLetters, holds, storm, events } = parts;
    const deadLettered = (reason: string): void => events.deadLettered(reason);
    this.#refusals = new Refusals({ deadLetters, holds, storm, deadLettered });
    this.#epochs = new Epochs(parts.assignment, parts.bufferBytes / 2);
    this.#chain = new LazyChain(parts.chain);
    this.#reducing = this.#createReducing(parts.chain);
  }

  /**
   * From the next record on another chain is used. What waits to be made into one event goes on along the old chain as it
   * is; records that were refused, by the old chain or for what it had made of them, and that are held, go through the new one.
   */
  changeChain(chain: Chain): void {
    this.#reducing.retire();
    this.#chain = new LazyChain(chain);
    this.#reducing = this.#createReducing(chain);
    for (const document of this.#parts.documents.takeRejected())
      this.#refusals.withdraw(document.settlement, this.#reducing, document.isLetter);
    this.#runAgain(this.#refusals.takeWaiting());
    this.#parts.documents.flush();
  }

  /** Has the groups closed for which nothing more will come. To be called now and then. */
  closeIdleGroups(): void {
    if (!this.#reducing.isNeeded) return;
    const now = performance.now();
    this.#reducing.closeIdle(this.#parts.assignment().all(), now);
    this.#epochs.limitGroups(now);
    this.#parts.documents.flush();
  }

  #createReducing(chain: Chain): Reducing {
    return new Reducing(
      chain,
      this.#parts.bufferBytes / 4,
      (leader, result, exact, outputs, by) => this.#render(leader, result, exact, outputs, by),
      () => this.#parts.documents.flush(),
    );
  }

  get stuckBytes(): number {
    return this.#parts.holds.bytes + this.#epochs.waitingBytes;
  }

  get needsMore(): boolean {
    return this.#reducing.isNeeded && this.#epochs.needsMore;
  }

  /** Records taken and not yet settled. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** consume: records of partitions that we own, each once per epoch. */
  take(records: readonly SourceRecord[]): void {
    let taken = 0;
    let owned: OwnedPartition | undefined;
    for (const read of records) {
      // They come in runs of one partition.
      if (owned === undefined || owned.partition !== read.partition || owned.topic !== read.topic)
        owned = this.#epochs.find(read, (earlier) => this.#reducing.closeAll(earlier));
      // What is not taken here is not tracked either, so the next owner reads it.
      if (owned === undefined || owned.draining || !owned.isNew(read.offset)) continue;
      const original = this.#parts.original === undefined ? read : this.#parts.original(read);
      if (original === undefined) {
        owned.draining = true;
        continue;
      }
      const source = original === 'keep' ? read : original;
      const bytes = payloadBytes(source) + RECORD_OVERHEAD_BYTES;
      const record = new TakenRecord(source, source.topic === owned.topic ? owned.topic : source.topic);
      const settlement = new Settlement(record, bytes, owned, this, read.offset);
      owned.receive(settlement);
      if (read.leaderEpoch !== owned.leaderEpoch) owned.noteEpoch(read.offset, read.leaderEpoch);
      this.budget.take(bytes);
      this.#inFlight++;
      taken++;
      if (original === 'keep') this.#refusals.putBack(settlement);
      else this.#decode(settlement, record, source.value);
      this.#parts.watch?.leave();
    }
    if (taken > 0) this.#parts.events.received(taken);
    if (this.#reducing.isNeeded) this.#epochs.limitGroups(performance.now());
    this.#parts.documents.flush();
  }

  /** Records that another chain has made something of before. */
  #runAgain(settlements: Settlement[]): void {
    settlements.sort((a, b) => a.offset - b.offset);
    for (const one of settlements) this.#decode(one, one.record, one.record.value);
    this.#parts.watch?.leave();
  }

  #decode(settlement: Settlement, record: TakenRecord, value: Buffer | null): void {
    settlement.chain = this.#reducing;
    if (value === null) {
      settlement.settle('skipped');
      return;
    }
    const { quarantine, watch } = this.#parts;
    if (quarantine?.has(record) === true) {
      this.#refusals.refuse(settlement, STUCK);
      return;
    }
    watch?.enter(DECODE_STEP, record);
    const chain = this.#chain;
    const isLookedInto = !chain.isEmpty || this.#rendering.needsEvent;
    const decoded = decode(value, this.#parts.codec, isLookedInto && chain.isLazy);
    if (decoded.kind === 'poison') {
      this.#refusals.refuse(settlement, decoded);
      return;
    }
    if (!isLookedInto) {
      watch?.enter(RENDER_STEP, record);
      this.#rendering.untouched(settlement, record, decoded, value);
      return;
    }
    const exact = decoded.event();
    this.#rendering.keepValue(record);
    const result = chain.run(exact, record);
    const reducing = this.#reducing;
    if (reducing.isNeeded)
      reducing.next(settlement, result, (settled) =>
        this.#render(settlement, settled, exact, FIRST_RUN, reducing),
      );
    else if (result instanceof Promise) void this.#transformedLate(settlement, result, exact, reducing);
    else this.#render(settlement, result, exact, FIRST_RUN, reducing);
  }

  /** @param pending never rejects */
  async #transformedLate(
    settlement: Settlement,
    pending: Promise<ChainResult>,
    exact: ExactValue,
    reducing: Reducing,
  ): Promise<void> {
    // It may take long, and must not keep its neighbours' memory.
    settlement.detach();
    settlement.keepEvent();
    const result = await pending;
    settlement.releaseEvent();
    this.#render(settlement, result, exact, FIRST_RUN, reducing);
    // What comes late still wants its batch sent.
    this.#parts.documents.flush();
  }

  /** 1→N: the record settles when all its outputs have. No outputs at all: the user dropped it. */
  #render(
    settlement: Settlement,
    result: ChainResult,
    exact: ExactValue,
    outputs: Outputs,
    reducing: Reducing,
  ): void {
    if (settlement.settled) return;
    const { events, failures, waiting } = result;
    const shares = events.length + waiting.length + (failures.length > 0 ? 1 : 0);
    if (shares === 0) {
      settlement.settle('dropped');
      return;
    }
    settlement.share(shares - 1);
    this.#parts.events.outputEvents(events.length);
    if (failures.length > 0) this.#hold(this.#refusals.failed(settlement, failures), settlement, reducing);
    this.#parts.watch?.enter(RENDER_STEP, settlement.record);
    this.#rendering.events(settlement, events, exact, outputs, reducing, (why) =>
      this.#hold(this.#refusals.deadLetter(settlement, why), settlement, reducing),
    );
    this.#parts.watch?.leave();
    for (let index = 0; index < waiting.length; index++) {
      const output = outputs.first + (events.length + index) * outputs.apart;
      reducing.wait(waiting[index] as Waiting, settlement, exact, output);
    }
  }

  /** @param cause why it may not be dead-lettered; undefined where it may */
  #hold(cause: string | undefined, settlement: Settlement, reducing: Reducing): void {
    if (cause === undefined) return;
    if (reducing === this.#reducing) this.#refusals.holdForChain(cause, settlement);
    else this.#again(settlement);
  }

  /** Another chain has come since that was made of the record which is refused now: that one makes it anew. */
  #again(settlement: Settlement, isLetter = false): void {
    const waiting = this.#refusals.withdraw(settlement, this.#reducing, isLetter);
    this.#runAgain(this.#refusals.takeWaiting(waiting));
    this.#parts.documents.flush();
  }

  /** settle: a document was acknowledged by Elasticsearch. */
  indexed(document: Document): void {
    if (document.acknowledged === undefined) document.settlement.settle('indexed');
    else document.acknowledged();
  }

  /**
   * settle: Elasticsearch has done with a document that is not in its index.
   *
   * @returns the cause for which a dead letter must be held then
   */
  diverted(document: Document, to: Diversion): string | undefined {
    if (document.acknowledged !== undefined) return this.rejected(document, to, 'it is not in its index');
    document.settlement.settle(to);
    return undefined;
  }

  /**
   * settle: a document was refused for good.
   *
   * @returns the cause for which whoever sent it must hold it and try again, where it may not be dead-lettered now
   */
  rejected(document: Document, reason: string, message: string): string | undefined {
    const { settlement, isLetter } = document;
    if (settlement.settled) return undefined;
    const cause = isLetter
      ? `the dead-letter index refuses: ${reason}`
      : this.#refusals.deadLetter(settlement, { reason, message }, document.rejected);
    document.rejected = true;
    if (cause === undefined || (isLetter ? settlement : document).chain === this.#reducing) return cause;
    this.#again(settlement, isLetter);
    return undefined;
  }

  /** A dead letter that is to be indexed. */
  addLetter(document: Document): void {
    this.#rendering.add(document);
    this.#parts.documents.flush();
  }

  charged(bytes: number): void {
    if (bytes > 0) this.budget.take(bytes);
    else this.budget.release(-bytes);
  }

  /** Called by the settlement when its last share is settled. */
  settled(settlement: Settlement, outcome: Outcome): void {
    this.budget.release(settlement.bytes);
    this.#inFlight--;
    if (outcome === 'failure_store') this.#parts.storm.refusedAlready(outcome);
    else if (settlement.deadLetter === null && outcome !== 'returned') this.#parts.storm.passed();
    this.#parts.events.settled(outcome, settlement.record.timestamp);
  }

  /** Resolves when nothing of these partitions is in flight but what waits for somebody or for more records, or after the time. */
  async drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void> {
    await this.#epochs.drained(partitions, timeoutMs);
  }

  /** Ends what is open of partitions that belong to somebody else now, and of earlier epochs of them. */
  giveUp(partitions: readonly OwnedPartition[]): void {
    this.#epochs.giveUp(partitions);
    this.#parts.holds.removeGivenUp();
    this.#reducing.removeGivenUp();
    this.#refusals.removeGivenUp();
    this.#parts.documents.dropGivenUp();
  }
}
