import type { Finding } from './warning.ts';

/** The lag must have grown for this time: one burst of a producer is a single step. */
const GROWING_SECONDS = 5;
/** By at least so many records. */
const GROWTH_MIN = 1000;
/** And settling what waits takes at least so long at the present rate. */
const BEHIND_SECONDS = 10;
/** The warning ends when the lag has had no new maximum for this time. */
const OVER_SECONDS = 30;

/** What one look sees. */
export interface LagSample {
  /** Null while it is unknown, or while another fault explains it. */
  readonly lag: number | null;
  /** The sum of the partitions' ends. */
  readonly ends: number;
  /** Records that were settled since the start. */
  readonly settled: number;
  /** The owned partitions: with others, the lag is another one. */
  readonly partitions: string;
}

interface Rise {
  readonly from: number;
  readonly began: number;
  readonly ends: number;
  readonly settled: number;
  /** The last two maxima: the brokers answer every few seconds, and between answers the lag falls. */
  max: number;
  maxAt: number;
  steps: number;
}

/** Tells whether the lag grows, by answers of the brokers over at least five seconds. */
export class LagGrowth {
  #rise: Rise | null = null;
  #partitions = '';
  #isTold = false;

  /** Call it once a second. @param now seconds of a monotonic clock */
  look({ lag, ends, settled, partitions }: LagSample, now: number): Finding[] {
    if (lag === null || partitions !== this.#partitions || this.#isOver(lag, now)) {
      this.#partitions = partitions;
      this.#isTold = false;
      this.#rise =
        lag === null ? null : { from: lag, began: now, ends, settled, max: lag, maxAt: now, steps: 0 };
      return [];
    }
    const rise = this.#rise;
    if (rise === null) return [];
    if (lag > rise.max) {
      rise.max = lag;
      rise.maxAt = now;
      rise.steps++;
    }
    const seconds = now - rise.began;
    const rate = (settled - rise.settled) / seconds;
    // One slow request holds the committed offset, and with it the lag, while later records are settled.
    const isOutpaced = ends - rise.ends > settled - rise.settled;
    const isGrowing = isOutpaced && rise.steps >= 2 && rise.maxAt - rise.began >= GROWING_SECONDS;
    if (isGrowing && lag - rise.from >= GROWTH_MIN && lag >= BEHIND_SECONDS * rate) this.#isTold = true;
    return this.#isTold ? [findingOf(lag, Math.max(0, lag - rise.from), seconds, rate)] : [];
  }

  /** Before it is told, a rise is over as soon as the lag is below its start. */
  #isOver(lag: number, now: number): boolean {
    const rise = this.#rise;
    if (rise === null) return true;
    if (now - rise.maxAt > OVER_SECONDS) return true;
    return lag < (this.#isTold ? GROWTH_MIN : rise.from);
  }
}

function findingOf(lag: number, grown: number, seconds: number, rate: number): Finding {
  const [shownSeconds, settled] = [Math.round(seconds), Math.round(rate)];
  return {
    cause: 'lag_growing',
    transform: null,
    message:
      `the lag grows: ${lag} records wait, ${grown} more than ${shownSeconds} s ago, ` +
      `while ${settled}/s are settled`,
    action:
      'If it lasts: more workers or instances, up to the number of partitions, or a faster Elasticsearch; ' +
      'nothing is lost while the retention of the topics lasts.',
    details: { lag, grown, seconds: shownSeconds, settled_per_second: settled },
  };
}
