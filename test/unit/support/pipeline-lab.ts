import { setImmediate as turn } from 'node:timers/promises';
import type { DeadLetterReason, DeadLetters } from '../../../src/dead-letters.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import type { Diversion } from '../../../src/elasticsearch/verdict.ts';
import { createRenderer } from '../../../src/elasticsearch/render.ts';
import { Holds } from '../../../src/holds.ts';
import { Assignment, OwnedPartition } from '../../../src/kafka/assignment.ts';
import { Pipeline } from '../../../src/pipeline.ts';
import type { Original } from '../../../src/pipeline-parts.ts';
import { RejectStorm } from '../../../src/reject-storm.ts';
import { type Outcome, type Settlement, type SourceRecord, outcomes } from '../../../src/settlement.ts';
import type { ReduceTransform, TransformFunction } from '../../../src/transform/api.ts';
import { Chain, type OnError } from '../../../src/transform/chain.ts';
import type { RecordWatch } from '../../../src/transform/record-watch.ts';
import type { Quarantine } from '../../../src/workers/quarantine.ts';
import { configOf } from './config.ts';
import { type Deferred, deferred, sourceRecord } from './fakes.ts';

/** A dead letter on its way. */
export interface Letter {
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
  /** YAML under `elasticsearch:`. */
  elasticsearch?: string;
}

interface LabStep {
  readonly run: TransformFunction;
  readonly onError: OnError;
  readonly reduce?: ReduceTransform;
  readonly lazy?: boolean;
}

/** @param errors what transforms fail of, as it would be logged */
function chainOf(steps: readonly LabStep[], errors: string[]): Chain {
  const fixed = { close: () => {}, timeoutMs: 1000 };
  return new Chain(
    steps.map((step, at) => ({ name: `step-${at}`, ...fixed, ...step })),
    (step, policy, { message }) => void errors.push(`${step} (${policy}): ${message}`),
  );
}

/** A pipeline between a consumer, an Elasticsearch and a dead letter that the test plays itself. */
export class PipelineLab implements DeadLetters {
  readonly assignment = new Assignment();
  readonly holds = new Holds({ began: () => {}, ended: () => {} });
  readonly storm: RejectStorm;
  readonly pipeline: Pipeline;
  /** Documents that Elasticsearch has not answered for. */
  documents: Document[] = [];
  /** Dead letters that are not acknowledged. */
  letters: Letter[] = [];
  /** Documents that Elasticsearch has rejected and that are held. */
  rejected: Document[] = [];
  readonly deadLettered: string[] = [];
  readonly errors: string[] = [];
  readonly counts: Record<Outcome, number>;
  received = 0;
  outputs = 0;
  flushes = 0;

  constructor(options: LabOptions = {}) {
    const { run, onError = 'dead_letter', lazy = false, steps, codec = 'json' } = options;
    const { elasticsearch = '{}' } = options;
    this.counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
    const transforms = steps ?? (run === undefined ? [] : [{ run, onError, lazy }]);
    this.storm = new RejectStorm(options.holdAboveRatio ?? null, { began: () => {}, ended: () => {} });
    const chain = chainOf(transforms, this.errors);
    if (options.watch !== undefined) chain.watch(options.watch);
    this.pipeline = new Pipeline({
      assignment: () => this.assignment,
      codec,
      chain,
      watch: options.watch,
      renderer: createRenderer(configOf(`elasticsearch: ${elasticsearch}`).elasticsearch),
      documents: {
        add: (document) => void this.documents.push(document),
        flush: () => void this.flushes++,
        takeRejected: options.takeRejected ?? (() => this.rejected.splice(0)),
        dropGivenUp: () => {
          this.rejected = this.rejected.filter(({ settlement }) => !settlement.settled);
          this.documents = this.documents.filter(({ settlement }) => !settlement.settled);
        },
      },
      deadLetters: options.deadLettersOff === true ? null : (options.deadLetters ?? this),
      holds: this.holds,
      storm: this.storm,
      events: {
        received: (count) => void (this.received += count),
        settled: (outcome) => void this.counts[outcome]++,
        deadLettered: (reason) => void this.deadLettered.push(reason),
        outputEvents: (count) => void (this.outputs += count),
      },
      bufferBytes: options.bufferBytes ?? 1_000_000,
      original: options.original,
      quarantine: options.quarantine,
    });
  }

  send(settlement: Settlement, why: DeadLetterReason): Promise<void> {
    const answer = deferred();
    this.letters.push({ settlement, why, answer });
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
  take(values: readonly (string | Buffer | null)[], offset = 0, partition = 0): SourceRecord[] {
    const records = values.map((value, at) =>
      sourceRecord({
        partition,
        offset: offset + at,
        value: typeof value === 'string' ? Buffer.from(value) : value,
      }),
    );
    this.pipeline.take(records);
    return records;
  }

  /** As a reload does. */
  changeChain(steps: readonly LabStep[]): void {
    this.pipeline.changeChain(chainOf(steps, this.errors));
  }

  /** Elasticsearch takes the first open document, or the one given. */
  acknowledge(document = this.documents[0]): void {
    if (document === undefined) throw new Error('there is no open document');
    this.documents = this.documents.filter((one) => one !== document);
    this.pipeline.indexed(document);
  }

  /** Elasticsearch refuses the first open document, or the one given, for good. */
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

  /** The dead letter acknowledges the first open letter, or the one given. */
  async bury(letter = this.letters[0]): Promise<void> {
    if (letter === undefined) throw new Error('there is no open letter');
    this.letters = this.letters.filter((one) => one !== letter);
    letter.answer.resolve();
    await turn();
  }

  /** Revokes the partition, settled or not. */
  revoke(owned: OwnedPartition): void {
    this.assignment.remove(owned);
    this.pipeline.giveUp([owned]);
  }
}
