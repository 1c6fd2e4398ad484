import { Beginning } from '../clock.ts';

/** The number of latest records that are considered. */
const WINDOW = 1000;
/**
 * The alert begins when more than half of the window was rejected for one reason, and ends below a quarter.
 */
const BEGINS_ABOVE = WINDOW / 2;
const ENDS_BELOW = WINDOW / 4;
const NO_REASON = 0;
/**
 * Maximum number of reasons that are distinguished in one window; reasons come from transforms and from
 * Elasticsearch.
 */
const REASONS_MAX = 100;

/** Most of the latest records were rejected for one reason. */
export interface RejectionAlert {
  readonly reason: string;
  readonly began: Beginning;
}

export interface RejectionAlertListener {
  began(alert: RejectionAlert): void;
  ended(alert: RejectionAlert): void;
}

/**
 * Alerts when more than half of the last 1,000 records were rejected for the same reason. Such a rate points
 * to a wrong mapping, transform or producer rather than to wrong records, and one dead letter for each of
 * them is no remedy.
 */
export class RejectionRate {
  readonly #listener: RejectionAlertListener;
  readonly #holdAboveCount: number | null;
  readonly #window = new Uint8Array(WINDOW);
  readonly #reasons: string[] = [''];
  readonly #counts = new Uint16Array(REASONS_MAX + 1);
  #at = 0;
  #alert: RejectionAlert | null = null;

  /**
   * @param holdAboveRatio above this ratio of the window, records rejected for that reason are blocked; null
   * for never
   */
  constructor(holdAboveRatio: number | null, listener: RejectionAlertListener) {
    this.#holdAboveCount = holdAboveRatio === null ? null : Math.round(holdAboveRatio * WINDOW);
    this.#listener = listener;
  }

  get current(): RejectionAlert | null {
    return this.#alert;
  }

  /** So many records were settled without a rejection. */
  passed(count = 1): void {
    for (let rest = Math.min(count, WINDOW); rest > 0; rest--) this.#note(NO_REASON);
  }

  /**
   * A record is to be dead-lettered.
   *
   * @returns the cause to block it for instead, if too many of the latest records were rejected for the same
   * reason
   */
  rejected(reason: string): string | undefined {
    const known = this.#numberOf(reason);
    if (this.#holdAboveCount !== null && (this.#counts[known] ?? 0) > this.#holdAboveCount)
      return `more than ${this.#holdAboveCount} of the last ${WINDOW} records were rejected: ${reason}`;
    this.#note(known);
    return undefined;
  }

  /** So many records were rejected and are settled: none of them can be blocked. */
  rejectedAlready(reason: string, count = 1): void {
    for (let rest = Math.min(count, WINDOW); rest > 0; rest--) this.#note(this.#numberOf(reason));
  }

  #note(reason: number): void {
    const old = this.#window[this.#at] ?? NO_REASON;
    this.#window[this.#at] = reason;
    this.#at = (this.#at + 1) % WINDOW;
    if (old === reason) return;
    this.#count(old, -1);
    this.#count(reason, 1);
  }

  #count(reason: number, by: number): void {
    if (reason === NO_REASON) return;
    const count = (this.#counts[reason] ?? 0) + by;
    this.#counts[reason] = count;
    const name = this.#reasons[reason] ?? '';
    if (this.#alert === null && count > BEGINS_ABOVE) {
      this.#alert = { reason: name, began: new Beginning() };
      this.#listener.began(this.#alert);
    } else if (this.#alert?.reason === name && count < ENDS_BELOW) {
      const over = this.#alert;
      this.#alert = null;
      this.#listener.ended(over);
    }
  }

  /** Reuses the numbers of reasons that no record of the window has. */
  #numberOf(reason: string): number {
    const known = this.#reasons.indexOf(reason, 1);
    if (known !== -1) return known;
    const free = this.#counts.indexOf(0, 1);
    const number = free === -1 ? REASONS_MAX : free;
    this.#reasons[number] = free === -1 ? 'other' : reason;
    return number;
  }
}
