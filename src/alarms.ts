import type { OutageState } from './elasticsearch/outage.ts';
import type { ReachabilityState } from './elasticsearch/reachability.ts';
import type { HoldInfo, HoldListener } from './holds.ts';
import { type Log, RepeatGate } from './log.ts';
import type { StormListener } from './reject-storm.ts';

const REMINDER_MS = 30_000;
const REMINDED_MAX = 10;

/** What stands in the way now. */
export interface Obstacles {
  readonly outage: OutageState | null;
  readonly holds: readonly HoldInfo[];
  readonly inFlight: number;
}

/** Says in the log what stands in the way: when it begins, from time to time while it lasts, and when it is over. */
export class Alarms {
  readonly #log: Log;
  readonly #now: () => Obstacles;
  readonly #outageGate = new RepeatGate();
  readonly #holdGate = new RepeatGate(1000);
  readonly #endGate = new RepeatGate(1000);

  constructor(log: Log, now: () => Obstacles) {
    this.#log = log;
    this.#now = now;
  }

  /** Reminds of what lasts. @returns ends the reminding */
  start(): () => void {
    const timer = setInterval(() => this.#remind(), REMINDER_MS);
    return () => clearInterval(timer);
  }

  readonly holds: HoldListener = {
    began: ({ reason, partitions }) => {
      const more = this.#holdGate.pass();
      if (more === undefined) return;
      this.#log.error({ reason, partitions, more }, 'held: somebody must mend this; nothing is lost');
    },
    ended: ({ reason, seconds }) => {
      const more = this.#endGate.pass();
      if (more !== undefined) this.#log.info({ reason, seconds, more }, 'a hold has ended');
    },
  };

  readonly storm: StormListener = {
    began: ({ reason }) => {
      const advice = 'look at the mapping, the transforms and the producers';
      this.#log.error(
        { reason },
        `more than half of the last 1,000 records were refused for one reason: ${advice}`,
      );
    },
    ended: ({ reason, began }) => {
      this.#log.info({ reason, seconds: began.seconds }, 'most records pass again');
    },
  };

  readonly reachability = ({ state, reason }: ReachabilityState): void => {
    if (state === 'ok') this.#log.info({}, 'Elasticsearch answers');
    else this.#log.error({ reason }, 'Elasticsearch cannot be reached');
  };

  outageChanged(state: OutageState | null, before: OutageState | null): void {
    if (state === null) this.#log.info({}, 'Elasticsearch takes documents again; consumption goes on');
    else if (state.kind !== before?.kind || this.#outageGate.pass() !== undefined) this.#sayOutage(state);
  }

  #sayOutage({ kind, reason, began }: OutageState): void {
    const text = kind === 'hold' ? 'held: somebody must mend this' : 'Elasticsearch is not taking documents';
    this.#log.error(
      { reason, since: new Date(began.at).toISOString(), in_flight: this.#now().inFlight },
      `${text}; consumption is paused, nothing is lost`,
    );
  }

  #remind(): void {
    const { outage, holds } = this.#now();
    if (outage !== null) this.#sayOutage(outage);
    if (holds.length === 0) return;
    this.#log.error(
      { holds: holds.slice(0, REMINDED_MAX), count: holds.length },
      'still held: somebody must mend this; nothing is lost',
    );
  }
}
