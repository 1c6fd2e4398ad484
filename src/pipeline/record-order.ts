import type { PartitionOffsets } from '../kafka/consumer/offsets.ts';
import type { Settlement } from './settlement.ts';

type Partition = PartitionOffsets<Settlement>;

/**
 * Runs an action for each record of a partition in the order of the records, however long each result takes:
 * an aggregated event must not depend on timing. Work that an action begins ends before the next record's
 * action, as if nothing were asynchronous.
 */
export class RecordOrder {
  /** The last unfinished action of each partition. */
  readonly #tails = new Map<Partition, Promise<void>>();
  /** The last unfinished work that the current action has begun. */
  #begun: Promise<void> | null = null;
  readonly #afterLate: () => void;

  /** @param afterLate called after each action that had to wait */
  constructor(afterLate: () => void) {
    this.#afterLate = afterLate;
  }

  /** Whether the partition has unfinished actions. */
  isBusy(partition: Partition): boolean {
    return this.#tails.has(partition);
  }

  /** Partitions with unfinished actions. */
  busy(): Partition[] {
    return [...this.#tails.keys()];
  }

  /** Resolves when all actions that have begun by now are finished. */
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
   * Called within an action. Runs after the work that the action has begun so far, and before the next
   * record's action.
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

  /** @returns the work that the action has begun; null for none */
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
