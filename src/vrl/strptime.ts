import { compileFormat, DAYS, MONTHS, type Specifier } from './strftime.ts';
import { Timestamp } from './timestamp.ts';
import { VrlError } from './values.ts';
import { utcOf } from './zone.ts';

/** Numeric specifiers: what they are of a time, and their most digits. */
const NUMERIC: Readonly<Record<string, readonly [part: string, digits: RegExp]>> = {
  Y: ['year', upTo(4)],
  m: ['month', upTo(2)],
  d: ['day', upTo(2)],
  e: ['day', upTo(2)],
  H: ['hour', upTo(2)],
  k: ['hour', upTo(2)],
  I: ['hour12', upTo(2)],
  l: ['hour12', upTo(2)],
  M: ['minute', upTo(2)],
  S: ['second', upTo(2)],
  j: ['ordinal', upTo(3)],
  s: ['epoch', upTo(19)],
  y: ['year2', upTo(2)],
};

function upTo(max: number): RegExp {
  return new RegExp(`\\s*[+-]?\\d{1,${max}}`, 'y');
}

/**
 * Reads a time in a format of strftime, as Rust's chrono does.
 *
 * @param zone used where the format has no offset: an IANA name, or `local`
 * @throws VrlError if the text does not fit, or is no time
 */
export function parseTime(text: string, format: string, zone: string): Timestamp {
  const parts: Record<string, number> = {};
  let at = 0;
  const wrong = (): VrlError =>
    new VrlError(`Invalid timestamp "${text}": input contains invalid characters`);
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) throw wrong();
    at = pattern.lastIndex;
    return found[0];
  };
  for (const part of compileFormat(format)) {
    if (typeof part !== 'string') readField(part, take, parts);
    else if (/^\s/.test(part)) take(/\s*/y);
    else if (text.startsWith(part, at)) at += part.length;
    else throw wrong();
  }
  if (at < text.length) throw new VrlError(`Invalid timestamp "${text}": trailing input`);
  return timeOf(parts, zone, text);
}

function readField(
  { letter, middle }: Specifier,
  take: (pattern: RegExp) => string,
  parts: Record<string, number>,
): void {
  const numeric = NUMERIC[letter];
  if (numeric !== undefined) {
    const [part, pattern] = numeric;
    parts[part] = Number(take(pattern));
    return;
  }
  switch (letter) {
    case 'f': {
      const found = take(middle.startsWith('.') ? /(?:\.\d{1,9})?/y : /\d{1,9}/y).replace('.', '');
      parts['nanosecond'] = Number(middle === '' ? found : found.padEnd(9, '0'));
      return;
    }
    case 'z':
      parts['offset'] = offsetOf(take(middle === '#' ? /Z|[+-]\d\d(?::?\d\d)?/iy : /[+-]\d\d:?\d\d/y));
      return;
    case 'Z':
      take(/[A-Za-z]+/y);
      return;
    case 'b':
    case 'h':
    case 'B':
      parts['month'] = nameIndex(MONTHS, take(/[A-Za-z]{3,9}/y)) + 1;
      return;
    case 'a':
    case 'A':
      nameIndex(DAYS, take(/[A-Za-z]{3,9}/y));
      return;
    case 'p':
    case 'P':
      parts['pm'] = take(/[AaPp][Mm]/y).toLowerCase() === 'pm' ? 1 : 0;
      return;
    case '%':
      take(/%/y);
      return;
    case 'n':
    case 't':
      take(/\s*/y);
      return;
    default:
      throw new VrlError(`invalid format specifier %${middle}${letter}`);
  }
}

function nameIndex(names: readonly string[], text: string): number {
  const index = names.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase());
  const name = names[index]?.toLowerCase();
  if (name === undefined || (text.length > 3 && name !== text.toLowerCase()))
    throw new VrlError('Invalid timestamp: input contains invalid characters');
  return index;
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const digits = text.slice(1).replace(':', '').padEnd(4, '0');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return text.startsWith('-') ? -seconds : seconds;
}

function timeOf(parts: Readonly<Record<string, number>>, zone: string, text: string): Timestamp {
  const nanosecond = BigInt(parts['nanosecond'] ?? 0);
  if (parts['epoch'] !== undefined)
    return new Timestamp(BigInt(parts['epoch']) * 1_000_000_000n + nanosecond);
  const { year2, ordinal, hour12, pm = 0, minute = 0, second = 0 } = parts;
  const year = parts['year'] ?? (year2 === undefined ? undefined : year2 + (year2 < 70 ? 2000 : 1900));
  const hour = parts['hour'] ?? (hour12 === undefined ? 0 : (hour12 % 12) + 12 * pm);
  const { month = ordinal === undefined ? undefined : 1, day = ordinal } = parts;
  if (year === undefined || month === undefined || day === undefined)
    throw new VrlError(`Invalid timestamp "${text}": input is not enough for unique date and time`);
  const ms = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59));
  const date = new Date(ms);
  const isDate =
    (ordinal !== undefined || (date.getUTCMonth() === month - 1 && date.getUTCDate() === day)) &&
    hour < 24 &&
    minute < 60 &&
    second <= 60;
  if (!isDate) throw new VrlError(`Invalid timestamp "${text}": input is out of range`);
  const offset = parts['offset'];
  const utc = offset === undefined ? utcOf(ms, zone) : ms - offset * 1000;
  return new Timestamp(BigInt(utc) * 1_000_000n + nanosecond);
}
