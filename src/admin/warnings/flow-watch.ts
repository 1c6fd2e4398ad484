import { Beginning } from '../../clock.ts';
import type { BulkTransport } from '../../elasticsearch/client.ts';
import { type Log, Reminders } from '../../log.ts';
import type { PendingCalls } from '../../transform/runtime/transform-counts.ts';
import { IdleTransforms } from './idle-transforms.ts';
import { LagGrowth, type LagSample } from './lag-growth.ts';
import { SlowRequests, observed } from './slow-requests.ts';
import { slowTransforms } from './slow-transforms.ts';
import { type Finding, type TransformCount, type WarningCause, warningCauses } from './warning.ts';

const LOOK_MS = 1000;
/** Warnings that are shown and remembered; a chain rarely has so many transforms. */
const WARNINGS_MAX = 50;

/** What the detectors read once a second. */
interface FlowSources {
  /** Of the transforms in use. */
  transforms(): readonly TransformCount[];
  pendingCalls(): readonly PendingCalls[];
  /** When they were loaded, in ms since the epoch. */
  loadedAt(): number;
  lag(): LagSample;
  /** Whether requests fail, or may not be sent: that is told as an outage. */
  isElasticsearchAway(): boolean;
  /** Whether anything keeps records from flowing: the lag then grows for that reason. */
  isBlocked(): boolean;
}

/** A warning as `/api/status` shows it. */
export interface Warning {
  readonly cause: WarningCause;
  readonly transform: string | null;
  readonly message: string;
  readonly action: string;
  /** ISO 8601. */
  readonly since: string;
}

interface Active {
  finding: Finding;
  readonly began: Beginning;
  readonly reminders: Reminders;
}

/**
 * Looks once a second, at counters that exist anyway, whether events flow as they should: the warnings of the
 * status. Logs when a warning begins, ever more rarely while it lasts, and when it is over.
 */
export class FlowWatch {
  readonly #requests = new SlowRequests();
  readonly #idle = new IdleTransforms();
  readonly #lag = new LagGrowth();
  readonly #log: Log;
  readonly #sources: FlowSources;
  #active = new Map<string, Active>();

  constructor(log: Log, sources: FlowSources) {
    this.#log = log;
    this.#sources = sources;
  }

  /** The transport, with its requests watched. */
  observed(transport: BulkTransport): BulkTransport {
    return observed(transport, this.#requests);
  }

  /** Starts to look. @returns stops it */
  start(): () => void {
    const look = (): void => this.look(performance.now() / 1000);
    // Now, since the counters of the transforms are still zero.
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }

  /** In the order of {@link warningCauses}. */
  list(): Warning[] {
    return [...this.#active.values()].map(({ finding, began }) => ({
      cause: finding.cause,
      transform: finding.transform,
      message: finding.message,
      action: finding.action,
      since: new Date(began.at).toISOString(),
    }));
  }

  /** @param now seconds of a monotonic clock */
  look(now: number): void {
    const sources = this.#sources;
    const lag = sources.lag();
    const findings = [
      ...this.#requests.look(now, sources.isElasticsearchAway()),
      ...slowTransforms(sources.pendingCalls()),
      ...this.#idle.look(sources.transforms(), now, sources.loadedAt()),
      ...this.#lag.look(sources.isBlocked() ? { ...lag, lag: null } : lag, now),
    ];
    const order = Object.keys(warningCauses);
    const sorted = findings.toSorted((a, b) => order.indexOf(a.cause) - order.indexOf(b.cause));
    this.#note(sorted.slice(0, WARNINGS_MAX), now);
  }

  #note(findings: readonly Finding[], now: number): void {
    const before = this.#active;
    this.#active = new Map();
    for (const finding of findings) {
      const key = `${finding.cause} ${finding.transform ?? ''}`;
      const known = before.get(key);
      const active = known ?? { finding, began: new Beginning(), reminders: new Reminders() };
      active.finding = finding;
      this.#active.set(key, active);
      const isDue = active.reminders.isDue(true, now * 1000);
      if (known === undefined || isDue) logWarning(this.#log, active);
    }
    for (const [key, { finding, began }] of before) {
      // Each failed event is logged where it fails.
      if (this.#active.has(key) || finding.cause === 'transform_failing') continue;
      const { cause, transform } = finding;
      const seconds = Math.round(began.seconds);
      const of = transform === null ? {} : { transform };
      this.#log.info({ code: 'warning_ended', cause, ...of, seconds }, 'warning is over');
    }
  }
}

function logWarning(log: Log, { finding, began }: Active): void {
  const { transform, message: reason, action, details } = finding;
  const since = new Date(began.at).toISOString();
  const fields = { ...(transform === null ? {} : { transform }), reason, ...details, since, action };
  switch (finding.cause) {
    case 'elasticsearch_slow':
      log.warn({ code: 'elasticsearch_slow', ...fields }, 'Elasticsearch is slow');
      break;
    case 'transform_slow':
      log.warn({ code: 'transform_slow', ...fields }, 'a transform does not finish');
      break;
    case 'transform_drops_all':
      log.warn({ code: 'transform_drops_all', ...fields }, 'a transform drops all events');
      break;
    case 'lag_growing':
      log.warn({ code: 'lag_growing', ...fields }, 'the lag grows');
      break;
    case 'transform_failing':
  }
}
