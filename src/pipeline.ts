import { setTimeout as delay } from 'node:timers/promises';
import { Arena, free } from './arena.ts';
import { BufferBudget } from './buffer-budget.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { decode } from './codec/decode.ts';
import type { ExactValue } from './codec/exact-json.ts';
import type { Document } from './elasticsearch/document.ts';
import { messageOf } from './errors.ts';
import type { OwnedPartition } from './kafka/assignment.ts';
import type { RecordSink } from './kafka/consumer.ts';
import { Refusals } from './refusals.ts';
import { type Outputs, Reducing } from './reducing.ts';
import { type Outcome, Settlement, type SettlementListener, type SourceRecord } from './settlement.ts';
import { TakenRecord } from './taken-record.ts';
import type { Event } from './transform/api.ts';
import type { Chain, ChainResult, Failure, Waiting } from './transform/chain.ts';
import { LazyChain } from './transform/lazy-chain.ts';
import { DECODE_STEP, RENDER_STEP } from './transform/record-watch.ts';

/** What a record costs beside its bytes: the objects around it, about. */
const RECORD_OVERHEAD_BYTES = 512;
const DRAIN_CHECK_MS = 10;
const FIRST_RUN: Outputs = { first: 0, apart: 1 };

/**
 * The path of a record, in order: consume → decode → transform → batch → bulk → settle → commit. The consumer gives records
 * to {@link take}; every record carries one {@link Settlement} from there on, and when the last share of it is settled the
 * partition's watermark moves, which the committer commits.
 */
export class Pipeline implements RecordSink, SettlementListener {
  readonly budget: BufferBudget;
  readonly #parts: PipelineParts;
  readonly #values = new Arena();
  readonly #refusals: Refusals;
  #chain: LazyChain;
  #reducing: Reducing;
  #inFlight = 0;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.budget = new BufferBudget(parts.bufferBytes);
    const { deadLetters, holds, storm, events } = parts;
    const deadLettered = (reason: string): void => events.deadLettered(reason);
    this.#refusals = new Refusals({ deadLetters, holds, storm, deadLettered });
    this.#chain = new LazyChain(parts.chain);
    this.#reducing = this.#createReducing(parts.chain);
  }

  /**
   * From the next record on another chain is used. What waits to be made into one event goes on along the old chain as it
   * is; records that the old chain has refused, and that are held for it, go through the new one.
   */
  changeChain(chain: Chain): void {
    this.#reducing.closeAll();
    this.#chain = new LazyChain(chain);
    this.#reducing = this.#createReducing(chain);
    for (const settlement of this.#refusals.takeWaiting())
      this.#decode(settlement, settlement.record, settlement.record.value);
    this.#parts.watch?.leave();
    this.#parts.documents.flush();
  }

  /** Has the groups closed for which nothing more will come. To be called now and then. */
  closeIdleGroups(): void {
    if (!this.#reducing.isNeeded) return;
    this.#reducing.closeIdle(this.#parts.assignment().all(), performance.now());
    this.#parts.documents.flush();
  }

  #createReducing(chain: Chain): Reducing {
    return new Reducing(chain, this.#parts.bufferBytes / 4, (leader, result, exact, outputs, by) =>
      this.#transformed(leader, result, exact, outputs, by),
    );
  }

  get heldBytes(): number {
    return this.#parts.holds.bytes;
  }

  /** Records taken and not yet settled. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** consume: records of partitions that we own, each once per epoch. */
  take(records: readonly SourceRecord[]): void {
    const assignment = this.#parts.assignment();
    let taken = 0;
    let owned: OwnedPartition | undefined;
    for (const read of records) {
      // They come in runs of one partition.
      if (owned === undefined || owned.partition !== read.partition || owned.topic !== read.topic)
        owned = assignment.find(read.topic, read.partition);
      // What is not taken here is not tracked either, so the next owner reads it.
      if (owned === undefined || owned.draining || !owned.isNew(read.offset)) continue;
      const original = this.#parts.original === undefined ? read : this.#parts.original(read);
      if (original === undefined) {
        owned.draining = true;
        continue;
      }
      const source = original === 'skip' ? { ...read, value: null } : original;
      const bytes = (source.value?.length ?? 0) + (source.key?.length ?? 0) + RECORD_OVERHEAD_BYTES;
      const record = new TakenRecord(source, source.topic === owned.topic ? owned.topic : source.topic);
      const settlement = new Settlement(record, bytes, owned, this, read.offset);
      owned.receive(settlement);
      this.budget.take(bytes);
      this.#inFlight++;
      taken++;
      this.#decode(settlement, record, source.value);
      this.#parts.watch?.leave();
    }
    if (taken > 0) this.#parts.events.received(taken);
    this.#parts.documents.flush();
  }

  #decode(settlement: Settlement, record: TakenRecord, value: Buffer | null): void {
    if (value === null) {
      settlement.settle('skipped');
      return;
    }
    const { renderer, documents, quarantine, watch } = this.#parts;
    if (quarantine?.has(record) === true) {
      this.#refusals.refuse(settlement, {
        reason: 'transform_stuck',
        message: 'the process did not come back from this record, twice',
      });
      return;
    }
    watch?.enter(DECODE_STEP, record);
    const chain = this.#chain;
    const isLookedInto = !chain.isEmpty || renderer.needsEvent;
    const decoded = decode(value, this.#parts.codec, isLookedInto && chain.isLazy);
    if (decoded.kind === 'poison') {
      this.#refusals.refuse(settlement, decoded);
      return;
    }
    if (!isLookedInto) {
      watch?.enter(RENDER_STEP, record);
      const document = renderer.untouched(settlement, decoded);
      // The source ends the document's bytes, but for its line feed; where it is the value, the value lies there now.
      const end = document.end - 1;
      if (decoded.bytes === value) record.movedTo(document.chunk, end - value.length, end);
      else record.moveTo(this.#values);
      free(value);
      documents.add(document);
      return;
    }
    const exact = decoded.event();
    record.moveTo(this.#values);
    const result = chain.run(decoded, exact, record);
    if (this.#reducing.isNeeded) this.#reduce(settlement, record, result, exact);
    else this.#transformed(settlement, result, exact, FIRST_RUN, this.#reducing);
  }

  #reduce(
    settlement: Settlement,
    record: TakenRecord,
    result: ChainResult | Promise<ChainResult>,
    exact: ExactValue,
  ): void {
    const reducing = this.#reducing;
    if (result instanceof Promise) settlement.detach();
    reducing.inOrder(settlement.partition, result, (settled, isLate) => {
      reducing.next(settlement.partition, record);
      this.#render(settlement, settled, exact, FIRST_RUN, reducing);
      if (isLate) this.#afterLate(reducing);
    });
  }

  #transformed(
    settlement: Settlement,
    result: ChainResult | Promise<ChainResult>,
    exact: ExactValue,
    outputs: Outputs,
    reducing: Reducing,
  ): void {
    if (result instanceof Promise) void this.#transformedLate(settlement, result, exact, outputs, reducing);
    else this.#render(settlement, result, exact, outputs, reducing);
  }

  /** @param pending never rejects */
  async #transformedLate(
    settlement: Settlement,
    pending: Promise<ChainResult>,
    exact: ExactValue,
    outputs: Outputs,
    reducing: Reducing,
  ): Promise<void> {
    // It may take long, and must not keep its neighbours' memory.
    settlement.detach();
    this.#render(settlement, await pending, exact, outputs, reducing);
    this.#afterLate(reducing);
  }

  /** What comes late still wants its batch sent. */
  #afterLate(reducing: Reducing): void {
    // Of a chain that another one has replaced: nothing will come that could complete it.
    if (reducing !== this.#reducing) reducing.closeAll();
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
    if (failures.length > 0) this.#refuse(settlement, failures);
    this.#parts.watch?.enter(RENDER_STEP, settlement.record);
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as Event;
      let document: Document;
      try {
        const output = outputs.first + index * outputs.apart;
        document = this.#parts.renderer.event(settlement, event, output, exact);
      } catch (error) {
        this.#refusals.refuse(settlement, { reason: 'not_serialisable', message: messageOf(error) });
        continue;
      }
      // What a transform made stays in memory beside the record's own bytes.
      this.budget.take(document.bytes);
      settlement.bytes += document.bytes;
      this.#parts.documents.add(document);
    }
    this.#parts.watch?.leave();
    for (let index = 0; index < waiting.length; index++) {
      const output = outputs.first + (events.length + index) * outputs.apart;
      reducing.wait(waiting[index] as Waiting, settlement, exact, output);
    }
  }

  /** What a transform could not handle. A hold wins: what is dead-lettered is settled, and nobody would look at it again. */
  #refuse(settlement: Settlement, failures: readonly Failure[]): void {
    const failure = failures.find(({ policy }) => policy === 'hold') ?? failures[0];
    if (failure === undefined) return;
    const reason = `transform ${failure.step}`;
    if (failure.policy === 'hold') this.#refusals.holdForChain(`${reason} failed`, settlement);
    else this.#refusals.refuse(settlement, { reason, message: failure.error.message });
  }

  /** settle: a document was acknowledged by Elasticsearch. */
  indexed(document: Document): void {
    if (document.acknowledged === undefined) document.settlement.settle('indexed');
    else document.acknowledged();
  }

  /**
   * settle: a document was refused for good.
   *
   * @returns the cause for which whoever sent it must hold it and try again, where it may not be dead-lettered now
   */
  rejected(document: Document, reason: string, message: string): string | undefined {
    const { settlement } = document;
    if (document.acknowledged === undefined)
      return this.#refusals.deadLetter(settlement, { reason, message });
    if (!settlement.settled) this.#parts.holds.add(`the dead-letter index refuses: ${reason}`, settlement);
    return undefined;
  }

  /** Called by the settlement when its last share is settled. */
  settled(settlement: Settlement, outcome: Outcome): void {
    this.budget.release(settlement.bytes);
    this.#inFlight--;
    if (settlement.deadLetter === null && outcome !== 'returned') this.#parts.storm.passed();
    this.#parts.events.settled(outcome, settlement.record.timestamp);
  }

  /** Resolves when nothing of these partitions is in flight but what waits for somebody or for more records, or after the time. */
  async drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const isBusy = ({ unsettled, held, waiting }: OwnedPartition): boolean => unsettled > held + waiting;
    while (partitions.some(isBusy) && Date.now() < deadline) await delay(DRAIN_CHECK_MS);
  }

  /** Ends what is open of partitions that belong to somebody else now. */
  giveUp(partitions: readonly OwnedPartition[]): void {
    for (const owned of partitions) {
      // First: what is given up moves the watermark, which must never be committed.
      owned.closed = true;
      for (const settlement of owned.open()) settlement.giveUp();
    }
    this.#parts.holds.removeGivenUp();
    this.#reducing.removeGivenUp();
    this.#refusals.removeGivenUp();
    this.#parts.documents.dropGivenUp();
  }
}
