import { fieldAt } from '../codec/field-path.ts';
import { isRawJson } from '../codec/raw-json.ts';
import { LogweirError } from '../errors.ts';
import { eventTime } from './event-time.ts';

/** Event in, index name out. `event` is undefined where the template needs none; `timestamp` is the record's, in ms. */
export type IndexNamer = (event: Record<string, unknown> | undefined, timestamp: number) => string;

/** Where documents go, as the configuration says it. */
interface Target {
  readonly mode: 'index' | 'data_stream';
  readonly index: string;
  readonly data_stream: { readonly type: string; readonly dataset: string; readonly namespace: string };
}

/** In bytes. */
const LENGTH_MAX = 255;
/** Elasticsearch puts `.ds-` in front of it and `-2025.11.22-000001` behind, for the indices that a data stream is made of. */
export const DATA_STREAM_LENGTH_MAX = LENGTH_MAX - 22;
/** Control characters, other spaces and halves of a surrogate pair are refused here alone: they would break the body of a request. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\\/*?"<>|,#:\s\u0000-\u001f\p{Cs}]/gu;
const MS_PER_HOUR = 3_600_000;
const LEADING = /^[-_+.]+/;
const PLACEHOLDER = /\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}|]*?)\s*)?\}\}/g;
const DATE_TOKEN = /yyyy|MM|dd|HH|'[^']*'|[A-Za-z]+/g;

/**
 * Compiles an index template: literal text, `{{field}}` and `{{field|yyyy.MM.dd}}` (UTC; yyyy, MM, dd, HH and text in single
 * quotes). Values from events are untrusted and are made fit for an index name; where a field is missing stands `unknown`.
 *
 * @throws LogweirError CONFIG where the literal text cannot be part of an index name
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

/** @throws LogweirError CONFIG where the index or data stream cannot have that name */
export function checkTarget({ mode, index, data_stream }: Target): void {
  if (mode === 'index') compileIndexName(index);
  else dataStreamName(data_stream);
}

/** @throws LogweirError CONFIG where Elasticsearch would not accept it */
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

/** Formats times, most of which are in the same hour as the one before. */
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
 * Makes any text fit for the name of an index or data stream.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create, "Path parameters".
 *
 * @param bytesMax how long it may be
 */
export function sanitise(name: string, bytesMax = LENGTH_MAX): string {
  const safe = name.toLowerCase().replaceAll(FORBIDDEN, '-').replace(LEADING, '');
  const short = Buffer.byteLength(safe) > bytesMax ? cutToBytes(safe, bytesMax) : safe;
  return short === '' ? 'unknown' : short;
}

/** Why Elasticsearch would not accept a name, as the end of a sentence about it. */
export function nameFault(name: string, bytesMax = LENGTH_MAX): string | undefined {
  const rules = `(lower case; none of \\ / * ? " < > | , # : or space; no - _ + or . at the beginning; at most ${bytesMax} bytes)`;
  const because = (why: string): string => `is not a name that Elasticsearch accepts: ${why} ${rules}`;
  if (name === '') return because('it is empty');
  const capital = Array.from(name).find((character) => character.toLowerCase() !== character);
  if (capital !== undefined) return because(`it has the upper-case letter '${capital}'`);
  const [forbidden] = name.match(FORBIDDEN) ?? [];
  if (forbidden !== undefined) return because(`it has the character ${JSON.stringify(forbidden)}`);
  const [leading = ''] = LEADING.exec(name) ?? [];
  if (leading.startsWith('.'))
    return because("it begins with '.', as hidden indices and those of Elasticsearch do");
  if (leading !== '') return because(`it begins with '${leading.charAt(0)}'`);
  const bytes = Buffer.byteLength(name);
  return bytes > bytesMax ? because(`it is ${bytes} bytes long`) : undefined;
}

function cutToBytes(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\ufffd+$/, '');
}

function invalid(template: string, why: string): LogweirError {
  return new LogweirError('CONFIG', `elasticsearch.index: '${template}' ${why}`);
}
