import { Beginning } from '../clock.ts';

/** Why nothing can be delivered at the moment. */
export interface OutageState {
  /** `outage`: passes by itself. `hold`: somebody must mend it. */
  readonly kind: 'outage' | 'hold';
  readonly reason: string;
  readonly began: Beginning;
}

/** Told about every change; null stands for closed. */
export type OutageChanged = (state: OutageState | null, before: OutageState | null) => void;

/** Whole requests that must fail in a row before the breaker opens. */
const FAILURES_TO_OPEN = 3;

/**
 * The circuit breaker in front of Elasticsearch. After some failures in a row (or the first hold) it opens: then only one
 * batch at a time goes on trying, as the probe, and all others wait for it. The first success closes it and lets all go.
 */
export class Outage {
  #state: OutageState | null = null;
  #failures = 0;
  #probe: object | null = null;
  #waiting: (() => void)[] = [];
  readonly #onChange: OutageChanged;

  constructor(onChange: OutageChanged) {
    this.#onChange = onChange;
  }

  get state(): OutageState | null {
    return this.#state;
  }

  /** Resolves when `who` may send: at once while closed; while open, when it is (or becomes) the probe, or at the end. */
  async turn(who: object, signal: AbortSignal): Promise<void> {
    while (this.#state !== null && this.#probe !== null && this.#probe !== who) {
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
        this.#waiting.push(wake);
      });
    }
    if (this.#state !== null) this.#probe = who;
  }

  /** Whether `who` may still send: the breaker may have opened since its turn came. */
  lets(who: object): boolean {
    if (this.#state === null) return true;
    this.#probe ??= who;
    return this.#probe === who;
  }

  /** A whole request, or every item of it, failed. */
  failed(kind: OutageState['kind'], reason: string): void {
    this.#failures++;
    if (kind === 'outage' && this.#state === null && this.#failures < FAILURES_TO_OPEN) return;
    if (this.#state?.kind === kind && this.#state.reason === reason) return;
    const before = this.#state;
    this.#state = { kind, reason, began: before?.began ?? new Beginning() };
    this.#onChange(this.#state, before);
  }

  /** A large request failed, maybe for its size. However many do, that is no more than one failure: what comes next is small. */
  doubted(): void {
    this.#failures = Math.max(1, this.#failures);
  }

  /** Something was settled by an answer. */
  succeeded(): void {
    this.#failures = 0;
    const before = this.#state;
    if (before === null) return;
    this.#state = null;
    this.#probe = null;
    this.#wake();
    this.#onChange(null, before);
  }

  /** `who` will not try again: if it was the probe, somebody else takes its place. */
  left(who: object): void {
    if (this.#probe !== who) return;
    this.#probe = null;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
