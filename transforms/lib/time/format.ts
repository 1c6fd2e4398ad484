import { DateTime, FixedOffsetZone, type Zone } from 'luxon';
import { type Missing, instantNear } from './from-record.ts';
import { type Instant, instantOfLuxon } from './instant.ts';

const LOCALE = { locale: 'en' };
/** Any time with two digits in each part. */
const SAMPLE = DateTime.fromMillis(1_763_813_504_123, { zone: FixedOffsetZone.utcInstance, ...LOCALE });
const LENGTH_MAX = 100;

/** Prepended to the format for the missing parts of the date; the values are prepended to the text. */
const PREFIX = { year: 'yyyy', week: 'kkkk', month: 'yyyy-MM', day: 'yyyy-MM-dd' };
/** Between the prefix and the text. */
const MARK = '|';

/** Reads a text. A missing year or date is taken from `recordTime`, in ms. */
export type FormatReader = (text: string, recordTime: number) => Instant | undefined;

/**
 * The error in a format of Luxon's tokens; undefined if it is valid. Luxon treats unknown tokens as literal
 * text, so such a format would silently never match.
 */
export function formatFault(format: string): string | undefined {
  const plain = format.replaceAll(/'[^']*'/g, '');
  if (/%[A-Za-z]/.test(plain))
    return `'${format}' has tokens of strptime; use Luxon's, like yyyy-MM-dd HH:mm:ss`;
  if (/dT[Hh]/.test(plain)) return `'${format}': put quotes around the letter: yyyy-MM-dd'T'HH:mm:ss`;
  const { tokens, regex } = DateTime.fromFormatExplain('', format, LOCALE);
  for (const { literal, val } of tokens) {
    // Luxon reads `yyyyy` for the year in its short forms.
    if (literal || !/^[A-Za-z]+$/.test(val) || val === 'yyyyy' || SAMPLE.toFormat(val) !== val) continue;
    const hint = val.startsWith('S') ? '; u reads a fraction of one to nine digits' : '';
    return `'${format}': Luxon has no token '${val}' (put text in single quotes)${hint}`;
  }
  try {
    const sample = SAMPLE.toFormat(format);
    // Luxon throws for contradicting parts. The validity is not checked: without a year it depends on the
    // clock.
    DateTime.fromFormat(sample, format, LOCALE);
    if (regex?.test(sample) === true) return undefined;
  } catch (error) {
    return `'${format}' cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  return `'${format}' cannot be read: it has a token for writing only`;
}

/** @param format valid by {@link formatFault} */
export function formatReader(format: string, zone: Zone): FormatReader {
  const own = new Pattern(format, zone);
  const { missing } = own;
  if (missing === undefined) return (text) => (isShort(text) ? own.read(oneSpace(text)) : undefined);
  const dated = new Pattern(`${own.prefix}'${MARK}'${format}`, zone);
  return (text, recordTime) => {
    const plain = oneSpace(text);
    if (!isShort(text) || !own.fits(plain)) return undefined;
    return instantNear(recordTime, missing, (year, month, day) =>
      dated.read(`${dateText(missing, year, month, day)}${MARK}${plain}`),
    );
  };
}

function isShort(text: string): boolean {
  return text.length <= LENGTH_MAX;
}

/** Normalises padding (`Jun  1`), and the no-break space of Java and JavaScript before AM and PM. */
function oneSpace(text: string): string {
  return /  |[\u00A0\u202F]/.test(text) ? text.replaceAll(/[ \u00A0\u202F]+/g, ' ') : text;
}

function dateText(missing: Missing, year: number, month: number, day: number): string {
  const parts = { year: [year], month: [year, month], day: [year, month, day] }[missing];
  return parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-');
}

class Pattern {
  readonly missing: Missing | undefined;
  readonly prefix: string;
  readonly #parser;
  readonly #options: { zone: Zone; setZone: true; locale: string };
  readonly #shape: RegExp;
  /** The groups of `#shape` for a fraction (up to nine digits) and the second; 0 if there is none. */
  readonly #fraction: number;
  readonly #second: number;

  constructor(format: string, zone: Zone) {
    const collapsed = oneSpace(format);
    const { tokens, regex } = DateTime.fromFormatExplain('', collapsed, LOCALE);
    const has = (token: RegExp): boolean => tokens.some(({ literal, val }) => !literal && token.test(val));
    const isWeek = has(/^W/);
    if (has(/^[yk]/)) this.missing = undefined;
    else if (isWeek || has(/^[MLoq]/)) this.missing = 'year';
    else this.missing = has(/^d/) ? 'month' : 'day';
    this.prefix = PREFIX[isWeek ? 'week' : (this.missing ?? 'year')];
    this.#options = { zone, setZone: true, ...LOCALE };
    this.#parser = DateTime.buildFormatParser(collapsed, LOCALE);
    this.#shape = new RegExp(regex ?? /(?!)/, 'di');
    this.#fraction = groupOf(tokens, /^u$/);
    this.#second = groupOf(tokens, /^ss?$/);
  }

  fits(text: string): boolean {
    return this.#shape.test(text);
  }

  read(text: string): Instant | undefined {
    const plain = DateTime.fromFormatParser(text, this.#parser, this.#options);
    const time = plain.isValid ? plain : this.#readLeapSecond(text);
    if (time === undefined) return undefined;
    const fraction = this.#fraction === 0 ? undefined : this.#shape.exec(text)?.[this.#fraction];
    return instantOfLuxon(time, fraction);
  }

  /** Luxon has no leap seconds; in POSIX it is the first second of the next minute. */
  #readLeapSecond(text: string): DateTime | undefined {
    const [start, end] = this.#shape.exec(text)?.indices?.[this.#second] ?? [0, 0];
    if (this.#second === 0 || text.slice(start, end) !== '60') return undefined;
    const before = `${text.slice(0, start)}59${text.slice(end)}`;
    return DateTime.fromFormatParser(before, this.#parser, this.#options).plus({ seconds: 1 });
  }
}

/** Each token is a group; an offset contains two more. */
function groupOf(tokens: readonly { literal: boolean; val: string }[], wanted: RegExp): number {
  let group = 1;
  for (const { literal, val } of tokens) {
    if (!literal && wanted.test(val)) return group;
    group += !literal && /^Z{1,3}$/.test(val) ? 3 : 1;
  }
  return 0;
}
