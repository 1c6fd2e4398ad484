import { isUtf8 } from 'node:buffer';
import type { Writable } from 'node:stream';
import { loadConfig } from '../config/load.ts';
import { LogweirError } from '../errors.ts';
import { type WaitingDeadLetter, deadLetterTopics, readDeadLetters } from '../dead-letter/reader.ts';
import { headerPairs } from '../kafka/headers.ts';
import { DeadLetterCensus, recordOf } from '../dead-letter/census.ts';
import { type DeadLetterOptions, keepNewest, deadLetterFilter } from '../dead-letter/filter.ts';
import { room } from './output.ts';

interface ConfigOption {
  config?: string;
}

const LISTED = 20;
const VALUE_SHOWN = 120;

/** A dead letter in a list; `show` prints all of it. */
interface DeadLetterRow {
  readonly place: string;
  readonly time: string;
  readonly reason: string;
  readonly message: string;
  readonly truncated: boolean;
  /** Length of the value; null for a record without one. */
  readonly bytes: number | null;
  /** Beginning of the value. */
  readonly value: string;
}

interface Listed {
  readonly row: DeadLetterRow;
  readonly time: string;
  readonly order: number;
}

/** `logweir dlq list`: prints counts by reason, and some of the waiting dead letters, each record once. */
export async function listDeadLetters(
  options: ConfigOption & DeadLetterOptions & { all?: boolean; json?: boolean },
  output: Writable,
): Promise<void> {
  const { limit = LISTED } = options;
  const matches = deadLetterFilter({ ...options, limit }, Date.now());
  const { config } = loadConfig(options.config);
  const topics = deadLetterTopics(config).names;
  const census = new DeadLetterCensus();
  const rows = new Map<string, Listed>();
  let order = 0;
  for await (const deadLetter of readDeadLetters(config, options.all === true)) {
    if (!matches(deadLetter)) continue;
    const isNew = census.add(deadLetter);
    const key = recordOf(deadLetter);
    if (options.newest === true || rows.has(key) || (isNew && rows.size < limit))
      rows.set(key, { row: rowOf(deadLetter), time: deadLetter.time, order: order++ });
    // Sorting after every dead letter would be slow.
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
  if (!isExact) output.write('(at most: records that were dead-lettered twice may be counted twice)\n');
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

/**
 * `logweir dlq show topic:partition:offset`: prints a dead letter.
 *
 * @throws LogweirError USAGE if there is none
 */
export async function showDeadLetter(place: string, options: ConfigOption, output: Writable): Promise<void> {
  const { config } = loadConfig(options.config);
  const { topic, partition, offset } = parsePlace(place);
  let newest: WaitingDeadLetter | undefined;
  for await (const deadLetter of readDeadLetters(config, true)) {
    const { record } = deadLetter;
    if (record.topic === topic && record.partition === partition && record.offset === offset)
      newest = deadLetter;
  }
  if (newest === undefined) throw new LogweirError('USAGE', `there is no dead letter of ${place}`);
  const { record, at, ...details } = newest;
  const shown = {
    ...details,
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

/** UTF-8 as text, other bytes as marked Base64. */
function readable(bytes: Buffer | string | null): string | { readonly base64: string } | null {
  if (bytes === null || typeof bytes === 'string') return bytes;
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') };
}

export function parsePlace(place: string): { topic: string; partition: number; offset: number } {
  const match = /^([A-Za-z0-9._-]+):(\d+):(\d+)$/.exec(place);
  if (match === null)
    throw new LogweirError('USAGE', `'${place}' is not topic:partition:offset, like app-logs:3:1042`);
  return { topic: match[1] ?? '', partition: Number(match[2]), offset: Number(match[3]) };
}

function rowOf({ time, reason, message, truncated, record }: WaitingDeadLetter): DeadLetterRow {
  const { topic, partition, offset, value } = record;
  const place = `${topic}:${partition}:${offset}`;
  return { place, time, reason, message, truncated, bytes: value?.length ?? null, value: snippet(value) };
}

function oneLine({ time, place, reason, message, truncated, value }: DeadLetterRow): string {
  return `${time}  ${place}  ${reason}: ${message}${truncated ? ' (truncated)' : ''}\n    ${value}`;
}

export function snippet(value: Buffer | null): string {
  // A character has at most four bytes; the rest of the value is not decoded.
  const text =
    value
      ?.subarray(0, 4 * VALUE_SHOWN + 4)
      .toString('utf8')
      .replaceAll(/\s+/g, ' ') ?? 'null';
  return text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN)}…` : text;
}
