import { fieldAt } from '../codec/field-path.ts';
import { LogweirError } from '../errors.ts';

/** Event in, index name out. `event` is undefined where the template needs none; `timestamp` is the record's, in ms. */
export type IndexNamer = (event: Record<string, unknown> | undefined, timestamp: number) => string;

const LENGTH_MAX = 255;
const PLACEHOLDER = /\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}|]*?)\s*)?\}\}/g;
const DATE_TOKEN = /yyyy|MM|dd|HH|'[^']*'|[A-Za-z]+/g;

/** ISO 8601, with a space for the T allowed; without a zone it is UTC, whatever the machine's is. */
const ISO_DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;
/** The end of the year 9999, in ms. */
const TIME_MAX = 253_402_300_799_999;
/** A number below this is in seconds: in ms it would be before March 1973. */
const SECONDS_BELOW = 100_000_000_000;

/** The time that a value says, in ms since the epoch; undefined where it says none between 1970 and 9999. */
export function parseTime(value: unknown): number | undefined {
  let time = Number.NaN;
  if (typeof value === 'number') time = value < SECONDS_BELOW ? value * 1000 : value;
  else if (typeof value === 'string') {
    const [, date, clock = '00:00', zone = 'Z'] = ISO_DATE.exec(value) ?? [];
    // JavaScript knows milliseconds; what is behind them does not change the index.
    if (date !== undefined) time = Date.parse(`${date}T${clock.replace(',', '.')}${zone.toUpperCase()}`);
  }
  return time >= 0 && time <= TIME_MAX ? time : undefined;
}

/**
 * The time of an event, in ms: `@timestamp`, else `timestamp` as Vector's agents write it, else the record's. Never the wall
 * clock, so that a replay lands in the same index.
 */
export function eventTime(event: Record<string, unknown>, path: string, recordTimestamp: number): number {
  const own =
    parseTime(fieldAt(event, path)) ?? (path === '@timestamp' ? parseTime(event['timestamp']) : undefined);
  return own ?? Math.min(TIME_MAX, Math.max(0, recordTimestamp));
}

/**
 * Compiles an index template: literal text, `{{field}}` and `{{field|yyyy.MM.dd}}` (UTC; yyyy, MM, dd, HH and text in single
 * quotes). Values from events are untrusted and are made fit for an index name; where a field is missing stands `unknown`.
 *
 * @throws LogweirError CONFIG where the literal text cannot be part of an index name
 */
export function compileIndexName(template: string): { name: IndexNamer; needsEvent: boolean } {
  const literal = template.replaceAll(PLACEHOLDER, 'x');
  if (/\{\{|\}\}/.test(literal)) throw invalid(template, 'has braces that are not closed');
  if (sanitise(literal) !== literal) {
    throw invalid(
      template,
      'is not a name that Elasticsearch accepts (lower case, none of \\ / * ? " < > | , # : or space, no leading - _ +)',
    );
  }
  const parts = splitTemplate(template);
  if (parts.every((part) => typeof part === 'string')) return { name: () => template, needsEvent: false };
  const name: IndexNamer = (event, timestamp) =>
    sanitise(parts.map((part) => (typeof part === 'string' ? part : part(event ?? {}, timestamp))).join(''));
  return { name, needsEvent: true };
}

type Part = string | ((event: Record<string, unknown>, timestamp: number) => string);

function splitTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [whole, field = '', format] = match;
    if (field.trim() === '') throw invalid(template, 'has a placeholder without a field');
    if (format !== undefined && format.trim() === '')
      throw invalid(template, 'has a placeholder without a date format');
    if (match.index > end) parts.push(template.slice(end, match.index));
    end = match.index + whole.length;
    if (format === undefined) parts.push((event) => plain(fieldAt(event, field)));
    else {
      checkFormat(template, format);
      parts.push((event, timestamp) => formatDate(eventTime(event, field, timestamp), format));
    }
  }
  if (end < template.length) parts.push(template.slice(end));
  return parts;
}

function checkFormat(template: string, format: string): void {
  const unknown = format.match(DATE_TOKEN)?.find((token) => !/^(yyyy|MM|dd|HH|'.*')$/.test(token));
  if (unknown !== undefined)
    throw invalid(template, `has the date format '${format}'; known are yyyy, MM, dd, HH`);
}

function formatDate(time: number, format: string): string {
  const iso = new Date(time).toISOString();
  const fields: Record<string, string> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
  };
  return format.replaceAll(DATE_TOKEN, (token) => fields[token] ?? token.slice(1, -1));
}

function plain(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : 'unknown';
}

/**
 * Makes any text fit for an index name.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create, "Path parameters".
 */
export function sanitise(name: string): string {
  const safe = name
    .toLowerCase()
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    .replaceAll(/[\\/*?"<>|,#:\s\u0000-\u001f]/g, '-')
    .replace(/^[-_+.]+/, '');
  const short = Buffer.byteLength(safe) > LENGTH_MAX ? cutToBytes(safe, LENGTH_MAX) : safe;
  return short === '' ? 'unknown' : short;
}

function cutToBytes(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\ufffd+$/, '');
}

function invalid(template: string, why: string): LogweirError {
  return new LogweirError('CONFIG', `elasticsearch.index: '${template}' ${why}`);
}
