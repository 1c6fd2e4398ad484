import type { Document } from './document.ts';
import type { Diversion } from './verdict.ts';

/** What the indexer tells the pipeline. */
export interface BulkEvents {
  /** Acknowledged by Elasticsearch: its share of the record is settled. */
  indexed(document: Document, alreadyThere: boolean): void;
  /** Elasticsearch has done with it, and it is not in its index. @returns the cause for which it must be held all the same */
  diverted(document: Document, to: Diversion): string | undefined;
  /**
   * Refused for good because of the document itself. Whoever takes it settles it.
   *
   * @returns the cause for which it must be held instead, where it is not taken
   */
  rejected(document: Document, reason: string, message: string): string | undefined;
  /** The environment's fault: whoever takes it tries it again by itself. */
  held(document: Document, cause: string): void;
  /** One request ended, after `ms`; for metrics. */
  answered(outcome: RequestOutcome, documents: number, ms: number): void;
  /** Documents will be sent again; for metrics. */
  retrying(documents: number, reason: string): void;
}

export type RequestOutcome = 'ok' | 'partial' | 'retry' | 'hold' | 'split';
