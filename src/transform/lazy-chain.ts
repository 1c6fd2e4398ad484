import type { ExactValue } from '../codec/exact-json.ts';
import { LazyEvent } from '../codec/lazy-event.ts';
import type { Event, RecordInfo } from './api.ts';
import type { Chain, ChainResult } from './chain.ts';

/** So many lazy events are judged together. */
const WINDOW = 256;
/** Of a window: to have more of them parsed whole is dearer than to parse all of them at once. */
const WHOLE_MAX = WINDOW / 4;
/** For so many events nobody tries again. */
const EAGER_EVENTS = 100_000;

/**
 * Runs a chain with lazy events where that pays: its first transforms must have asked for them, and must not look at the whole of most
 * events. What comes out is the same either way.
 */
export class LazyChain {
  readonly #chain: Chain;
  #made = 0;
  #whole = 0;
  #eagerLeft = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  /** Whether there are no transforms at all. */
  get isEmpty(): boolean {
    return this.#chain.steps.length === 0;
  }

  /** Whether the next record's event is to be lazy. */
  get isLazy(): boolean {
    return this.#eagerLeft === 0 && this.#chain.beginsLazily;
  }

  /** Runs the event of one record through the chain, as {@link Chain.run} does. */
  run(exact: ExactValue, record: RecordInfo): ChainResult | Promise<ChainResult> {
    if (!(exact instanceof LazyEvent)) {
      if (this.#eagerLeft > 0) this.#eagerLeft--;
      return this.#chain.run(exact.value as Event, record);
    }
    const result = this.#chain.run(exact.value, record, exact);
    this.#judge(exact.whole !== undefined);
    return result;
  }

  #judge(isWhole: boolean): void {
    if (isWhole) this.#whole++;
    if (++this.#made < WINDOW) return;
    if (this.#whole > WHOLE_MAX) this.#eagerLeft = EAGER_EVENTS;
    this.#made = 0;
    this.#whole = 0;
  }
}
