import { setImmediate as turn } from 'node:timers/promises';
import type { DeadLetterReason, DeadLetters } from '../../../src/dead-letter/port.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import type { Diversion } from '../../../src/elasticsearch/item-verdict.ts';
import { createRenderer } from '../../../src/elasticsearch/render.ts';
import { BlockedRecords } from '../../../src/pipeline/blocked-records.ts';
import { Assignment, OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import type { DocumentSink, Original } from '../../../src/pipeline/dependencies.ts';
import { RejectionRate } from '../../../src/pipeline/rejection-rate.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { type Outcome, outcomes } from '../../../src/pipeline/outcome.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import type { ReduceTransform, TransformFunction } from '../../../src/transform/api/api.ts';
import { Chain, type OnError } from '../../../src/transform/runtime/chain.ts';
import type { RecordWatch } from '../../../src/transform/runtime/record-watch.ts';
import type { Tap } from '../../../src/tap/tap.ts';
import type { Quarantine } from '../../../src/pipeline/quarantine.ts';
import { configOf } from './config.ts';
import { type Deferred, deferred, sourceRecord } from './fakes.ts';
import { BatchWriter } from '../../../src/memory/batch-writer.ts';

/** A dead letter on its way. */
export interface OpenDeadLetter {
  readonly settlement: Settlement;
  readonly why: DeadLetterReason;
  readonly answer: Deferred<void>;
}

export interface LabOptions {
  run?: TransformFunction;
  onError?: OnError;
  /** Whether `run` has asked for lazy events. */
  lazy?: boolean;
  /** Several transforms, in place of `run`. */
  steps?: readonly LabStep[];
  codec?: 'json' | 'text';
  original?: Original;
  bufferBytes?: number;
  holdAboveRatio?: number;
  /** `dead_letter.to: hold` */
  deadLettersOff?: boolean;
  /** In place of those that the test answers itself. */
  deadLetters?: DeadLetters;
  takeRejected?: () => Document[];
  quarantine?: Quarantine;
  watch?: RecordWatch;
  tap?: Tap;
  /** YAML under `elasticsearch:`. */
  elasticsearch?: string;
  /** Whether documents of neighbours stay together, as the batcher is given them; else each comes by itself. */
  runs?: boolean;
  /** Makes its batches; for tests with so many labs that the memory of each would cost too much. */
  writer?: BatchWriter;
  /** In place of those that the test answers for itself. */
  documents?: DocumentSink;
}

interface LabStep {
  readonly run: TransformFunction;
  readonly onError: OnError;
  readonly reduce?: ReduceTransform;
  readonly lazy?: boolean;
}

/** @param errors what transforms fail of, as it would be logged */
function chainOf(steps: readonly LabStep[], errors: string[]): Chain {
  // Nothing that a test keeps waiting is over time, however busy the machine is.
  const fixed = { close: () => {}, timeoutMs: 60_000 };
  return new Chain(
    steps.map((step, at) => ({ name: `step-${at}`, ...fixed, ...step })),
    (step, policy, { message }) => void errors.push(`${step} (${policy}): ${message}`),
  );
}

/** A pipeline between a consumer, an Elasticsearch and a dead letter that the test plays itself. */
export class PipelineLab implements DeadLetters {
  readonly assignment = new Assignment();
  readonly blockedRecords = new BlockedRecords({ began: () => {}, ended: () => {} });
  readonly rejectionRate: RejectionRate;
  readonly pipeline: Pipeline;
  /** The first one. */
  readonly chain: Chain;
  /** Documents without an answer of Elasticsearch. */
  documents: Document[] = [];
  /** Dead letters that are not acknowledged. */
  deadLetters: OpenDeadLetter[] = [];
  /** Documents that Elasticsearch has rejected and that are blocked. */
  rejected: Document[] = [];
  readonly deadLettered: string[] = [];
  readonly errors: string[] = [];
  readonly counts: Record<Outcome, number>;
  received = 0;
  outputs = 0;
  undecodable = 0;
  flushes = 0;
  readonly #writer: BatchWriter;

  constructor(options: LabOptions = {}) {
    const { run, onError = 'dead_letter', lazy = false, steps, codec = 'json' } = options;
    const { elasticsearch = '{}', writer = new BatchWriter() } = options;
    this.#writer = writer;
    this.counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
    const transforms = steps ?? (run === undefined ? [] : [{ run, onError, lazy }]);
    this.rejectionRate = new RejectionRate(options.holdAboveRatio ?? null, {
      began: () => {},
      ended: () => {},
    });
    const chain = chainOf(transforms, this.errors);
    this.chain = chain;
    if (options.watch !== undefined) chain.watch(options.watch);
    this.pipeline = new Pipeline({
      assignment: () => this.assignment,
      codec,
      chain,
      watch: options.watch,
      renderer: createRenderer(configOf(`elasticsearch: ${elasticsearch}`).elasticsearch),
      documents: options.documents ?? {
        add: (document) =>
          void this.documents.push(...(options.runs === true ? [document] : document.split())),
        flush: () => void this.flushes++,
        takeRejected: options.takeRejected ?? (() => this.rejected.splice(0)),
        dropAbandoned: () => {
          this.rejected = this.rejected.filter(({ settlement }) => !settlement.settled);
          this.documents = this.documents.filter(({ settlement }) => !settlement.settled);
        },
      },
      deadLetters: options.deadLettersOff === true ? null : (options.deadLetters ?? this),
      blockedRecords: this.blockedRecords,
      rejectionRate: this.rejectionRate,
      events: {
        received: (count) => void (this.received += count),
        polled: () => {},
        undecodable: () => void this.undecodable++,
        settled: (outcome, count) => void (this.counts[outcome] += count),
        deadLettered: (reason) => void this.deadLettered.push(reason),
        outputEvents: (count) => void (this.outputs += count),
      },
      bufferBytes: options.bufferBytes ?? 1_000_000,
      original: options.original,
      quarantine: options.quarantine,
      tap: options.tap,
    });
  }

  send(settlement: Settlement, why: DeadLetterReason): Promise<void> {
    const answer = deferred();
    this.deadLetters.push({ settlement, why, answer });
    return answer.promise;
  }

  async close(): Promise<void> {}

  /** Records that have settled, whatever their outcome. */
  get settled(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  own(partition = 0, start = 0): OwnedPartition {
    const owned = new OwnedPartition('app-logs', partition, start, start);
    this.assignment.add(owned);
    return owned;
  }

  /** Gives records with these values, from `offset` on, to the pipeline. */
  receive(values: readonly (string | Buffer | null)[], offset = 0, partition = 0): SourceRecord[] {
    const records = values.map((value, at) =>
      sourceRecord({
        partition,
        offset: offset + at,
        value: typeof value === 'string' ? Buffer.from(value) : value,
      }),
    );
    this.receiveRecords(records);
    return records;
  }

  /**
   * Gives records to the pipeline as the consumer does: in batches, whose memory is used again.
   *
   * @param room what was left free before values when they were read
   */
  receiveRecords(records: readonly SourceRecord[], room = this.pipeline.room): void {
    for (const batch of this.#writer.write(records, room)) {
      this.pipeline.onRecords(batch);
      batch.chunk.release();
    }
  }

  /** As a reload does. */
  changeChain(steps: readonly LabStep[]): void {
    this.pipeline.changeChain(chainOf(steps, this.errors));
  }

  /** Elasticsearch indexes the first open document, or the one given. */
  acknowledge(document = this.documents[0]): void {
    if (document === undefined) throw new Error('there is no open document');
    this.documents = this.documents.filter((one) => one !== document);
    this.pipeline.indexed(document);
  }

  /** Elasticsearch rejects the first open document, or the one given. */
  reject(document = this.documents[0]): string | undefined {
    if (document === undefined) throw new Error('there is no open document');
    this.documents = this.documents.filter((one) => one !== document);
    const cause = this.pipeline.rejected(document, 'mapper_parsing_exception', 'bad field');
    if (cause !== undefined) this.rejected.push(document);
    return cause;
  }

  /** Elasticsearch has done with the first open document, or the one given, which is not in its index. */
  divert(to: Diversion, document = this.documents[0]): string | undefined {
    if (document === undefined) throw new Error('there is no open document');
    this.documents = this.documents.filter((one) => one !== document);
    return this.pipeline.diverted(document, to);
  }

  /** The dead letter acknowledges the first open dead letter, or the one given. */
  async bury(deadLetter = this.deadLetters[0]): Promise<void> {
    if (deadLetter === undefined) throw new Error('there is no open dead letter');
    this.deadLetters = this.deadLetters.filter((one) => one !== deadLetter);
    deadLetter.answer.resolve();
    await turn();
  }

  /** Revokes the partition, settled or not. */
  revoke(owned: OwnedPartition): void {
    this.assignment.remove(owned);
    this.pipeline.abandon([owned]);
  }
}
