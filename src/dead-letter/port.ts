import type { Settlement } from '../pipeline/settlement.ts';

/** Why a record cannot become a document. */
export interface DeadLetterReason {
  /** A short name for the kind of failure; label of a metric. */
  readonly reason: string;
  /** One sentence about this record. */
  readonly message: string;
  /** What separates causes of one reason, for the log and the status: without values of the record. */
  readonly cause?: string | undefined;
}

/** Destination of records that cannot become documents. */
export interface DeadLetters {
  /** Resolves when the dead letter is acknowledged. Retries indefinitely, and rejects only after `close`. */
  send(settlement: Settlement, why: DeadLetterReason): Promise<void>;
  /** Appends an unchanged dead letter to its topic again; otherwise like {@link send}. */
  putBack?(settlement: Settlement): Promise<void>;
  close(): Promise<void>;
}
