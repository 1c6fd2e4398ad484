import { Beginning } from '../clock.ts';
import { WaitList } from './wait-list.ts';

/** Why the breaker is open. */
export interface BreakerState {
  /** `outage`: ends without an operator. `hold`: an operator must act. */
  readonly kind: 'outage' | 'hold';
  readonly reason: string;
  /** What Elasticsearch says, without values of documents. */
  readonly message?: string | undefined;
  readonly began: Beginning;
}

/** Called on every change; null means closed. */
type BreakerChanged = (state: BreakerState | null, before: BreakerState | null) => void;

/** The breaker opens after so many failed requests in a row. */
const FAILURES_TO_OPEN = 3;

/**
 * The circuit breaker in front of Elasticsearch. It opens after some failures in a row, or at the first hold.
 * While it is open, one batch at a time is sent as a probe, and the others wait. The first success closes it.
 */
export class CircuitBreaker {
  #state: BreakerState | null = null;
  #failures = 0;
  #probe: object | null = null;
  #wait: { readonly began: Beginning; readonly ms: number } | null = null;
  readonly #waiting = new WaitList();
  readonly #onChange: BreakerChanged;

  constructor(onChange: BreakerChanged) {
    this.#onChange = onChange;
  }

  get state(): BreakerState | null {
    return this.#state;
  }

  /** When the next probe is sent, in ms since the epoch; null while closed, or while a probe is open. */
  get nextTry(): number | null {
    const wait = this.#wait;
    return wait === null || wait.began.seconds * 1000 >= wait.ms ? null : wait.began.at + wait.ms;
  }

  /** The caller sends again after this time; noted if it is the probe. */
  waits(caller: object, ms: number): void {
    if (this.#state !== null && this.#probe === caller) this.#wait = { began: new Beginning(), ms };
  }

  /**
   * Resolves when the caller may send: at once while closed; while open, once the caller is the probe, the
   * breaker has closed, or the signal is aborted.
   */
  async acquire(caller: object, signal: AbortSignal): Promise<void> {
    while (this.#state !== null && this.#probe !== null && this.#probe !== caller) {
      if (signal.aborted) return;
      await this.#waiting.wait(signal);
    }
    if (this.#state !== null) this.#probe = caller;
  }

  /** Whether the caller may still send: the breaker may have opened since {@link acquire} resolved. */
  allows(caller: object): boolean {
    if (this.#state === null) return true;
    this.#probe ??= caller;
    return this.#probe === caller;
  }

  /** A whole request failed. */
  failed(kind: BreakerState['kind'], reason: string, message?: string): void {
    this.#failures++;
    if (kind === 'outage' && this.#state === null && this.#failures < FAILURES_TO_OPEN) return;
    if (this.#state?.kind === kind && this.#state.reason === reason) return;
    const before = this.#state;
    const said = message === undefined ? {} : { message };
    this.#state = { kind, reason, ...said, began: before?.began ?? new Beginning() };
    this.#onChange(this.#state, before);
  }

  /**
   * A large request failed, possibly because of its size. Any number of these counts as one failure: the next
   * request is small, and its result decides.
   */
  inconclusive(): void {
    this.#failures = Math.max(1, this.#failures);
  }

  /** Elasticsearch has answered a request. */
  succeeded(): void {
    this.#failures = 0;
    const before = this.#state;
    if (before === null) return;
    this.#state = null;
    this.#probe = null;
    this.#wait = null;
    this.#waiting.wake();
    this.#onChange(null, before);
  }

  /** The caller sends nothing more. If it was the probe, one of those that wait becomes the probe. */
  release(caller: object): void {
    if (this.#probe !== caller) return;
    this.#probe = null;
    this.#waiting.wake();
  }
}
