import type { Codec } from './codec/decode.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Document } from './elasticsearch/document.ts';
import type { Renderer } from './elasticsearch/render.ts';
import type { Holds } from './holds.ts';
import type { Assignment } from './kafka/assignment.ts';
import type { RejectStorm } from './reject-storm.ts';
import type { Outcome, SourceRecord } from './settlement.ts';
import type { Chain } from './transform/chain.ts';
import type { RecordWatch } from './transform/record-watch.ts';
import type { Quarantine } from './workers/quarantine.ts';

/** Where documents go; bulk.ts and batch.ts behind a seam that tests can stand in for. */
export interface DocumentSink {
  add(document: Document): void;
  flush(): void;
  /** Takes out those that Elasticsearch has rejected and that are held: another chain may make others of their records. */
  takeRejected(): readonly Document[];
  /** Some records were given up: what is open for them need not be waited for. */
  dropGivenUp(): void;
}

/** What the pipeline counts. */
export interface PipelineEvents {
  received(count: number): void;
  /** @param timestamp of the record, in ms since the epoch */
  settled(outcome: Outcome, timestamp: number): void;
  deadLettered(reason: string): void;
  outputEvents(count: number): void;
}

/**
 * For dead letters that are sent again: the record as it was, at its own coordinates; 'keep' for one that stays a dead letter, behind
 * the others; undefined for the first one of a partition that is not to be taken any more.
 */
export type Original = (record: SourceRecord) => SourceRecord | 'keep' | undefined;

export interface PipelineParts {
  readonly assignment: () => Assignment;
  readonly codec: Codec;
  /** The one to begin with; see {@link Pipeline.changeChain}. */
  readonly chain: Chain;
  readonly renderer: Renderer;
  readonly documents: DocumentSink;
  /** Null where the operator wants none: then what is refused is held. */
  readonly deadLetters: DeadLetters | null;
  readonly holds: Holds;
  readonly storm: RejectStorm;
  readonly events: PipelineEvents;
  readonly bufferBytes: number;
  readonly original?: Original | undefined;
  readonly quarantine?: Quarantine | undefined;
  readonly watch?: RecordWatch | undefined;
}
