import { BoundedMap } from '../memory/bounded-map.ts';
import { fraction, Timestamp } from './timestamp.ts';
import { VrlError } from './values.ts';
import { abbreviationAt, offsetAt } from './zone.ts';

export const MONTHS =
  'January February March April May June July August September October November December'.split(' ');
export const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Specifiers that stand for several. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  r: '%I:%M:%S %p',
  v: '%e-%b-%Y',
  x: '%m/%d/%y',
  '+': '%Y-%m-%dT%H:%M:%S%.f%#z',
};

/** A specifier of strftime, as Rust's chrono has them. */
export interface Specifier {
  /** As it stands in the format. */
  readonly text: string;
  /** `-`, `_`, `0`, or empty for the letter's own. */
  readonly pad: string;
  /** A point, digits, colons or `#` before the letter. */
  readonly middle: string;
  readonly letter: string;
}

/** A specifier, white space, or a text that stands for itself. */
const PART = /%([-_0]?)(\.?\d?|:{0,3}|#)([A-Za-z%+])|\s+|[^\s%]+|%/g;
const compiled = new BoundedMap<string, readonly (Specifier | string)[]>(100);

/** The parts of a format: specifiers, runs of white space, and other texts. */
export function compileFormat(format: string): readonly (Specifier | string)[] {
  const known = compiled.get(format);
  if (known !== undefined) return known;
  // `%%` is a percent sign, whatever letter follows.
  const expanded = format.replace(/%([%cDFRTXrvx+])/g, (all, letter: string) => COMPOSED[letter] ?? all);
  const parts = Array.from(expanded.matchAll(PART), ([text, pad = '', middle = '', letter]) =>
    letter === undefined ? text : { text, pad, middle, letter },
  );
  compiled.set(format, parts);
  return parts;
}

/** A time, and where it is read. */
interface Moment {
  readonly time: Timestamp;
  readonly zone: string;
  /** Seconds east of Greenwich. */
  readonly offset: number;
  /** What the clocks there show, as if it were UTC. */
  readonly local: Date;
}

/** The time in a format of strftime, as Rust's chrono writes it. @param zone an IANA name, or `local` */
export function formatTime(time: Timestamp, format: string, zone: string): string {
  const offset = offsetAt(time, zone);
  const local = new Date(Number(time.seconds) * 1000 + offset * 1000);
  const moment: Moment = { time, zone, offset, local };
  let result = '';
  for (const part of compileFormat(format)) {
    if (typeof part === 'string') {
      // A specifier that is none.
      if (part === '%') throw new VrlError('invalid format');
      result += part;
      continue;
    }
    const text = field(part, moment);
    if (text === undefined) throw new VrlError(`invalid format specifier ${part.text}`);
    result += padded(String(text), part.letter, part.pad);
  }
  return result;
}

function field({ letter, middle }: Specifier, moment: Moment): string | number | undefined {
  const { time, zone, offset, local } = moment;
  if (letter === 'f') return subsecond(middle, time.nanosecond);
  if (letter === 'z') return zoneOffset(offset, middle);
  if (letter === 'Z') return abbreviationAt(time, zone);
  return middle === '' ? FIELDS[letter]?.(local, time) : undefined;
}

/** Default widths; a letter that is missing here is not padded. */
const WIDTHS: Readonly<Record<string, readonly [number, string]>> = {
  m: [2, '0'],
  d: [2, '0'],
  e: [2, ' '],
  H: [2, '0'],
  k: [2, ' '],
  I: [2, '0'],
  l: [2, ' '],
  M: [2, '0'],
  S: [2, '0'],
  y: [2, '0'],
  C: [2, '0'],
  j: [3, '0'],
  Y: [4, '0'],
  G: [4, '0'],
  g: [2, '0'],
  U: [2, '0'],
  W: [2, '0'],
  V: [2, '0'],
};

function padded(text: string, letter: string, pad: string): string {
  const width = WIDTHS[letter];
  if (width === undefined || pad === '-') return text;
  return text.padStart(width[0], pad === '_' ? ' ' : pad === '0' ? '0' : width[1]);
}

const FIELDS: Readonly<Record<string, (local: Date, time: Timestamp) => string | number>> = {
  Y: (local) => local.getUTCFullYear(),
  C: (local) => Math.floor(local.getUTCFullYear() / 100),
  y: (local) => local.getUTCFullYear() % 100,
  m: (local) => local.getUTCMonth() + 1,
  b: (local) => (MONTHS[local.getUTCMonth()] ?? '').slice(0, 3),
  h: (local) => (MONTHS[local.getUTCMonth()] ?? '').slice(0, 3),
  B: (local) => MONTHS[local.getUTCMonth()] ?? '',
  d: (local) => local.getUTCDate(),
  e: (local) => local.getUTCDate(),
  a: (local) => (DAYS[local.getUTCDay()] ?? '').slice(0, 3),
  A: (local) => DAYS[local.getUTCDay()] ?? '',
  w: (local) => local.getUTCDay(),
  u: (local) => (local.getUTCDay() === 0 ? 7 : local.getUTCDay()),
  j: (local) => dayOfYear(local),
  U: (local) => Math.floor((dayOfYear(local) + 6 - local.getUTCDay()) / 7),
  W: (local) => Math.floor((dayOfYear(local) + 6 - ((local.getUTCDay() + 6) % 7)) / 7),
  V: (local) => isoWeek(local).week,
  G: (local) => isoWeek(local).year,
  g: (local) => isoWeek(local).year % 100,
  H: (local) => local.getUTCHours(),
  k: (local) => local.getUTCHours(),
  I: (local) => ((local.getUTCHours() + 11) % 12) + 1,
  l: (local) => ((local.getUTCHours() + 11) % 12) + 1,
  M: (local) => local.getUTCMinutes(),
  S: (local) => local.getUTCSeconds(),
  q: (local) => Math.floor(local.getUTCMonth() / 3) + 1,
  p: (local) => (local.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: (local) => (local.getUTCHours() < 12 ? 'am' : 'pm'),
  s: (_local, time) => String(time.seconds),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

function subsecond(middle: string, nanosecond: number): string | undefined {
  const digits = String(nanosecond).padStart(9, '0');
  if (middle === '') return digits;
  if (middle === '.') return fraction(nanosecond);
  const count = Number(middle.replace('.', ''));
  if (![3, 6, 9].includes(count)) return undefined;
  return `${middle.startsWith('.') ? '.' : ''}${digits.slice(0, count)}`;
}

function zoneOffset(seconds: number, middle: string): string {
  const sign = seconds < 0 ? '-' : '+';
  const [hours, minutes] = [
    Math.floor(Math.abs(seconds) / 3600),
    Math.floor((Math.abs(seconds) % 3600) / 60),
  ].map((part) => String(part).padStart(2, '0'));
  return `${sign}${hours ?? ''}${middle === '' ? '' : ':'}${minutes ?? ''}`;
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() === 0 ? 7 : date.getUTCDay()));
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}
