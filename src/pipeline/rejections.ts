import type { DeadLetterReason, DeadLetters } from '../dead-letter/port.ts';
import type { Document } from '../elasticsearch/document.ts';
import { fieldOf } from '../elasticsearch/error-text.ts';
import type { Failure } from '../transform/runtime/chain.ts';
import type { Coordinates } from '../record.ts';
import { describeWithoutValues, safeMessageOf } from '../transform/runtime/error-place.ts';
import type { BlockedRecords } from './blocked-records.ts';
import type { RejectionRate } from './rejection-rate.ts';
import type { PendingDeadLetter, Settlement } from './settlement.ts';

/** A message is truncated to so many characters: it may quote the record. */
const MESSAGE_MAX = 1000;
/** Memory of a dead letter in flight beside the copy of the record. */
const DEAD_LETTER_OVERHEAD_BYTES = 2048;

interface RejectionDependencies {
  /** Null with `dead_letter.to: hold`: rejected records are blocked then. */
  readonly deadLetters: DeadLetters | null;
  readonly blockedRecords: BlockedRecords;
  readonly rejectionRate: RejectionRate;
  /** For metrics. */
  readonly deadLettered: (why: DeadLetterReason, record: Coordinates) => void;
  /** The identity of the chain that records go through now; see {@link Settlement.chain}. */
  readonly currentChain: () => object;
  /** Runs records through the current chain again. */
  readonly rerun: (settlements: Settlement[]) => void;
}

/** Why a record waits for another chain, and how many of its outputs do. */
interface WaitingRecord {
  readonly causes: Set<string>;
  pendingOutputs: number;
}

/**
 * Handles permanently rejected records: each becomes a dead letter or, where it may not, is blocked until the
 * operator has changed the transforms or the configuration.
 */
export class Rejections {
  readonly #dependencies: RejectionDependencies;
  /** Blocked records that the next chain gets. */
  readonly #waiting = new Map<Settlement, WaitingRecord>();

  constructor(dependencies: RejectionDependencies) {
    this.#dependencies = dependencies;
  }

  /** Rejects a record that Logweir itself cannot handle. */
  reject(settlement: Settlement, why: DeadLetterReason): void {
    const cause = this.#deadLetter(settlement, why);
    if (cause !== undefined) this.#blockForChain(cause, settlement, why.cause);
  }

  /**
   * Handles failures of transforms. `on_error: hold` wins over `dead_letter`: a dead-lettered record is
   * settled, and no later chain would get it.
   */
  transformFailed(settlement: Settlement, failures: readonly Failure[], chain: object): void {
    const failure = failures.find(({ policy }) => policy === 'hold') ?? failures[0];
    if (failure === undefined) return;
    const reason = `transform ${failure.step}`;
    const { error, policy } = failure;
    if (policy === 'hold') this.#block(`${reason} failed`, settlement, chain, describeWithoutValues(error));
    else
      this.eventRejected(settlement, { reason, message: error.message, cause: safeMessageOf(error) }, chain);
  }

  /** Rejects one of the events that `chain` made of a record. */
  eventRejected(settlement: Settlement, why: DeadLetterReason, chain: object): void {
    const cause = this.#deadLetter(settlement, why);
    if (cause !== undefined) this.#block(cause, settlement, chain, why.cause);
  }

  /**
   * Elasticsearch rejected a document permanently.
   *
   * @returns the cause for which the sender must block the document and try it again, where it may not be
   * dead-lettered now
   */
  documentRejected(document: Document, reason: string, message: string): string | undefined {
    const { settlement, isDeadLetter } = document;
    if (settlement.settled) return undefined;
    const cause = isDeadLetter
      ? `the dead-letter index rejects: ${reason}`
      : this.#deadLetter(settlement, { reason, message, cause: fieldOf(message) }, document.rejected);
    document.rejected = true;
    const { chain } = isDeadLetter ? settlement : document;
    if (cause === undefined || chain === this.#dependencies.currentChain()) return cause;
    this.#rerun(settlement, isDeadLetter);
    return undefined;
  }

  /**
   * Another chain is in use: it gets all records that the previous one left blocked.
   *
   * @param documents rejected ones
   */
  chainChanged(documents: readonly Document[]): void {
    for (const { settlement, isDeadLetter } of documents) this.#withdraw(settlement, isDeadLetter);
    this.#dependencies.rerun(this.#takeWaiting([...this.#waiting.keys()]));
  }

  /** Puts a dead letter that is not to be sent again now behind the end of its topic, unchanged. */
  putBack(settlement: Settlement): void {
    settlement.detach();
    const put = this.#dependencies.deadLetters?.putBack?.(settlement);
    // It rejects only when the process ends: the record is unsettled and is read again.
    put?.then(() => settlement.settle('skipped')).catch(() => {});
  }

  removeAbandoned(): void {
    for (const settlement of this.#waiting.keys()) if (settlement.settled) this.#waiting.delete(settlement);
  }

  /**
   * Blocks a record until there is another chain. If there is one already, that chain gets the record at
   * once.
   */
  #block(cause: string, settlement: Settlement, chain: object, message?: string): void {
    if (chain === this.#dependencies.currentChain()) this.#blockForChain(cause, settlement, message);
    else this.#rerun(settlement);
  }

  #blockForChain(cause: string, settlement: Settlement, message?: string): void {
    // Each source record of an aggregated event goes through the next chain by itself, in order.
    const followers = settlement.takeFollowers();
    this.#wait(settlement).causes.add(cause);
    this.#dependencies.blockedRecords.add(cause, settlement, message);
    for (const follower of followers) if (!follower.settled) this.#blockForChain(cause, follower, message);
  }

  #rerun(settlement: Settlement, isDeadLetter = false): void {
    this.#dependencies.rerun(this.#takeWaiting(this.#withdraw(settlement, isDeadLetter)));
  }

  /**
   * Withdraws one output of the record, or all outputs that its dead letter stands for. If the record has
   * been through the current chain already, these outputs are settled: the chain has made others.
   *
   * @returns the records that now wait for the current chain
   */
  #withdraw(settlement: Settlement, isDeadLetter = false): Settlement[] {
    if (settlement.settled) return [];
    const outputs = isDeadLetter ? (settlement.deadLetter?.pendingOutputs ?? 0) : 1;
    if (isDeadLetter) settlement.deadLetter = null;
    const followers = settlement.takeFollowers();
    const isThrough = settlement.chain === this.#dependencies.currentChain();
    for (let output = 0; output < outputs; output++) {
      if (isThrough) settlement.settle('skipped');
      else this.#wait(settlement);
    }
    return [...(isThrough ? [] : [settlement]), ...followers.flatMap((follower) => this.#withdraw(follower))];
  }

  #wait(settlement: Settlement): WaitingRecord {
    const waiting = this.#waiting.get(settlement) ?? { causes: new Set(), pendingOutputs: 0 };
    waiting.pendingOutputs++;
    this.#waiting.set(settlement, waiting);
    return waiting;
  }

  /** @returns those of the records that wait for another chain; they are no longer blocked */
  #takeWaiting(wanted: readonly Settlement[]): Settlement[] {
    const released: Settlement[] = [];
    for (const settlement of wanted) {
      const waiting = this.#waiting.get(settlement);
      if (waiting === undefined) continue;
      this.#waiting.delete(settlement);
      for (const cause of waiting.causes) this.#dependencies.blockedRecords.remove(cause, settlement);
      // The record goes through the chain once, with one pending output.
      for (let more = 1; more < waiting.pendingOutputs; more++) settlement.settle('skipped');
      if (!settlement.settled) released.push(settlement);
    }
    return released;
  }

  /**
   * Sends a record to the dead letter, which must be acknowledged before the offset moves.
   *
   * @param isAgain whether the record was rejected and blocked before
   * @returns the cause to block the record for, where it may not be dead-lettered
   */
  #deadLetter(settlement: Settlement, why: DeadLetterReason, isAgain = false): string | undefined {
    if (settlement.settled) return undefined;
    const { deadLetters, rejectionRate } = this.#dependencies;
    if (settlement.deadLetter === null) {
      // A record that is probed repeatedly counts once.
      const cause = isAgain && deadLetters === null ? undefined : rejectionRate.rejected(why.reason);
      if (cause !== undefined) return cause;
      if (deadLetters === null) return `dead letters are off: ${why.reason}`;
      settlement.deadLetter = this.#send(deadLetters, settlement, why);
    }
    // The source records of an aggregated event fail with it, each by itself.
    for (const follower of settlement.takeFollowers()) this.reject(follower, why);
    if (settlement.deadLetter.isSent) settlement.settle('dead_lettered');
    else settlement.deadLetter.pendingOutputs++;
    return undefined;
  }

  #send(deadLetters: DeadLetters, settlement: Settlement, why: DeadLetterReason): PendingDeadLetter {
    const pending: PendingDeadLetter = { pendingOutputs: 0, isSent: false };
    settlement.detach();
    settlement.charge(settlement.weight - settlement.eventBytes + DEAD_LETTER_OVERHEAD_BYTES);
    const { record } = settlement;
    deadLetters.send(settlement, { ...why, message: why.message.slice(0, MESSAGE_MAX) }).then(
      () => {
        pending.isSent = true;
        // An abandoned record is read again, and counted then.
        if (!settlement.settled) this.#dependencies.deadLettered(why, record);
        for (let output = 0; output < pending.pendingOutputs; output++) settlement.settle('dead_lettered');
      },
      // It rejects only when the process ends: the record is unsettled and is read again.
      () => {},
    );
    return pending;
  }
}
