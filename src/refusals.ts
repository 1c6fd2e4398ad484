import type { DeadLetterReason, DeadLetters } from './dead-letters.ts';
import type { Holds } from './holds.ts';
import type { RejectStorm } from './reject-storm.ts';
import type { Letter, Settlement } from './settlement.ts';
import type { Failure } from './transform/chain.ts';

/** Of what is said about a record so much is kept: it may quote the record. */
const MESSAGE_MAX = 1000;
/** What a dead letter on its way costs beside a copy of the record. */
const LETTER_OVERHEAD_BYTES = 2048;

export interface RefusalParts {
  /** Null where the operator wants none: then what is refused is held. */
  readonly deadLetters: DeadLetters | null;
  readonly holds: Holds;
  readonly storm: RejectStorm;
  /** For metrics. */
  readonly deadLettered: (reason: string) => void;
}

/** Why a record waits, and how many of its shares do. */
interface WaitingRecord {
  readonly causes: Set<string>;
  shares: number;
}

/** What becomes of records that are refused for good: a dead letter or, where that may not be, a hold. */
export class Refusals {
  readonly #parts: RefusalParts;
  /** Records that wait for another chain: this one has refused them, and they may not be dead-lettered. */
  readonly #waiting = new Map<Settlement, WaitingRecord>();

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  /** Refused by ourselves; where it may not be dead-lettered it waits for another chain. */
  refuse(settlement: Settlement, why: DeadLetterReason): void {
    const cause = this.deadLetter(settlement, why);
    if (cause !== undefined) this.holdForChain(cause, settlement);
  }

  /**
   * What a transform could not handle. A hold wins: what is dead-lettered is settled, and nobody would look at it again.
   *
   * @returns why it may not be dead-lettered, if it may not
   */
  failed(settlement: Settlement, failures: readonly Failure[]): string | undefined {
    const failure = failures.find(({ policy }) => policy === 'hold') ?? failures[0];
    if (failure === undefined) return undefined;
    const reason = `transform ${failure.step}`;
    if (failure.policy === 'hold') return `${reason} failed`;
    return this.deadLetter(settlement, { reason, message: failure.error.message });
  }

  holdForChain(cause: string, settlement: Settlement): void {
    // Each of the records that one event was made of goes through the next chain by itself, in their order.
    const followers = settlement.takeFollowers();
    this.#wait(settlement).causes.add(cause);
    this.#parts.holds.add(cause, settlement);
    for (const follower of followers) if (!follower.settled) this.holdForChain(cause, follower);
  }

  /**
   * One share of the record, or all those of its dead letter, will not be settled as was meant, since there is another chain.
   * Where the record has gone through that one already, nothing is to be done for them.
   *
   * @returns the records that wait for `chain` because of that
   */
  withdraw(settlement: Settlement, chain: object, isLetter = false): Settlement[] {
    if (settlement.settled) return [];
    const shares = isLetter ? (settlement.deadLetter?.shares ?? 0) : 1;
    if (isLetter) settlement.deadLetter = null;
    const followers = settlement.takeFollowers();
    const isThrough = settlement.chain === chain;
    for (let share = 0; share < shares; share++) {
      if (isThrough) settlement.settle('skipped');
      else this.#wait(settlement);
    }
    return [
      ...(isThrough ? [] : [settlement]),
      ...followers.flatMap((follower) => this.withdraw(follower, chain)),
    ];
  }

  #wait(settlement: Settlement): WaitingRecord {
    const waiting = this.#waiting.get(settlement) ?? { causes: new Set(), shares: 0 };
    waiting.shares++;
    this.#waiting.set(settlement, waiting);
    return waiting;
  }

  /** There is another chain. @returns the records that waited for it, or those of them that are given; no longer held */
  takeWaiting(wanted: readonly Settlement[] = [...this.#waiting.keys()]): Settlement[] {
    const taken: Settlement[] = [];
    for (const settlement of wanted) {
      const waiting = this.#waiting.get(settlement);
      if (waiting === undefined) continue;
      this.#waiting.delete(settlement);
      for (const cause of waiting.causes) this.#parts.holds.remove(cause, settlement);
      // It goes through the chain once, with one share.
      for (let more = 1; more < waiting.shares; more++) settlement.settle('skipped');
      if (!settlement.settled) taken.push(settlement);
    }
    return taken;
  }

  removeGivenUp(): void {
    for (const settlement of this.#waiting.keys()) if (settlement.settled) this.#waiting.delete(settlement);
  }

  /**
   * A dead letter must itself be acknowledged before the offset moves.
   *
   * @param isAgain whether it was refused and held before
   * @returns why it may not be made, if it may not
   */
  deadLetter(settlement: Settlement, why: DeadLetterReason, isAgain = false): string | undefined {
    if (settlement.settled) return undefined;
    const { deadLetters, storm } = this.#parts;
    if (settlement.deadLetter === null) {
      // One that is probed again and again is still one record.
      const cause = isAgain && deadLetters === null ? undefined : storm.refused(why.reason);
      if (cause !== undefined) return cause;
      if (deadLetters === null) return `dead letters are off: ${why.reason}`;
      settlement.deadLetter = this.#send(deadLetters, settlement, why);
    }
    // What one event was made of fails with it, each record by itself.
    for (const follower of settlement.takeFollowers()) this.refuse(follower, why);
    if (settlement.deadLetter.isSent) settlement.settle('dead_lettered');
    else settlement.deadLetter.shares++;
    return undefined;
  }

  /** A dead letter that is not to be sent again now stays one, behind the others. */
  putBack(settlement: Settlement): void {
    settlement.detach();
    const put = this.#parts.deadLetters?.putBack?.(settlement);
    // It rejects only when the process ends: unsettled, so it is read again.
    put?.then(() => settlement.settle('skipped')).catch(() => {});
  }

  #send(deadLetters: DeadLetters, settlement: Settlement, { reason, message }: DeadLetterReason): Letter {
    const letter: Letter = { shares: 0, isSent: false };
    settlement.detach();
    settlement.charge(settlement.weight - settlement.eventBytes + LETTER_OVERHEAD_BYTES);
    deadLetters.send(settlement, { reason, message: message.slice(0, MESSAGE_MAX) }).then(
      () => {
        letter.isSent = true;
        // One that was given up meanwhile is read again, and counted then.
        if (!settlement.settled) this.#parts.deadLettered(reason);
        for (let share = 0; share < letter.shares; share++) settlement.settle('dead_lettered');
      },
      // Only when the process ends: unsettled, so it is read again.
      () => {},
    );
    return letter;
  }
}
