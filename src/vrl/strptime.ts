import { compileFormat, DAYS, MONTHS, type Specifier } from './strftime.ts';
import { Timestamp } from './timestamp.ts';
import { VrlError } from './values.ts';
import { utcOf } from './zone.ts';

/** Numeric specifiers: what they are of a time, and their most digits. */
const NUMERIC: Readonly<Record<string, readonly [part: string, digits: RegExp]>> = {
  Y: ['year', /\s*\+?\d{1,4}/y],
  C: ['century', upTo(2)],
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
  u: ['weekday', /\s*[1-7]/y],
  w: ['weekday', /\s*[0-6]/y],
};

function upTo(max: number): RegExp {
  return new RegExp(`\\s*\\d{1,${max}}`, 'y');
}

/**
 * Reads a time in a format of strftime, as Rust's chrono does.
 *
 * @param zone used where the format has no offset: an IANA name, or `local`
 * @throws VrlError if the text does not fit, is no time with hours and minutes, or there was no such time in
 *   the zone, or two of them
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
      // A name says nothing: where it stands, an offset must be read too.
      take(/\S+/y);
      parts['zoneName'] = 1;
      return;
    case 'b':
    case 'h':
    case 'B':
      parts['month'] = nameIndex(MONTHS, take(/[A-Za-z]{3,9}/y)) + 1;
      return;
    case 'a':
    case 'A':
      parts['weekday'] = nameIndex(DAYS, take(/[A-Za-z]{3,9}/y));
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

const OTHERS = 'f z Z b h B a A p P % n t'.split(' ');

/** The first specifier of a format that {@link parseTime} does not know; null if there is none. */
export function unreadableSpecifier(format: string): string | null {
  const unknown = compileFormat(format).find(
    (part) => typeof part !== 'string' && !(part.letter in NUMERIC) && !OTHERS.includes(part.letter),
  );
  return typeof unknown === 'object' ? unknown.text : null;
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
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (hours > 23 || minutes > 59) throw new VrlError('Invalid timestamp: input is out of range');
  const seconds = hours * 3600 + minutes * 60;
  return text.startsWith('-') ? -seconds : seconds;
}

type Parts = Readonly<Record<string, number>>;

function timeOf(parts: Parts, zone: string, text: string): Timestamp {
  const { offset, epoch } = parts;
  const nanosecond = BigInt(parts['nanosecond'] ?? 0);
  if (epoch !== undefined) {
    if (epoch > EPOCH_MAX || !isAt(parts, new Date((epoch + (offset ?? 0)) * 1000))) throw outOfRange(text);
    return new Timestamp(BigInt(epoch) * 1_000_000_000n + nanosecond);
  }
  const day = dayOf(parts, text);
  const hour = hourOf(parts, text);
  const { minute, second = 0, zoneName } = parts;
  if (day === undefined || hour === undefined || minute === undefined) throw notEnough(text);
  if (zoneName !== undefined && offset === undefined) throw notEnough(text);
  if (hour > 23 || minute > 59 || second > 60) throw outOfRange(text);
  const ms = day + hour * 3_600_000 + minute * 60_000 + Math.min(second, 59) * 1000;
  const utc = offset === undefined ? utcOf(ms, zone) : ms - offset * 1000;
  if (utc === undefined)
    throw new VrlError(`Invalid timestamp "${text}": no or several such times in ${zone}`);
  return new Timestamp(BigInt(utc) * 1_000_000n + nanosecond);
}

/** The last second of the year 9999. */
const EPOCH_MAX = 253_402_300_799;

/** Midnight in ms since 1970, as if in UTC; undefined if the text does not say which day. */
function dayOf(parts: Parts, text: string): number | undefined {
  const { century, year2, ordinal, weekday } = parts;
  const ofTwo = year2 === undefined ? undefined : year2 + (century ?? (year2 < 70 ? 20 : 19)) * 100;
  const year = parts['year'] ?? ofTwo;
  const { month = ordinal === undefined ? undefined : 1, day = ordinal } = parts;
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDate =
    date.getUTCFullYear() === year &&
    (parts['month'] === undefined || date.getUTCMonth() === month - 1) &&
    (parts['day'] === undefined || date.getUTCDate() === day) &&
    (ordinal === undefined || ordinal === (date.getTime() - yearStart(year)) / 86_400_000 + 1) &&
    (weekday === undefined || weekday % 7 === date.getUTCDay());
  if (!isDate) throw outOfRange(text);
  return date.getTime();
}

function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}

/** Undefined if the text does not say which hour of the day: also without AM or PM. */
function hourOf({ hour, hour12, pm }: Parts, text: string): number | undefined {
  if (hour12 !== undefined && (hour12 < 1 || hour12 > 12)) throw outOfRange(text);
  const isOther =
    hour !== undefined &&
    ((pm !== undefined && pm !== Math.floor(hour / 12)) ||
      (hour12 !== undefined && hour12 % 12 !== hour % 12));
  if (isOther) throw outOfRange(text);
  if (hour !== undefined) return hour;
  return hour12 === undefined || pm === undefined ? undefined : (hour12 % 12) + 12 * pm;
}

/** Whether the parts that were read are those of the time. */
function isAt(parts: Parts, date: Date): boolean {
  const { year, month, day, hour, minute, second } = parts;
  const pairs = [
    [year, date.getUTCFullYear()],
    [month, date.getUTCMonth() + 1],
    [day, date.getUTCDate()],
    [hour, date.getUTCHours()],
    [minute, date.getUTCMinutes()],
    [second, date.getUTCSeconds()],
  ] as const;
  return pairs.every(([read, known]) => read === undefined || read === known);
}

function notEnough(text: string): VrlError {
  return new VrlError(`Invalid timestamp "${text}": input is not enough for unique date and time`);
}

function outOfRange(text: string): VrlError {
  return new VrlError(`Invalid timestamp "${text}": input is out of range`);
}
