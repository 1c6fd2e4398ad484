import { setTimeout as delay } from 'node:timers/promises';
import { Beginning } from '../clock.ts';

/** Between two questions while nothing else shows that Elasticsearch answers. */
const INTERVAL_MS = 5000;
/** Between two while it does not answer. */
const RETRY_MS = 1000;

/** What one endpoint says to a question that changes nothing. */
export interface EndpointState {
  /** Without its password. */
  readonly endpoint: string;
  /** Why it cannot be reached; null where it can. */
  readonly reason: string | null;
  /** Something answers, and it does not say that it is Elasticsearch: a proxy may let nothing but `_bulk` through. */
  readonly isForeign?: boolean;
}

/** Asks every endpoint once. Never rejects. */
export type AsksEndpoints = (signal: AbortSignal) => Promise<readonly EndpointState[]>;

export interface ReachabilityState {
  /** `unknown` before the first answer, `unreachable` where no endpoint answers. */
  readonly state: 'ok' | 'unknown' | 'unreachable';
  /** Also where some endpoints answer: what is wrong with the others. */
  readonly reason: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Knows whether Elasticsearch can be reached while no bulk request shows it: before the first record, and while there are none.
 * It feeds readiness and the status page alone. It pauses nothing: whether documents are taken only a bulk request can tell.
 */
export class Reachability {
  readonly #ask: AsksEndpoints;
  readonly #onChange: (state: ReachabilityState) => void;
  readonly #closing = new AbortController();
  #endpoints: readonly EndpointState[] | null = null;
  /** When a bulk request was answered the last time; -Infinity before the first. */
  #answeredAt = -Infinity;
  /** When the endpoints were asked the last time. */
  #askedAt = 0;
  #since = new Beginning();

  constructor(ask: AsksEndpoints, onChange: (state: ReachabilityState) => void) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  /** A bulk request was answered by Elasticsearch: what the endpoints said before is out of date. */
  answered(): void {
    const wasDown = this.#endpoints !== null && this.state.state === 'unreachable';
    this.#answeredAt = performance.now();
    if (wasDown) this.#changed();
  }

  /** Asks until {@link close}. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (!this.#isAnswering) await this.#look(signal);
      const wait = this.state.state === 'ok' ? INTERVAL_MS : RETRY_MS;
      await delay(wait, undefined, { signal }).catch(() => {});
    }
  }

  close(): void {
    this.#closing.abort();
  }

  get state(): ReachabilityState {
    const since = this.#since.at;
    if (this.#answeredAt >= this.#askedAt) return { state: 'ok', reason: null, since };
    if (this.#endpoints === null)
      return { state: 'unknown', reason: 'Elasticsearch has not answered yet', since };
    const failing = this.#endpoints.filter((one) => !this.#isUp(one));
    const reason = failing.map((one) => `${one.endpoint}: ${one.reason}`).join('; ');
    if (failing.length === 0) return { state: 'ok', reason: null, since };
    return { state: failing.length < this.#endpoints.length ? 'ok' : 'unreachable', reason, since };
  }

  get #isAnswering(): boolean {
    return performance.now() - this.#answeredAt < INTERVAL_MS;
  }

  /** Where bulk requests are answered, what does not speak of Elasticsearch elsewhere is a proxy in front of it. */
  #isUp({ reason, isForeign }: EndpointState): boolean {
    return reason === null || (isForeign === true && this.#answeredAt !== -Infinity);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const askedAt = performance.now();
    const endpoints = await this.#ask(signal);
    if (signal.aborted) return;
    const before = this.state.state;
    this.#endpoints = endpoints;
    this.#askedAt = askedAt;
    if (this.state.state !== before) this.#changed();
  }

  #changed(): void {
    this.#since = new Beginning();
    this.#onChange(this.state);
  }
}
