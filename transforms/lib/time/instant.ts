/**
 * Validates, converts and formats times for all parsers. Nothing here uses the machine's clock or zone.
 */
import type { DateTime, Zone } from 'luxon';

/** The end of the year 9999, in ms. */
export const TIME_MAX = 253_402_300_799_999;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The most digits of a fraction, as in Elasticsearch's `date_nanos`. */
export const FRACTION_MAX = 9;

/** A point in time between 1970 and 9999. */
export interface Instant {
  /** Milliseconds since the epoch, truncated. */
  readonly ms: number;
  /** The original digits of the fraction of its second. */
  readonly fraction: string;
}

/** A calendar date and a clock time. */
export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 60 is a leap second: as in POSIX, the first second of the next minute. */
  readonly second: number;
  /** The digits after the decimal sign; may be empty. */
  readonly fraction: string;
  /** Minutes east of UTC, if the text has an offset. */
  readonly offset?: number | undefined;
}

/**
 * The instant of a civil time.
 *
 * @param zone the zone of a time without an offset
 * @returns undefined if the time does not exist (30 February, 25 o'clock) or is not between 1970 and 9999
 */
export function instantOf(time: CivilTime, zone: Zone): Instant | undefined {
  const { year, month, day, hour, minute, second, offset } = time;
  const exists =
    year >= 1969 &&
    year <= 9999 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(month, year) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 60;
  if (!exists) return undefined;
  const fraction = time.fraction.slice(0, FRACTION_MAX);
  const local =
    Date.UTC(year, month - 1, day, hour, minute, second) + Number(fraction.slice(0, 3).padEnd(3, '0'));
  const ms = offset === undefined ? toUtc(local, zone) : local - offset * MINUTE_MS;
  return inRange(ms) ? { ms, fraction } : undefined;
}

/** @param time read by Luxon with `setZone`, so that it has the zone of the text if there is one */
export function instantOfLuxon(time: DateTime, fraction = ''): Instant | undefined {
  if (!time.isValid) return undefined;
  const ms = toUtc(time.toMillis() + time.offset * MINUTE_MS, time.zone);
  return inRange(ms) ? { ms, fraction } : undefined;
}

/** Whether the time is between 1970 and 9999. */
export function inRange(ms: number): boolean {
  return ms >= 0 && ms <= TIME_MAX;
}

/** ISO 8601 in UTC, with milliseconds, or with the original digits if there are more. */
export function isoText({ ms, fraction }: Instant): string {
  const text = new Date(ms).toISOString();
  return fraction.length > 3 ? `${text.slice(0, -4)}${fraction}Z` : text;
}

type Digits = string | number | undefined;

/** A civil time from the digits that a pattern matched. */
export function civilTime(
  [year, month, day]: readonly [Digits, Digits, Digits],
  [hour, minute, second, fraction = '']: readonly [Digits, Digits, Digits, (string | undefined)?],
  offset?: number,
): CivilTime {
  return {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction,
    offset,
  };
}

/** The number of a month by its English short name, in any case; 0, which is invalid, for other names. */
export function monthOf(name: string): number {
  return MONTHS.get(name.toLowerCase()) ?? 0;
}

/** Minutes east of UTC. @returns undefined if there is no such offset */
export function offsetOf(sign: string, hours: string, minutes = '0'): number | undefined {
  const offset = Number(hours) * 60 + Number(minutes);
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return sign === '-' ? -offset : offset;
}

const MONTHS = new Map(
  'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ').map((name, index) => [name, index + 1]),
);

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Replaces Luxon's conversion, which resolves the ambiguous hour when the clocks go back by the current
 * offset of the machine's clock. Here it is the first of the two times. A time that the clocks skip is moved
 * forward by the same amount.
 */
function toUtc(local: number, zone: Zone): number {
  const before = zone.offset(local - DAY_MS);
  const after = zone.isUniversal ? before : zone.offset(local + DAY_MS);
  const first = local - Math.max(before, after) * MINUTE_MS;
  return before === after || zone.offset(first) === Math.max(before, after)
    ? first
    : local - Math.min(before, after) * MINUTE_MS;
}
