/**
 * Parses the times of events as Elasticsearch parses its default date format
 * (`strict_date_optional_time||epoch_millis`). The unit of other numbers follows from their size. Index names
 * and `@timestamp` of data streams use the same parser, so a document is never in the index of another day.
 */
import { fieldAt } from '../codec/field-path.ts';
import { isRawJson } from '../codec/raw-json.ts';
import { Timestamp } from '../vrl/timestamp.ts';

/** ISO 8601 from a year upwards; a space for the T and lower case are allowed. Without a zone it is UTC. */
const ISO_DATE =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](?:(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?)?)?)?)?$/i;
const DECIMAL = /^(-?)(\d+)(?:\.(\d*))?$/;
/** Longer texts are not times. */
const LENGTH_MAX = 64;
const MS_PER_HOUR = 3_600_000;
const ZONE_MAX_MS = 18 * MS_PER_HOUR;
/** Digits of the finest fraction of a second in Elasticsearch. */
const NANOSECOND_DIGITS = 9;
const MICROSECOND_DIGITS = 6;
const MILLISECOND_DIGITS = 3;
const YEAR_DIGITS = 4;
const HYPHEN = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const UPPER_Z = 0x5a;
/** Pairs of position and character code in a usual date. */
const PUNCTUATION = [4, HYPHEN, 7, HYPHEN, 10, 0x54, 13, 0x3a, 16, 0x3a];
const CLOCK_END = 19;
/** Lengths of usual dates with three to nine digits of fraction. */
const FULL_LENGTHS = new Set([24, 25, 26, 27, 28, 29, 30]);
/** Length of the shortest month: later days take the slow path. */
const DAYS_MAX = 28;

/** The range of years with four digits. */
const TIME_MIN = Date.UTC(-1, 12);
const TIME_MAX = Date.UTC(10_000, 0) - 1;

/** Numbers in this range are seconds: as ms they would be in 1970 to 1973. */
const SECONDS_FROM = 100_000_000;
const SECONDS_BELOW = 100_000_000_000;
/** A number beyond the year 9999 as ms is µs; one beyond it as µs is ns. */
const MICROSECONDS_FROM = TIME_MAX + 1;
const NANOSECONDS_FROM = MICROSECONDS_FROM * 1000;

/** A point in time. */
interface Moment {
  /** Whole milliseconds since the epoch. */
  readonly ms: number;
  /** All digits of the fraction of its second. */
  readonly fraction: string;
}

/**
 * Parses a value as a time.
 *
 * @returns ms since the epoch; undefined if it is no time between the years 0 and 9999
 */
export function parseTime(value: unknown): number | undefined {
  // Fast paths for the two most frequent formats.
  if (typeof value === 'number' && value >= SECONDS_BELOW && value <= TIME_MAX) return Math.floor(value);
  const time = typeof value === 'string' ? usualTime(value) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  return momentOf(value)?.ms;
}

/**
 * The time of an event, in ms since the epoch: the field at `path`; for `@timestamp`, then `timestamp` as
 * Vector's agents write it; else the record's. Never the wall clock, so that a replay goes to the same index.
 */
export function eventTime(event: Record<string, unknown>, path: string, recordTimestamp: number): number {
  const own =
    parseTime(fieldAt(event, path)) ?? (path === '@timestamp' ? parseTime(event['timestamp']) : undefined);
  return own ?? recordTime(recordTimestamp);
}

/**
 * The replacement for `@timestamp` in a document of a data stream.
 *
 * @returns undefined if the value is kept: Elasticsearch parses it, or its rejection shows it
 */
export function timestampInstead(
  event: Record<string, unknown>,
  recordTimestamp: number,
): string | undefined {
  const value = event['@timestamp'];
  // Fast path for dates: no number has a hyphen there.
  if (typeof value === 'string' && value.charCodeAt(YEAR_DIGITS) === HYPHEN) return undefined;
  if (isMissing(value)) {
    const own = event['timestamp'];
    // The format of Vector's agents.
    if (typeof own === 'string' && FULL_LENGTHS.has(own.length) && !Number.isNaN(usualTime(own))) return own;
    return isoOf(momentOf(own) ?? { ms: recordTime(recordTimestamp), fraction: '' });
  }
  const text = decimalOf(value);
  // Elasticsearch would read another unit as a time of 1970, or one tens of thousands of years ahead.
  if (text === undefined || unitOf(Number(text)) === MILLISECOND_DIGITS) return undefined;
  const moment = momentOf(value);
  return moment === undefined ? undefined : isoOf(moment);
}

/** Whether the value is `null` in JSON, or omitted. */
function isMissing(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (value instanceof Date) return Number.isNaN(value.getTime());
  return value === null || value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

function recordTime(timestamp: number): number {
  return Math.min(TIME_MAX, Math.max(0, timestamp));
}

function momentOf(value: unknown): Moment | undefined {
  if (value instanceof Date) return within({ ms: value.getTime(), fraction: '' });
  if (value instanceof Timestamp) return momentOf(value.toString());
  if (typeof value === 'string' && value.length <= LENGTH_MAX) {
    const match = ISO_DATE.exec(value);
    if (match !== null) return within(isoMoment(match));
  }
  const text = decimalOf(value);
  return text === undefined ? undefined : within(decimalMoment(text));
}

function within(moment: Moment | undefined): Moment | undefined {
  return moment !== undefined && moment.ms >= TIME_MIN && moment.ms <= TIME_MAX ? moment : undefined;
}

function isoMoment(match: RegExpExecArray): Moment | undefined {
  const [, year = '', month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = ''] =
    match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const offset = offsetOf(match[8] ?? 'Z');
  // JavaScript accepts 24:00, and converts 30 February to a day in March.
  if (Number.isNaN(time) || hour === '24' || new Date(time).getUTCDate() !== Number(day)) return undefined;
  if (offset === undefined) return undefined;
  return { ms: time - offset + msOf(fraction), fraction };
}

/**
 * Parses `2025-11-22T08:26:40.123456789Z`, with or without a fraction of any length. Several times as fast as
 * {@link isoMoment}, with the same result.
 *
 * @returns ms since the epoch; NaN for other formats
 */
function usualTime(text: string): number {
  const end = text.length - 1;
  if (end < CLOCK_END || end > LENGTH_MAX || text.charCodeAt(end) !== UPPER_Z) return Number.NaN;
  for (let at = 0; at < PUNCTUATION.length; at += 2)
    if (text.charCodeAt(PUNCTUATION[at] as number) !== PUNCTUATION[at + 1]) return Number.NaN;
  let fraction = 0;
  if (end > CLOCK_END) {
    if (text.charCodeAt(CLOCK_END) !== DOT || end === CLOCK_END + 1) return Number.NaN;
    for (let at = CLOCK_END + 1, unit = 100; at < end; at++, unit = Math.floor(unit / 10)) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) return Number.NaN;
      fraction += digit * unit;
    }
  }
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // `Date.UTC` maps years below 100 to the 20th century. Comparisons with NaN are false.
  const isUsual = year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= DAYS_MAX;
  if (!isUsual || !(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second, fraction);
}

/** @returns NaN if they are not digits */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Offset of a zone in ms; undefined if invalid. */
function offsetOf(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const digits = zone.replaceAll(':', '').slice(1).padEnd(6, '0');
  const [hours, minutes, seconds] = [0, 2, 4].map((at) => Number(digits.slice(at, at + 2))) as [
    number,
    number,
    number,
  ];
  const offset = hours * MS_PER_HOUR + minutes * 60_000 + seconds * 1000;
  if (minutes > 59 || seconds > 59 || offset > ZONE_MAX_MS) return undefined;
  return zone.startsWith('-') ? -offset : offset;
}

/** The decimal text of a number of any JavaScript type. */
function decimalOf(value: unknown): string | undefined {
  let text: string | undefined;
  if (typeof value === 'string') text = value;
  else if (typeof value === 'number') text = String(value);
  else if (typeof value === 'bigint') text = BigInt.asIntN(128, value) === value ? String(value) : undefined;
  else if (isRawJson(value)) text = value.rawJSON;
  return text !== undefined && text.length <= LENGTH_MAX && DECIMAL.test(text) ? text : undefined;
}

function decimalMoment(text: string): Moment | undefined {
  const [, sign = '', whole = '', decimals = ''] = DECIMAL.exec(text) ?? [];
  const number = Number(text);
  if (sign === '-') return { ms: Math.floor(number), fraction: '' };
  // Elasticsearch reads four digits as a year.
  if (whole.length === YEAR_DIGITS && decimals === '')
    return { ms: Date.parse(`${whole}-01-01T00:00:00Z`), fraction: '' };
  const unit = unitOf(number);
  const digits = whole.padStart(unit + 1, '0');
  const fraction = digits.slice(digits.length - unit) + decimals;
  return { ms: Number(digits.slice(0, digits.length - unit)) * 1000 + msOf(fraction), fraction };
}

/** Number of digits after the seconds in a number of that size. */
function unitOf(number: number): number {
  if (number >= SECONDS_FROM && number < SECONDS_BELOW) return 0;
  if (number < MICROSECONDS_FROM) return MILLISECOND_DIGITS;
  return number < NANOSECONDS_FROM ? MICROSECOND_DIGITS : NANOSECOND_DIGITS;
}

function msOf(fraction: string): number {
  return fraction === '' ? 0 : Number(fraction.slice(0, MILLISECOND_DIGITS).padEnd(MILLISECOND_DIGITS, '0'));
}

/** ISO 8601 in UTC, with three to nine digits of fraction. */
function isoOf({ ms, fraction }: Moment): string {
  const iso = new Date(ms).toISOString();
  const finer = fraction.slice(MILLISECOND_DIGITS, NANOSECOND_DIGITS);
  return finer === '' ? iso : `${iso.slice(0, -1)}${finer}Z`;
}
