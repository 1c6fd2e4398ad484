import { Beginning } from './clock.ts';

/** Records that are looked back on. */
const WINDOW = 1000;
/** More than half of the window refused for one reason is a storm, down to a quarter of it the storm goes on. */
const BEGINS_ABOVE = WINDOW / 2;
const ENDS_BELOW = WINDOW / 4;
const NO_REASON = 0;
/** Different reasons that are told apart in one window; reasons come from transforms and from Elasticsearch. */
const REASONS_MAX = 100;

/** Most of what was read lately was refused, for one reason. */
export interface Storm {
  readonly reason: string;
  readonly began: Beginning;
}

export interface StormListener {
  began(storm: Storm): void;
  ended(storm: Storm): void;
}

/**
 * Looks back on the last 1,000 records, and tells when more than half of them were refused for the same reason: then it is not
 * the records that are wrong but a mapping, a transform or a producer, and a dead letter for each is no answer.
 */
export class RejectStorm {
  readonly #listener: StormListener;
  readonly #holdAboveCount: number | null;
  readonly #window = new Uint8Array(WINDOW);
  readonly #reasons: string[] = [''];
  readonly #counts = new Uint16Array(REASONS_MAX + 1);
  #at = 0;
  #storm: Storm | null = null;

  /** @param holdAboveRatio from this share of the window on, what is refused for that reason is to be held; null for never */
  constructor(holdAboveRatio: number | null, listener: StormListener) {
    this.#holdAboveCount = holdAboveRatio === null ? null : Math.round(holdAboveRatio * WINDOW);
    this.#listener = listener;
  }

  get current(): Storm | null {
    return this.#storm;
  }

  /** A record was settled, and nobody has refused it. */
  passed(): void {
    this.#note(NO_REASON);
  }

  /**
   * A record is to be dead-lettered.
   *
   * @returns the cause for which it must be held instead, where too many were refused for the same reason lately
   */
  refused(reason: string): string | undefined {
    const known = this.#numberOf(reason);
    if (this.#holdAboveCount !== null && (this.#counts[known] ?? 0) > this.#holdAboveCount)
      return `more than ${this.#holdAboveCount} of the last ${WINDOW} records were refused: ${reason}`;
    this.#note(known);
    return undefined;
  }

  /** A record was refused, and it is known what has become of it: there is nothing to be held. */
  refusedAlready(reason: string): void {
    this.#note(this.#numberOf(reason));
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
    if (this.#storm === null && count > BEGINS_ABOVE) {
      this.#storm = { reason: name, began: new Beginning() };
      this.#listener.began(this.#storm);
    } else if (this.#storm?.reason === name && count < ENDS_BELOW) {
      const over = this.#storm;
      this.#storm = null;
      this.#listener.ended(over);
    }
  }

  /** Numbers are taken from reasons that no record of the window has any more. */
  #numberOf(reason: string): number {
    const known = this.#reasons.indexOf(reason, 1);
    if (known !== -1) return known;
    const free = this.#counts.indexOf(0, 1);
    const number = free === -1 ? REASONS_MAX : free;
    this.#reasons[number] = free === -1 ? 'other' : reason;
    return number;
  }
}
