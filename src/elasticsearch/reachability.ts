import { setTimeout as delay } from 'node:timers/promises';
import { Beginning } from '../clock.ts';

/** Between two checks while no bulk request shows that Elasticsearch answers. */
const INTERVAL_MS = 5000;
/** Between two checks while it does not answer. */
const RETRY_MS = 1000;

/** Result of a read-only check of one endpoint. */
export interface EndpointState {
  /** Without its password. */
  readonly endpoint: string;
  /** Why it cannot be reached; null if it can. */
  readonly reason: string | null;
  /** The answer is not identified as Elasticsearch's: a proxy may pass only `_bulk`. */
  readonly isForeign?: boolean;
}

/** Checks every endpoint once. Never rejects. */
export type CheckEndpoints = (signal: AbortSignal) => Promise<readonly EndpointState[]>;

export interface ReachabilityState {
  /** `unknown` before the first answer, `unreachable` if no endpoint answers. */
  readonly state: 'ok' | 'unknown' | 'unreachable';
  /** Why endpoints do not answer, also while others do; null if all answer. */
  readonly reason: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Tracks whether Elasticsearch can be reached while no bulk request shows it: before the first record, and
 * when idle. Only readiness and the status page use it. It pauses nothing: only a bulk request shows whether
 * documents are accepted.
 */
export class Reachability {
  readonly #ask: CheckEndpoints;
  readonly #asksAnyway: () => boolean;
  readonly #onChange: (state: ReachabilityState) => void;
  readonly #closing = new AbortController();
  #endpoints: readonly EndpointState[] | null = null;
  /** Time of the last answer to a bulk request; -Infinity before the first. */
  #answeredAt = -Infinity;
  /** Time of the last check. */
  #askedAt = 0;
  #since = new Beginning();

  /** @param asksAnyway whether to check although bulk requests are answered: an endpoint may be down */
  constructor(
    ask: CheckEndpoints,
    onChange: (state: ReachabilityState) => void,
    asksAnyway: () => boolean = () => false,
  ) {
    this.#ask = ask;
    this.#asksAnyway = asksAnyway;
    this.#onChange = onChange;
  }

  /** Elasticsearch has answered a bulk request: earlier checks are out of date. */
  answered(): void {
    const wasDown = this.#endpoints !== null && this.state.state === 'unreachable';
    this.#answeredAt = performance.now();
    if (wasDown) this.#changed();
  }

  /** Checks until {@link close}. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (!this.#isAnswering) await this.#check(signal);
      // The result says nothing about the others, which answer bulk requests.
      else if (this.#asksAnyway()) await this.#ask(signal);
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

  /** If bulk requests are answered, a foreign answer comes from a proxy in front of Elasticsearch. */
  #isUp({ reason, isForeign }: EndpointState): boolean {
    return reason === null || (isForeign === true && this.#answeredAt !== -Infinity);
  }

  async #check(signal: AbortSignal): Promise<void> {
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
