import type { Settlement } from './settlement.ts';

/**
 * The parsed records of the batch that is being received. Keeps a few open records from holding the memory of
 * all.
 */
export class ReceivedBatch {
  #settlements: Settlement[] = [];
  #bytes = 0;

  add(settlement: Settlement): void {
    this.#settlements.push(settlement);
    this.#bytes += settlement.valueBytes;
  }

  /**
   * Detaches the records that are still open, if they hold less than half of the batch's bytes. Starts the
   * next batch.
   */
  end(): void {
    const [settlements, bytes] = [this.#settlements, this.#bytes];
    this.#settlements = [];
    this.#bytes = 0;
    let open = 0;
    for (const settlement of settlements) open += settlement.valueBytes;
    if (open < bytes / 2) for (const settlement of settlements) settlement.detach();
  }
}
