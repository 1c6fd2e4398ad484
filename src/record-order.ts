import type { PartitionOffsets } from './kafka/offsets.ts';
import type { Settlement } from './settlement.ts';

type Partition = PartitionOffsets<Settlement>;

/**
 * Does what is to be done with the records of a partition in their order, however long each result takes: what one event is
 * made of must not depend on that. What an action begins in its turn is done before the next record's: as if nothing were asynchronous.
 */
export class RecordOrder {
  /** The last of each partition that is not done yet. */
  readonly #tails = new Map<Partition, Promise<void>>();
  /** The last that the present action has begun and that is not done yet. */
  #begun: Promise<void> | null = null;
  readonly #afterLate: () => void;

  /** @param afterLate called after each action that has had to wait */
  constructor(afterLate: () => void) {
    this.#afterLate = afterLate;
  }

  /** Whether something of the partition is not done yet. */
  isBusy(partition: Partition): boolean {
    return this.#tails.has(partition);
  }

  /** Partitions of which something is not done yet. */
  busy(): Partition[] {
    return [...this.#tails.keys()];
  }

  /** Resolves when all is done that has begun by now. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }

  /** @param result never rejects */
  next<T>(partition: Partition, result: T | Promise<T>, action: (result: T) => void): void {
    const before = this.#tails.get(partition);
    const done =
      before === undefined && !(result instanceof Promise)
        ? this.#run(result, action)
        : this.#runLate(result, before, action);
    if (done === null) return;
    const tail = done.then(() => {
      if (this.#tails.get(partition) === tail) this.#tails.delete(partition);
    });
    this.#tails.set(partition, tail);
  }

  /**
   * From within an action: behind what it has begun so far, and before anything of the next record.
   *
   * @param result never rejects
   */
  within<T>(result: T | Promise<T>, action: (result: T) => void): void {
    const before = this.#begun;
    if (before === null && !(result instanceof Promise)) {
      action(result);
      return;
    }
    this.#begun = this.#runLate(result, before, action);
  }

  async #runLate<T>(
    result: T | Promise<T>,
    before: Promise<void> | null | undefined,
    action: (result: T) => void,
  ): Promise<void> {
    const late = await result;
    await before;
    const begun = this.#run(late, action);
    this.#afterLate();
    await begun;
  }

  /** @returns what the action has begun; null for nothing */
  #run<T>(result: T, action: (result: T) => void): Promise<void> | null {
    const outer = this.#begun;
    this.#begun = null;
    try {
      action(result);
      return this.#begun;
    } finally {
      this.#begun = outer;
    }
  }
}
