import type { Codec } from '../codec/decode.ts';
import type { DeadLetters } from '../dead-letter/port.ts';
import type { Document } from '../elasticsearch/document.ts';
import type { Renderer } from '../elasticsearch/render.ts';
import type { BlockedRecords } from './blocked-records.ts';
import type { Assignment } from '../kafka/consumer/assignment.ts';
import type { RejectionRate } from './rejection-rate.ts';
import type { Coordinates, SourceRecord } from '../record.ts';
import type { Outcome } from './outcome.ts';
import type { Chain } from '../transform/runtime/chain.ts';
import type { RecordWatch } from '../transform/runtime/record-watch.ts';
import type { Quarantine } from './quarantine.ts';
import type { Tap } from '../tap/tap.ts';

/** The receiver of documents: batch.ts and bulk.ts, or a test. */
export interface DocumentSink {
  add(document: Document): void;
  flush(): void;
  /**
   * Removes and returns the blocked documents that Elasticsearch rejected: another chain may make others of
   * their records.
   */
  takeRejected(): readonly Document[];
  /** Drops the documents of abandoned records. */
  dropAbandoned(): void;
}

/** Events for metrics. */
interface PipelineEvents {
  /** @param bytes of the records' values, keys and headers */
  received(count: number, bytes: number): void;
  /** A poll has ended. @param timestamp of its last record, in ms since the epoch; -1 if unknown */
  polled(timestamp: number): void;
  /** A record can never be a document. */
  undecodable(): void;
  /**
   * So many records have settled.
   *
   * @param timestamp of the last record, in ms since the epoch
   */
  settled(outcome: Outcome, count: number, timestamp: number): void;
  /**
   * @param record the rejected one
   * @param cause see `cause` of a `DeadLetterReason`
   */
  deadLettered(reason: string, record: Coordinates, cause?: string): void;
  outputEvents(count: number): void;
}

/**
 * For dead letters that are sent again. Returns the original record, at its own coordinates; 'keep' for a
 * dead letter that stays one, at the end of its topic; 'stop' for the first record of a partition that is not
 * to be read any further.
 */
export type Original = (record: SourceRecord) => SourceRecord | 'keep' | 'stop';

export interface PipelineDependencies {
  readonly assignment: () => Assignment;
  readonly codec: Codec;
  /** The first chain; see {@link Pipeline.changeChain}. */
  readonly chain: Chain;
  readonly renderer: Renderer;
  readonly documents: DocumentSink;
  /** Null with `dead_letter.to: hold`: rejected records are blocked then. */
  readonly deadLetters: DeadLetters | null;
  readonly blockedRecords: BlockedRecords;
  readonly rejectionRate: RejectionRate;
  readonly events: PipelineEvents;
  readonly bufferBytes: number;
  readonly original?: Original | undefined;
  readonly quarantine?: Quarantine | undefined;
  readonly watch?: RecordWatch | undefined;
  readonly tap?: Tap | undefined;
}
