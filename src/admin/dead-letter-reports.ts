import { Beginning } from '../clock.ts';
import type { DeadLetterReason } from '../dead-letter/port.ts';
import type { Log } from '../log.ts';
import { type Coordinates, coordinatesOf } from '../record.ts';

/** Different reasons, and causes of one reason; further ones count as `other`. */
const REASONS_MAX = 100;
const CAUSES_MAX = 20;
const OTHER = 'other';
const SHOWN_MAX = 20;
/** The first line of a reason comes soon; while its dead letters continue, lines become rare. */
const FIRST_WINDOW_MS = 1000;
const WINDOW_MS = 10_000;
const WINDOW_MAX_MS = 600_000;

/** The dead letters of one reason, as `/api/status` shows them. */
export interface DeadLetterCount {
  readonly reason: string;
  readonly count: number;
  /** ISO 8601. */
  readonly last: string;
  /** What separates causes of the reason, the most frequent first; empty if nothing does. */
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
}

/** One reason: its counts since the start, and those since its last line. */
interface Reason {
  count: number;
  last: number;
  readonly causes: Map<string, number>;
  window: { count: number; first: string; causes: Map<string, number>; began: Beginning } | null;
  windowMs: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Counts dead letters by reason and cause, and logs them: one line a reason soon after its first dead letter,
 * then one for each window with any. A window lasts 10 s at first, and doubles up to 10 min while dead
 * letters continue. Nothing of a record but its coordinates is logged.
 */
export class DeadLetterReports {
  readonly #log: Log;
  readonly #hint: (reason: string) => string;
  readonly #reasons = new Map<string, Reason>();

  /** @param hint where to find the dead letters of a reason */
  constructor(log: Log, hint: (reason: string) => string) {
    this.#log = log;
    this.#hint = hint;
  }

  /** A dead letter was acknowledged. @param record the rejected record */
  note({ reason: name, cause }: Pick<DeadLetterReason, 'reason' | 'cause'>, record: Coordinates): void {
    const reason = nameIn(this.#reasons, name, REASONS_MAX);
    const one = this.#reasons.get(reason) ?? newReason();
    this.#reasons.set(reason, one);
    one.count++;
    one.last = new Beginning().at;
    one.window ??= { count: 0, first: coordinatesOf(record), causes: new Map(), began: new Beginning() };
    one.window.count++;
    if (cause !== undefined) {
      countIn(one.causes, cause);
      countIn(one.window.causes, cause);
    }
    one.timer ??= this.#start(reason, one);
  }

  /** The most frequent reasons since the start. */
  list(): DeadLetterCount[] {
    return [...this.#reasons]
      .map(([reason, { count, last, causes }]) => ({
        reason,
        count,
        last: new Date(last).toISOString(),
        causes: countsOf(causes),
      }))
      .toSorted((a, b) => b.count - a.count)
      .slice(0, SHOWN_MAX);
  }

  /** Logs what is not logged yet, and ends. */
  close(): void {
    for (const [reason, one] of this.#reasons) {
      if (one.timer !== null) clearTimeout(one.timer);
      one.timer = null;
      this.#report(reason, one);
    }
  }

  #start(reason: string, one: Reason): NodeJS.Timeout {
    return setTimeout(() => {
      const hasMore = this.#report(reason, one);
      one.windowMs = hasMore ? nextWindow(one.windowMs) : FIRST_WINDOW_MS;
      one.timer = hasMore ? this.#start(reason, one) : null;
    }, one.windowMs).unref();
  }

  /** @returns whether there was anything to log */
  #report(reason: string, one: Reason): boolean {
    const { window } = one;
    if (window === null) return false;
    one.window = null;
    const { count, first, causes, began } = window;
    const seconds = Math.max(1, Math.round(began.seconds));
    this.#log.warn(
      {
        code: 'dead_letters',
        reason,
        count,
        seconds,
        ...(causes.size === 0 ? {} : { causes: countsOf(causes) }),
        first,
        total: one.count,
        action: this.#hint(reason),
      },
      'records dead-lettered',
    );
    return true;
  }
}

function newReason(): Reason {
  return { count: 0, last: 0, causes: new Map(), window: null, windowMs: FIRST_WINDOW_MS, timer: null };
}

function nextWindow(ms: number): number {
  return ms < WINDOW_MS ? WINDOW_MS : Math.min(2 * ms, WINDOW_MAX_MS);
}

function countIn(counts: Map<string, number>, cause: string): void {
  const name = nameIn(counts, cause, CAUSES_MAX);
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function countsOf(counts: ReadonlyMap<string, number>): { cause: string; count: number }[] {
  return [...counts].map(([cause, count]) => ({ cause, count })).toSorted((a, b) => b.count - a.count);
}

function nameIn(known: ReadonlyMap<string, unknown>, name: string, max: number): string {
  return known.has(name) || known.size < max ? name : OTHER;
}
