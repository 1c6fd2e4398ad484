import type { ExactValue } from '../../codec/exact-json.ts';
import { LazyEvent } from '../../codec/lazy-event.ts';
import type { Event, RecordInfo } from '../api/api.ts';
import type { Chain, ChainResult } from './chain.ts';

/** The number of lazy events that are judged together. */
const WINDOW = 256;
/** If more events of a window are materialised, eager parsing of all of them is cheaper. */
const MATERIALISED_MAX = WINDOW / 4;
/** The number of eager events before lazy events are tried again. */
const EAGER_EVENTS = 100_000;

/**
 * Runs a chain with lazy events where they pay off: its first transforms ask for them and do not materialise
 * most events. The result is the same as with eager events.
 */
export class LazyChain {
  readonly #chain: Chain;
  #judged = 0;
  #materialised = 0;
  #eagerLeft = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  /** Whether the chain has no transforms. */
  get isEmpty(): boolean {
    return this.#chain.steps.length === 0;
  }

  /** Whether the next record's event is to be lazy. */
  get isLazy(): boolean {
    return this.#eagerLeft === 0 && this.#chain.startsLazily;
  }

  /** Runs the event of one record through the chain, as {@link Chain.run} does. */
  run(exact: ExactValue, record: RecordInfo): ChainResult | Promise<ChainResult> {
    if (!(exact instanceof LazyEvent)) {
      if (this.#eagerLeft > 0) this.#eagerLeft--;
      return this.#chain.run(exact.value as Event, record);
    }
    const result = this.#chain.run(exact.value, record, exact);
    // When its partition is revoked, the record's memory is released, but its late transforms still run.
    if (result instanceof Promise) exact.detach();
    this.#judge(exact.materialised !== undefined);
    return result;
  }

  #judge(isMaterialised: boolean): void {
    if (isMaterialised) this.#materialised++;
    if (++this.#judged < WINDOW) return;
    if (this.#materialised > MATERIALISED_MAX) this.#eagerLeft = EAGER_EVENTS;
    this.#judged = 0;
    this.#materialised = 0;
  }
}
