import type { DeadLetterReason, DeadLetters } from './dead-letters.ts';
import type { Holds } from './holds.ts';
import type { RejectStorm } from './reject-storm.ts';
import type { Settlement } from './settlement.ts';

export interface RefusalParts {
  readonly deadLetters: DeadLetters;
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

  holdForChain(cause: string, settlement: Settlement): void {
    // Each of the records that one event was made of goes through the next chain by itself, in their order.
    const followers = settlement.takeFollowers();
    const waiting = this.#waiting.get(settlement) ?? { causes: new Set(), shares: 0 };
    waiting.causes.add(cause);
    waiting.shares++;
    this.#waiting.set(settlement, waiting);
    this.#parts.holds.add(cause, settlement);
    for (const follower of followers) if (!follower.settled) this.holdForChain(cause, follower);
  }

  /** There is another chain. @returns the records that waited for it, no longer held */
  takeWaiting(): Settlement[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [settlement, { causes, shares }] of waiting) {
      for (const cause of causes) this.#parts.holds.remove(cause, settlement);
      // It goes through the chain once, with one share.
      for (let more = 1; more < shares; more++) settlement.settle('skipped');
    }
    return waiting.flatMap(([settlement]) => (settlement.settled ? [] : [settlement]));
  }

  removeGivenUp(): void {
    for (const settlement of this.#waiting.keys()) if (settlement.settled) this.#waiting.delete(settlement);
  }

  /** A dead letter must itself be acknowledged before the offset moves. @returns why it may not be made, if it may not */
  deadLetter(settlement: Settlement, why: DeadLetterReason): string | undefined {
    if (settlement.settled) return undefined;
    if (settlement.deadLetter === null) {
      const cause = this.#parts.storm.refused(why.reason);
      if (cause !== undefined) return cause;
    }
    // What one event was made of fails with it, each record by itself.
    for (const follower of settlement.takeFollowers()) this.refuse(follower, why);
    settlement.detach();
    settlement.deadLetter ??= this.#parts.deadLetters.send(settlement, why).then(() => {
      // One that was given up meanwhile is read again, and counted then.
      if (!settlement.settled) this.#parts.deadLettered(why.reason);
    });
    settlement.deadLetter.then(
      () => settlement.settle('dead_lettered'),
      // Only when the process ends: unsettled, so it is read again.
      () => {},
    );
    return undefined;
  }
}
