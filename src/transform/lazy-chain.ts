import type { Decoded } from '../codec/decode.ts';
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
const CAUSES_MAX = 8;

/**
 * Runs a chain with lazy events for as long as that pays: a transform that copies every event (`{ ...event }`) gets them parsed, and one
 * that cannot do with a lazy one (`structuredClone`) never knows that there are any.
 */
export class LazyChain {
  readonly #chain: Chain;
  #canBeLazy: boolean;
  #made = 0;
  #whole = 0;
  #eagerLeft = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
    // To keep an event as it was needs a copy of it; groups are kept for long; where errors are dropped nobody could run it once more.
    this.#canBeLazy = chain.steps.every(
      ({ reduce, onError }) => reduce === undefined && onError !== 'keep' && onError !== 'drop',
    );
  }

  /** Whether there are no transforms at all. */
  get isEmpty(): boolean {
    return this.#chain.steps.length === 0;
  }

  /** Whether the next record's event is to be lazy. */
  get isLazy(): boolean {
    return this.#canBeLazy && this.#eagerLeft === 0;
  }

  /** Runs the event of one record through the chain, as {@link Chain.run} does. */
  run(decoded: Decoded, exact: ExactValue, record: RecordInfo): ChainResult | Promise<ChainResult> {
    const result = this.#chain.run(exact.value as Event, record);
    if (!(exact instanceof LazyEvent)) {
      if (this.#eagerLeft > 0) this.#eagerLeft--;
      return result;
    }
    this.#judge(exact.whole !== undefined);
    return result instanceof Promise
      ? result.then((late) => this.#orParsed(late, decoded, record))
      : this.#orParsed(result, decoded, record);
  }

  #judge(isWhole: boolean): void {
    if (isWhole) this.#whole++;
    if (++this.#made < WINDOW) return;
    if (this.#whole > WHOLE_MAX) this.#eagerLeft = EAGER_EVENTS;
    this.#made = 0;
    this.#whole = 0;
  }

  /** Runs it once more where it failed for being lazy: nothing has left the process, and its outputs would have had the same ids. */
  #orParsed(result: ChainResult, decoded: Decoded, record: RecordInfo): ChainResult | Promise<ChainResult> {
    if (!result.failures.some(isNotCloneable)) return result;
    this.#canBeLazy = false;
    return this.#chain.run(decoded.parse().value as Event, record);
  }
}

/** Whether it failed since something cannot be cloned; `v8.serialize` says so by its message alone. */
function isNotCloneable({ error }: { error: Error }): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && at instanceof Error; depth++) {
    if (at.name === 'DataCloneError' || at.message.includes('could not be cloned')) return true;
    at = at.cause;
  }
  return false;
}
