import { fieldAt } from '../codec/field-path.ts';
import { isRawJson } from '../codec/raw-json.ts';
import { LogweirError } from '../errors.ts';
import { eventTime } from './event-time.ts';

/** Computes an index name. The template may need no `event`; `timestamp` is the record's, in ms. */
type IndexNamer = (event: Record<string, unknown> | undefined, timestamp: number) => string;

/** The configured target of documents. */
interface Target {
  readonly mode: 'index' | 'data_stream';
  readonly index: string;
  readonly data_stream: { readonly type: string; readonly dataset: string; readonly namespace: string };
}

/** In bytes. */
const LENGTH_MAX = 255;
/** Elasticsearch adds `.ds-` and `-2025.11.22-000001` to name the backing indices of a data stream. */
export const DATA_STREAM_LENGTH_MAX = LENGTH_MAX - 22;
/**
 * Elasticsearch allows control characters, other spaces and lone surrogates; they would break a request body.
 */
// oxlint-disable-next-line no-control-regex -- the pattern matches control characters
const FORBIDDEN = /[\\/*?"<>|,#:\s\u0000-\u001f\p{Cs}]/gu;
const MS_PER_HOUR = 3_600_000;
const LEADING = /^[-_+.]+/;
const PLACEHOLDER = /\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}|]*?)\s*)?\}\}/g;
const DATE_TOKEN = /yyyy|MM|dd|HH|'[^']*'|[A-Za-z]+/g;

/**
 * Compiles an index template: literal text, `{{field}}` and `{{field|yyyy.MM.dd}}` (UTC; yyyy, MM, dd, HH and
 * text in single quotes). Values from events are untrusted and sanitised; a missing field becomes `unknown`.
 *
 * @throws LogweirError CONFIG if the literal text cannot be part of an index name
 */
export function compileIndexName(template: string): { name: IndexNamer; needsEvent: boolean } {
  const literal = template.replaceAll(PLACEHOLDER, 'x');
  if (/\{\{|\}\}/.test(literal)) throw invalid(template, 'has braces that are not closed');
  const fault = nameFault(literal);
  if (fault !== undefined) throw invalid(template, fault);
  const parts = splitTemplate(template);
  if (parts.every((part) => typeof part === 'string')) return { name: () => template, needsEvent: false };
  const name: IndexNamer = (event, timestamp) =>
    sanitise(parts.map((part) => (typeof part === 'string' ? part : part(event ?? {}, timestamp))).join(''));
  return { name, needsEvent: true };
}

/** The pattern of all names that a template makes, with `*` for each placeholder. */
export function indexPattern(template: string): string {
  return template.replaceAll(PLACEHOLDER, '*').replaceAll(/\*+/g, '*');
}

/** @throws LogweirError CONFIG if the name of the index or data stream is invalid */
export function checkTarget({ mode, index, data_stream }: Target): void {
  if (mode === 'index') compileIndexName(index);
  else dataStreamName(data_stream);
}

/** @throws LogweirError CONFIG if Elasticsearch would not accept the name */
export function dataStreamName({ type, dataset, namespace }: Target['data_stream']): string {
  const stream = `${type}-${dataset}-${namespace}`;
  const fault = nameFault(stream, DATA_STREAM_LENGTH_MAX);
  if (fault === undefined) return stream;
  throw new LogweirError('CONFIG', `elasticsearch.data_stream: '${stream}' ${fault}`);
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
      const formatted = dateFormatter(format);
      parts.push((event, timestamp) => formatted(eventTime(event, field, timestamp)));
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

/** Formats times, with a cache for the hour: consecutive times are mostly in the same one. */
function dateFormatter(format: string): (time: number) => string {
  let hour = Number.NaN;
  let text = '';
  return (time) => {
    const now = Math.floor(time / MS_PER_HOUR);
    if (now !== hour) {
      hour = now;
      text = formatDate(time, format);
    }
    return text;
  };
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
  if (isRawJson(value)) return value.rawJSON;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : 'unknown';
}

/**
 * Converts any text to a valid name of an index or data stream.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create, "Path parameters".
 *
 * @param bytesMax limit on its length
 */
export function sanitise(name: string, bytesMax = LENGTH_MAX): string {
  const safe = name.toLowerCase().replaceAll(FORBIDDEN, '-').replace(LEADING, '');
  const short = Buffer.byteLength(safe) > bytesMax ? cutToBytes(safe, bytesMax) : safe;
  return short === '' ? 'unknown' : short;
}

/** Why Elasticsearch would not accept a name, as a predicate; undefined if it is valid. */
function nameFault(name: string, bytesMax = LENGTH_MAX): string | undefined {
  const rules =
    '(lower case; none of \\ / * ? " < > | , # : or space; ' +
    `no - _ + or . at the start; at most ${bytesMax} bytes)`;
  const because = (why: string): string => `is not a name that Elasticsearch accepts: ${why} ${rules}`;
  if (name === '') return because('it is empty');
  const capital = Array.from(name).find((character) => character.toLowerCase() !== character);
  if (capital !== undefined) return because(`it has the upper-case letter '${capital}'`);
  const [forbidden] = name.match(FORBIDDEN) ?? [];
  if (forbidden !== undefined) return because(`it has the character ${JSON.stringify(forbidden)}`);
  const [leading = ''] = LEADING.exec(name) ?? [];
  if (leading.startsWith('.'))
    return because("it starts with '.', which is reserved for hidden and system indices");
  if (leading !== '') return because(`it starts with '${leading.charAt(0)}'`);
  const bytes = Buffer.byteLength(name);
  return bytes > bytesMax ? because(`it is ${bytes} bytes long`) : undefined;
}

function cutToBytes(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\ufffd+$/, '');
}

function invalid(template: string, why: string): LogweirError {
  return new LogweirError('CONFIG', `elasticsearch.index: '${template}' ${why}`);
}
