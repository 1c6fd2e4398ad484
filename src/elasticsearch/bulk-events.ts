import type { Document } from './document.ts';
import type { Diversion } from './item-verdict.ts';

/** Events of the bulk sender. */
export interface BulkEvents {
  /** Acknowledged by Elasticsearch: this output of the record is settled. */
  indexed(document: Document, alreadyThere: boolean): void;
  /** Processed by Elasticsearch, but not in its index. @returns the cause to block it for nevertheless */
  diverted(document: Document, to: Diversion): string | undefined;
  /**
   * Rejected because of the document itself. The listener settles it.
   *
   * @returns the cause to block it for, if the listener cannot settle it
   */
  rejected(document: Document, reason: string, message: string): string | undefined;
  /**
   * Failed because of the environment. The listener retries it.
   *
   * @param message what Elasticsearch says, without values of the document
   */
  blocked(document: Document, cause: string, message?: string): void;
  /** A request ended after `ms`; for metrics. */
  answered(outcome: RequestOutcome, documents: number, ms: number): void;
  /** Documents will be sent again; for metrics. */
  retrying(documents: number, reason: string): void;
}

export type RequestOutcome = 'ok' | 'partial' | 'retry' | 'hold' | 'split';
