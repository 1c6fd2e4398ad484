import type { BreakerState } from '../elasticsearch/circuit-breaker.ts';
import type { Identity } from '../elasticsearch/product.ts';
import type { ReachabilityState } from '../elasticsearch/reachability.ts';
import type { BlockInfo, BlockListener } from '../pipeline/blocked-records.ts';
import { type Log, Reminders, RepeatGate } from '../log.ts';
import { actionOn } from '../pipeline/block-actions.ts';
import type { RejectionAlertListener } from '../pipeline/rejection-rate.ts';

const REMINDER_CHECK_MS = 5000;
const REMINDED_MAX = 10;

/** What blocks delivery at the moment. */
interface Blockers {
  readonly breaker: BreakerState | null;
  readonly holds: readonly BlockInfo[];
  readonly inFlight: number;
  /** Null if it is unknown. */
  readonly lag: number | null;
}

/** Logs what blocks delivery: when it starts, ever more rarely while it lasts, and when it ends. */
export class Alarms {
  readonly #log: Log;
  readonly #current: () => Blockers;
  readonly #outageGate = new RepeatGate();
  readonly #reminders = new Reminders();
  readonly #blockedGate = new RepeatGate(1000, 1000);
  readonly #unblockedGate = new RepeatGate(1000, 1000);

  constructor(log: Log, current: () => Blockers) {
    this.#log = log;
    this.#current = current;
  }

  /** Starts the reminders. @returns stops them */
  start(): () => void {
    const timer = setInterval(() => this.#remind(), REMINDER_CHECK_MS);
    return () => clearInterval(timer);
  }

  readonly blocked: BlockListener = {
    began: ({ reason, record, partitions, message, action }) => {
      const more = this.#blockedGate.pass();
      if (more === undefined) return;
      this.#log.error(
        { code: 'blocked', reason, record, partitions, ...saidBy(message), action, more },
        'blocked: operator action required',
      );
    },
    ended: ({ reason, seconds }) => {
      const more = this.#unblockedGate.pass();
      if (more !== undefined) this.#log.info({ code: 'unblocked', reason, seconds, more }, 'unblocked');
    },
  };

  readonly rejectionRate: RejectionAlertListener = {
    began: ({ reason }) => {
      this.#log.error(
        { code: 'rejection_rate_high', reason },
        'more than half of the last 1,000 records were rejected for one reason',
      );
    },
    ended: ({ reason, began }) => {
      this.#log.info(
        { code: 'rejection_rate_normal', reason, seconds: began.seconds },
        'rejection rate back to normal',
      );
    },
  };

  readonly identified = ({ product, version }: Identity): void => {
    this.#log.info({ code: 'elasticsearch_identified', product, version }, 'the server is identified');
  };

  readonly reachability = ({ state, reason }: ReachabilityState): void => {
    if (state === 'ok') this.#log.info({ code: 'elasticsearch_reachable' }, 'Elasticsearch is reachable');
    else this.#log.error({ code: 'elasticsearch_unreachable', reason }, 'Elasticsearch is unreachable');
  };

  breakerChanged(state: BreakerState | null, before: BreakerState | null): void {
    if (state === null) {
      this.#reminders.end();
      const { lag } = this.#current();
      this.#log.info(
        { code: 'elasticsearch_recovered', seconds: rounded(before?.began.seconds ?? 0), lag },
        'Elasticsearch accepts documents again, consumption resumes',
      );
    } else if (state.kind !== before?.kind || this.#outageGate.pass() !== undefined) this.#logBreaker(state);
  }

  #logBreaker({ kind, reason, message, began }: BreakerState): void {
    const since = new Date(began.at).toISOString();
    const seconds = rounded(began.seconds);
    const { inFlight, lag } = this.#current();
    const fields = { reason, ...saidBy(message), since, seconds, in_flight: inFlight, lag };
    if (kind === 'hold')
      this.#log.error(
        { code: 'elasticsearch_blocked', ...fields, action: actionOn(reason) },
        'blocked: operator action required, consumption paused',
      );
    else
      this.#log.error(
        { code: 'elasticsearch_outage', ...fields },
        'Elasticsearch does not accept documents, consumption paused',
      );
  }

  #remind(): void {
    const { breaker, holds } = this.#current();
    if (!this.#reminders.isDue(breaker !== null || holds.length > 0)) return;
    if (breaker !== null) this.#logBreaker(breaker);
    if (holds.length === 0) return;
    this.#log.error(
      { code: 'still_blocked', holds: holds.slice(0, REMINDED_MAX), count: holds.length },
      'still blocked: operator action required',
    );
  }
}

function saidBy(message: string | null | undefined): { message?: string } {
  return message === null || message === undefined ? {} : { message };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
