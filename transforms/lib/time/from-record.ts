/**
 * Completes times without a year or a date from the Kafka timestamp of their record, never from the machine's
 * clock: a replay next year gives the same result.
 */
import { type Instant, TIME_MAX } from './instant.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 366 * DAY_MS;

/** The largest missing part of a date; smaller missing parts are searched with it. */
export type Missing = 'year' | 'month' | 'day';

/** The longest time of a text after its record, because of a clock that is ahead or an unknown zone. */
const AHEAD_MS = { year: DAY_MS, month: DAY_MS, day: HOUR_MS };
/** The years, months and days to try. The start is too late for most; a weekday needs seven days. */
const TRIES = { year: 3, month: 5, day: 10 };
/** The longest gap between two leap years, around a century without one. */
const LEAP_YEARS_APART = 8;

/**
 * The last matching time that is at most one day (without a year) or one hour (without a date) after the
 * record. If no time of the last year matches, as for 29 February, the result is the nearest matching year.
 *
 * @param recordTime in ms
 * @param read reads the text with this year, month (1 to 12) and day
 * @returns undefined if no date matches, or the record has no time
 */
export function instantNear(
  recordTime: number,
  missing: Missing,
  read: (year: number, month: number, day: number) => Instant | undefined,
): Instant | undefined {
  if (!(recordTime >= 0 && recordTime <= TIME_MAX)) return undefined;
  const latest = recordTime + AHEAD_MS[missing];
  // The text's zone may be ahead of UTC.
  const start = new Date(latest + DAY_MS);
  for (let step = 0; step < TRIES[missing]; step++) {
    const at = back(start, missing, step);
    const instant = read(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate());
    if (instant !== undefined && instant.ms <= latest && instant.ms > latest - YEAR_MS) return instant;
  }
  return missing === 'year' ? nearestYear(recordTime, (year) => read(year, 1, 1)) : undefined;
}

function back(start: Date, unit: Missing, by: number): Date {
  const [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  if (unit === 'year') return new Date(Date.UTC(year - by, 0, 1));
  if (unit === 'month') return new Date(Date.UTC(year, month - by, 1));
  return new Date(Date.UTC(year, month, day - by));
}

function nearestYear(recordTime: number, read: (year: number) => Instant | undefined): Instant | undefined {
  const own = new Date(recordTime).getUTCFullYear();
  let nearest: Instant | undefined;
  for (let year = own - LEAP_YEARS_APART; year <= own + LEAP_YEARS_APART; year++) {
    const instant = read(year);
    if (instant === undefined) continue;
    if (nearest === undefined || distance(instant) < distance(nearest)) nearest = instant;
  }
  return nearest;

  function distance(instant: Instant): number {
    return Math.abs(instant.ms - recordTime);
  }
}
