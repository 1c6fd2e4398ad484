import { fieldAt } from '../codec/field-path.ts';
import { LogweirError } from '../errors.ts';

/** Event in, index name out. `event` is undefined where the template needs none; `timestamp` is the record's, in ms. */
export type IndexNamer = (event: Record<string, unknown> | undefined, timestamp: number) => string;

const LENGTH_MAX = 255;
const PLACEHOLDER = /\{\{\s*([^{}|]+?)\s*(?:\|\s*([^{}|]+?)\s*)?\}\}/g;
const DATE_TOKEN = /yyyy|MM|dd|HH|'[^']*'|[A-Za-z]+/g;

/**
 * The time of an event, in ms: `@timestamp`, else `timestamp` as Vector's agents write it, else the record's. Never the wall
 * clock, so that a replay lands in the same index.
 */
export function eventTime(event: Record<string, unknown>, path: string, recordTimestamp: number): number {
  const value = fieldAt(event, path) ?? (path === '@timestamp' ? event['timestamp'] : undefined);
  const time =
    typeof value === 'number' || typeof value === 'string' ? new Date(value).getTime() : Number.NaN;
  return Number.isNaN(time) || time < 0 || time > 253_402_300_799_999 ? Math.max(0, recordTimestamp) : time;
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

/** https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create, "Path parameters". */
function sanitise(name: string): string {
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
