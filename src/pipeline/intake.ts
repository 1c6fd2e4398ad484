import { Document } from '../elasticsearch/document.ts';
import type { Passthrough } from '../elasticsearch/render.ts';
import type { OwnedPartition } from '../kafka/consumer/assignment.ts';
import { type RecordBatch, RecordChunk } from '../memory/record-chunk.ts';
import type { AssignmentEpochs } from './assignment-epochs.ts';
import type { PipelineDependencies } from './dependencies.ts';
import { placeRun } from './passthrough-run.ts';
import { showRun } from './tapped.ts';
import { ReceivedBatch } from './received-batch.ts';
import type { RecordRun, Settlement } from './settlement.ts';

/** The stages that follow. */
interface NextStages {
  /** Makes the settlement of records, and counts them. */
  track(run: RecordRun, bytes: number, owned: OwnedPartition, offset?: number): Settlement;
  /** Renders records in place, in their chunk; null where they are parsed. */
  inPlace(): Passthrough | null;
  /** The identity of the current chain; see {@link Settlement.chain}. */
  chain(): object;
  decode(settlement: Settlement): void;
  /** Puts a dead letter back that is not to be sent again. */
  putBack(settlement: Settlement): void;
  /** No more records come from an earlier epoch of a partition: its topic was created again. */
  ended(earlier: OwnedPartition): void;
}

/** consume: gives the records of owned partitions to the next stage, each once per assignment epoch. */
export class Intake {
  readonly #dependencies: PipelineDependencies;
  readonly #epochs: AssignmentEpochs;
  readonly #next: NextStages;
  readonly #batch = new ReceivedBatch();

  constructor(dependencies: PipelineDependencies, epochs: AssignmentEpochs, next: NextStages) {
    this.#dependencies = dependencies;
    this.#epochs = epochs;
    this.#next = next;
  }

  receive({ chunk, from, to }: RecordBatch): void {
    for (let first = from, next = from; first < to; first = next) {
      while (next < to && chunk.isSamePartition(first, next)) next++;
      const where = { topic: chunk.topic(first), partition: chunk.partition(first) };
      const owned = this.#epochs.find(where, (earlier) => this.#next.ended(earlier));
      // A record of another partition is not tracked: the partition's owner reads it.
      if (owned !== undefined) this.#receiveRun(chunk, first, next, owned);
    }
    this.#batch.end();
  }

  /** Rows of one partition. Neighbours that are not parsed are sent together, other records one by one. */
  #receiveRun(chunk: RecordChunk, from: number, to: number, owned: OwnedPartition): void {
    const { original, quarantine } = this.#dependencies;
    const isPlain = original === undefined && (quarantine?.size ?? 0) === 0;
    const passthrough = isPlain ? this.#next.inPlace() : null;
    for (let row = from; row < to && !owned.draining;) {
      const offset = chunk.offset(row);
      if (!owned.isNew(offset)) {
        row++;
        continue;
      }
      const epoch = chunk.leaderEpoch(row);
      if (epoch !== owned.leaderEpoch) owned.noteEpoch(offset, epoch);
      const count = passthrough === null ? 0 : this.#passThrough(passthrough, chunk, row, to, owned);
      if (count === 0) this.#receiveOne(chunk, row, owned);
      row += Math.max(1, count);
    }
  }

  /**
   * decode, render and batch at once: sends the records from this row on as one run, directly from
   * their chunk.
   *
   * @returns how many records were sent this way
   */
  #passThrough(
    passthrough: Passthrough,
    chunk: RecordChunk,
    row: number,
    to: number,
    owned: OwnedPartition,
  ): number {
    const run = placeRun(passthrough, chunk, row, to);
    if (run.count === 0) return 0;
    const settlement = this.#next.track({ chunk, row, count: run.count }, run.bytes, owned);
    const document = new Document(settlement, passthrough.index, chunk, run.start, run.end);
    document.chain = settlement.chain = this.#next.chain();
    const { tap } = this.#dependencies;
    if (tap?.isOpen === true) showRun(tap, chunk, row, run.count, passthrough.index);
    this.#dependencies.documents.add(document);
    return run.count;
  }

  /** A single record, or the original of a dead letter that is sent again. */
  #receiveOne(chunk: RecordChunk, row: number, owned: OwnedPartition): void {
    const original = this.#dependencies.original?.(chunk.record(row));
    if (original === 'stop') {
      owned.draining = true;
      return;
    }
    const run =
      typeof original === 'object'
        ? { chunk: RecordChunk.of(original), row: 0, count: 1 }
        : { chunk, row, count: 1 };
    const settlement = this.#next.track(run, run.chunk.size(run.row), owned, chunk.offset(row));
    this.#batch.add(settlement);
    if (original === 'keep') this.#next.putBack(settlement);
    else this.#next.decode(settlement);
    this.#dependencies.watch?.leave();
  }
}
