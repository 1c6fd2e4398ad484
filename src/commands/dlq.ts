import { isUtf8 } from 'node:buffer';
import type { Writable } from 'node:stream';
import { loadConfig } from '../config/load.ts';
import { LogweirError } from '../errors.ts';
import { type WaitingLetter, deadLetterTopics, readLetters } from '../kafka/dead-letter-reader.ts';
import { headerPairs } from '../kafka/headers.ts';
import { LetterCensus, recordOf } from './letter-census.ts';
import { type LetterOptions, keepNewest, letterFilter } from './letter-filter.ts';
import { room } from './output.ts';

interface ConfigOption {
  config?: string;
}

const LISTED = 20;
const VALUE_SHOWN = 120;

/** What a list says of a letter; `show` has the whole. */
interface LetterRow {
  readonly place: string;
  readonly time: string;
  readonly reason: string;
  readonly message: string;
  readonly truncated: boolean;
  /** Length of the value; null for a record without one. */
  readonly bytes: number | null;
  /** Its beginning. */
  readonly value: string;
}

interface Listed {
  readonly row: LetterRow;
  readonly time: string;
  readonly order: number;
}

/** `logweir dlq list`: counts by reason, and some of the letters that wait, each record once. */
export async function listLetters(
  options: ConfigOption & LetterOptions & { all?: boolean; json?: boolean },
  output: Writable,
): Promise<void> {
  const { limit = LISTED } = options;
  const matches = letterFilter({ ...options, limit }, Date.now());
  const { config } = loadConfig(options.config);
  const topics = deadLetterTopics(config).names;
  const census = new LetterCensus();
  const rows = new Map<string, Listed>();
  let order = 0;
  for await (const letter of readLetters(config, options.all === true)) {
    if (!matches(letter)) continue;
    const isNew = census.add(letter);
    const key = recordOf(letter);
    if (options.newest === true || rows.has(key) || (isNew && rows.size < limit))
      rows.set(key, { row: rowOf(letter), time: letter.time, order: order++ });
    // Not for each one: a sort of many for every few.
    if (rows.size > 2 * limit) keepNewest(rows, limit);
  }
  if (options.newest === true) keepNewest(rows, limit);
  const { total, reasons, isExact } = census;
  if (options.json === true) {
    const list = {
      topics,
      total,
      is_exact: isExact,
      reasons,
      letters: [...rows.values()].map(({ row }) => row),
    };
    output.write(`${JSON.stringify(list, null, 2)}\n`);
    return;
  }
  const isFiltered = options.reason !== undefined || options.since !== undefined;
  output.write(`${total} dead letters in ${topics.join(', ')}${isFiltered ? ' that match' : ''}\n`);
  if (!isExact)
    output.write('(at most: of so many, records that were dead-lettered twice are counted twice)\n');
  for (const { reason, count, kinds } of reasons) {
    output.write(`${String(count).padStart(8)}  ${reason}\n`);
    if (kinds.length > 1)
      for (const one of kinds) output.write(`${String(one.count).padStart(12)}  ${one.kind}\n`);
  }
  for (const { row } of rows.values()) {
    await room(output);
    output.write(`${oneLine(row)}\n`);
  }
  if (total > rows.size) output.write(`… ${total - rows.size} more; --limit shows them\n`);
}

/** `logweir dlq show topic:partition:offset`: one letter, whole. @throws LogweirError USAGE where there is none */
export async function showLetter(place: string, options: ConfigOption, output: Writable): Promise<void> {
  const { config } = loadConfig(options.config);
  const { topic, partition, offset } = parsePlace(place);
  let newest: WaitingLetter | undefined;
  for await (const letter of readLetters(config, true)) {
    const { record } = letter;
    if (record.topic === topic && record.partition === partition && record.offset === offset) newest = letter;
  }
  if (newest === undefined) throw new LogweirError('USAGE', `there is no dead letter of ${place}`);
  const { record, at, ...said } = newest;
  const shown = {
    ...said,
    at: `${at.topic}[${at.partition}]@${at.offset}`,
    record: {
      ...record,
      key: readable(record.key),
      value: readable(record.value),
      headers: headerPairs(record.headers).map(([name, value]) => ({ [name]: readable(value) })),
    },
  };
  output.write(`${JSON.stringify(shown, null, 2)}\n`);
}

/** Bytes as the text that they are, or else marked as Base64. */
export function readable(bytes: Buffer | string | null): string | { readonly base64: string } | null {
  if (bytes === null || typeof bytes === 'string') return bytes;
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') };
}

export function parsePlace(place: string): { topic: string; partition: number; offset: number } {
  const match = /^([A-Za-z0-9._-]+):(\d+):(\d+)$/.exec(place);
  if (match === null)
    throw new LogweirError(
      'USAGE',
      `'${place}' is not a place like app-logs:3:1042 (topic:partition:offset)`,
    );
  return { topic: match[1] ?? '', partition: Number(match[2]), offset: Number(match[3]) };
}

function rowOf({ time, reason, message, truncated, record }: WaitingLetter): LetterRow {
  const { topic, partition, offset, value } = record;
  const place = `${topic}:${partition}:${offset}`;
  return { place, time, reason, message, truncated, bytes: value?.length ?? null, value: snippet(value) };
}

function oneLine({ time, place, reason, message, truncated, value }: LetterRow): string {
  return `${time}  ${place}  ${reason}: ${message}${truncated ? ' (cut short)' : ''}\n    ${value}`;
}

export function snippet(value: Buffer | null): string {
  // Four bytes a character at most; the rest is not looked at.
  const text =
    value
      ?.subarray(0, 4 * VALUE_SHOWN + 4)
      .toString('utf8')
      .replaceAll(/\s+/g, ' ') ?? 'null';
  return text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN)}…` : text;
}
