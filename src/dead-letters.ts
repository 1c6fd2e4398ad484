import type { Holds } from './holds.ts';
import type { Settlement } from './settlement.ts';

/** Why a record cannot become a document. */
export interface DeadLetterReason {
  /** A short name, the same for all records of a kind; label of a metric. */
  readonly reason: string;
  /** One sentence about this record. */
  readonly message: string;
}

/** Where records go that cannot become documents. */
export interface DeadLetters {
  /** Resolves when the dead letter is acknowledged. Tries for ever, as a hold; rejects only once `close` was called. */
  send(settlement: Settlement, why: DeadLetterReason): Promise<void>;
  close(): Promise<void>;
}

/** Where the operator wants no dead letters: such a record holds its partition until the cause is mended. */
export class NoDeadLetters implements DeadLetters {
  readonly #holds: Holds;

  constructor(holds: Holds) {
    this.#holds = holds;
  }

  async send(settlement: Settlement, { reason }: DeadLetterReason): Promise<void> {
    this.#holds.add(`dead letters are off: ${reason}`, settlement);
    return new Promise(() => {});
  }

  async close(): Promise<void> {}
}
