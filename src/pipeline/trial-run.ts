import type { BufferedRecord } from './buffered-record.ts';
import type { ExactValue } from '../codec/exact-json.ts';
import { PartitionOffsets } from '../kafka/consumer/offsets.ts';
import { RecordChunk } from '../memory/record-chunk.ts';
import type { SourceRecord } from '../record.ts';
import { Aggregation, type Resumed } from './aggregation.ts';
import { Settlement, type SettlementListener } from './settlement.ts';
import type { Chain, ChainResult } from '../transform/runtime/chain.ts';
import { LazyChain } from '../transform/runtime/lazy-chain.ts';

/** Memory of the records of one partition that may wait for aggregation. */
const WAITING_BYTES_MAX = 67_108_864;

/** The result of a record, or of an aggregated event: its first record then stands for all. */
type Came = (record: BufferedRecord, result: ChainResult, exact: ExactValue, settlement: Settlement) => void;

/**
 * Runs records through a chain as the pipeline does, one after the other, without Kafka and Elasticsearch:
 * for the dry run and for tests of transforms. Results are settled at once. Offsets are not tracked, since
 * none is committed.
 */
export class TrialRun implements SettlementListener {
  readonly #chain: LazyChain;
  readonly #aggregation: Aggregation;
  readonly #came: Came;
  /** By topic and partition: events of different partitions are never aggregated. */
  readonly #partitions = new Map<string, PartitionOffsets<Settlement>>();
  #open = 0;

  constructor(chain: Chain, came: Came) {
    this.#chain = new LazyChain(chain);
    this.#came = came;
    const resumed: Resumed = (leader, result, exact) => this.#finish(leader, result, exact);
    this.#aggregation = new Aggregation(chain, WAITING_BYTES_MAX, resumed, () => {});
  }

  /** Whether the next record's event is to be lazy. */
  get isLazy(): boolean {
    return this.#chain.isLazy;
  }

  /** Records in memory: those that wait for aggregation, and the one that is being run. */
  get open(): number {
    return this.#open;
  }

  /** Receives a record, whose event is passed to {@link run} next. */
  receive(source: SourceRecord): Settlement {
    const chunk = RecordChunk.of(source);
    this.#open++;
    return new Settlement({ chunk, row: 0, count: 1 }, chunk.size(0), this.#partitionOf(source), this);
  }

  /** Runs the event of a record, and the aggregated events that it completes. */
  async run(settlement: Settlement, exact: ExactValue): Promise<void> {
    const result = await this.#chain.run(exact, settlement.record);
    const finish = (settled: ChainResult): void => this.#finish(settlement, settled, exact);
    if (this.#aggregation.isNeeded) this.#aggregation.next(settlement, result, finish);
    else finish(result);
    await this.#aggregation.idle();
  }

  /** The end of all partitions: completes all aggregated events. */
  async end(): Promise<void> {
    this.#aggregation.retire();
    await this.#aggregation.idle();
  }

  settled(): void {
    this.#open--;
  }

  #finish(settlement: Settlement, result: ChainResult, exact: ExactValue): void {
    settlement.retain(result.waiting.length);
    this.#came(settlement.record, result, exact, settlement);
    for (const one of result.waiting) this.#aggregation.wait(one, settlement, exact, 0);
    settlement.settle('indexed');
  }

  #partitionOf({ topic, partition, offset }: SourceRecord): PartitionOffsets<Settlement> {
    const name = `${topic}:${partition}`;
    const known = this.#partitions.get(name) ?? new PartitionOffsets(topic, partition, offset, -1);
    this.#partitions.set(name, known);
    return known;
  }
}
