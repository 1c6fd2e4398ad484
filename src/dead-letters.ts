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
  /** Puts the record, which is a dead letter itself, behind the end of its topic, as it is; as {@link send} otherwise. */
  putBack?(settlement: Settlement): Promise<void>;
  close(): Promise<void>;
}
