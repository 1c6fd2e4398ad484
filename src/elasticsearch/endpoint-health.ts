import { Beginning } from '../clock.ts';
import { type Log, RepeatGate } from '../log.ts';
import { withoutPassword } from './ask-endpoints.ts';
import type { CheckEndpoints } from './reachability.ts';

/** The state of one endpoint, as `/api/status` shows it. */
export interface EndpointStatus {
  /** Without its password. */
  readonly url: string;
  readonly state: 'ok' | 'failing' | 'unknown';
  /** Why it fails; null unless it does. */
  readonly reason: string | null;
  /** When the state began, ISO 8601; null while unknown. */
  readonly since: string | null;
  /** Failures in a row. */
  readonly failures: number;
}

interface Endpoint {
  state: EndpointStatus['state'];
  reason: string | null;
  began: Beginning;
  failures: number;
  readonly gate: RepeatGate;
}

const REASON_MAX = 300;

/**
 * Which endpoints of Elasticsearch answer: by the bulk requests that each of them got, and by the checks of
 * `reachability.ts`. Logs when one begins to fail and when it answers again.
 */
export class EndpointHealth {
  readonly #log: Log;
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(endpoints: readonly string[], log: Log) {
    this.#log = log;
    for (const url of endpoints)
      this.#endpoints.set(withoutPassword(url), {
        state: 'unknown',
        reason: null,
        began: new Beginning(),
        failures: 0,
        gate: new RepeatGate(60_000),
      });
  }

  get isAnyFailing(): boolean {
    return [...this.#endpoints.values()].some(({ state }) => state === 'failing');
  }

  /**
   * An endpoint has answered, or not.
   *
   * @param url as configured or as the client names it; others are ignored
   * @param reason why it failed, without credentials; null if it answered
   */
  note(url: string, reason: string | null): void {
    const name = withoutPassword(url);
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) return;
    const before = endpoint.state;
    const { seconds } = endpoint.began;
    const state = reason === null ? 'ok' : 'failing';
    endpoint.failures = reason === null ? 0 : endpoint.failures + 1;
    endpoint.reason = reason?.slice(0, REASON_MAX) ?? null;
    if (before === state) return;
    endpoint.state = state;
    endpoint.began = new Beginning();
    this.#logChange(name, endpoint, before, seconds);
  }

  /** Notes the results of a check. */
  observed(ask: CheckEndpoints): CheckEndpoints {
    return async (signal) => {
      const states = await ask(signal);
      for (const { endpoint, reason, isForeign } of signal.aborted ? [] : states) {
        // A proxy may pass only bulk requests; if it does, its answer to a check says nothing.
        const passes = isForeign === true && this.#endpoints.get(endpoint)?.state === 'ok';
        if (!passes) this.note(endpoint, reason);
      }
      return states;
    };
  }

  list(): EndpointStatus[] {
    return [...this.#endpoints].map(([url, { state, reason, began, failures }]) => ({
      url,
      state,
      reason,
      since: state === 'unknown' ? null : new Date(began.at).toISOString(),
      failures,
    }));
  }

  /** With one endpoint the log of the outage says the same. */
  #logChange(
    endpoint: string,
    { reason, gate }: Endpoint,
    before: EndpointStatus['state'],
    seconds: number,
  ): void {
    if (this.#endpoints.size === 1) return;
    if (reason !== null) {
      const repeated = gate.pass();
      if (repeated === undefined) return;
      const others = [...this.#endpoints.values()].filter(({ state }) => state === 'ok').length;
      this.#log.warn(
        { code: 'endpoint_failing', endpoint, reason, others_ok: others, repeated },
        'an endpoint of Elasticsearch fails',
      );
    } else if (before === 'failing')
      this.#log.info(
        { code: 'endpoint_recovered', endpoint, seconds: Math.round(seconds) },
        'an endpoint of Elasticsearch answers again',
      );
  }
}
