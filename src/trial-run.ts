import { PartitionOffsets } from './kafka/offsets.ts';
import type { ExactValue } from './codec/exact-json.ts';
import { Reducing, type Resumed } from './reducing.ts';
import { Settlement, type SettlementListener } from './settlement.ts';
import type { TakenRecord } from './taken-record.ts';
import type { Chain, ChainResult } from './transform/chain.ts';
import { LazyChain } from './transform/lazy-chain.ts';

/** Memory of the records of a partition that may wait to be made into one event. */
const WAITING_BYTES_MAX = 67_108_864;

/** What the chain made of a record, or of several: the first one then stands for all. */
export type Came = (record: TakenRecord, result: ChainResult, exact: ExactValue) => void;

/**
 * Runs records through a chain as the pipeline does, one after the other, for whoever has neither Kafka nor Elasticsearch: the dry run,
 * and tests of transforms. What comes out is settled at once; no offset is tracked, for none is committed.
 */
export class TrialRun implements SettlementListener {
  readonly #chain: LazyChain;
  readonly #reducing: Reducing;
  readonly #came: Came;
  /** By topic and partition: events of different ones never meet. */
  readonly #partitions = new Map<string, PartitionOffsets<Settlement>>();
  #open = 0;

  constructor(chain: Chain, came: Came) {
    this.#chain = new LazyChain(chain);
    this.#came = came;
    const resumed: Resumed = (leader, result, exact) => this.#take(leader, result, exact);
    this.#reducing = new Reducing(chain, WAITING_BYTES_MAX, resumed, () => {});
  }

  /** Whether the next record's event is to be lazy. */
  get isLazy(): boolean {
    return this.#chain.isLazy;
  }

  /** Records in memory: those that wait for others, and the one that is being run. */
  get open(): number {
    return this.#open;
  }

  /**
   * Runs the event of a record, and what is complete because of it.
   *
   * @param bytes the memory that it takes
   */
  async run(record: TakenRecord, bytes: number, exact: ExactValue): Promise<void> {
    const partition = this.#partitionOf(record);
    const settlement = new Settlement(record, bytes, partition, this);
    this.#open++;
    const result = await this.#chain.run(exact, record);
    const take = (settled: ChainResult): void => this.#take(settlement, settled, exact);
    if (this.#reducing.isNeeded) this.#reducing.next(settlement, result, take);
    else take(result);
    await this.#reducing.idle();
  }

  /** The end of all partitions: what still waits for others comes out. */
  async end(): Promise<void> {
    this.#reducing.retire();
    await this.#reducing.idle();
  }

  settled(): void {
    this.#open--;
  }

  #take(settlement: Settlement, result: ChainResult, exact: ExactValue): void {
    settlement.share(result.waiting.length);
    this.#came(settlement.record, result, exact);
    for (const one of result.waiting) this.#reducing.wait(one, settlement, exact, 0);
    settlement.settle('indexed');
  }

  #partitionOf({ topic, partition, offset }: TakenRecord): PartitionOffsets<Settlement> {
    const name = `${topic}:${partition}`;
    const known = this.#partitions.get(name) ?? new PartitionOffsets(topic, partition, offset, -1);
    this.#partitions.set(name, known);
    return known;
  }
}
