import type { SourceRecord } from '../record.ts';
import { type Headers, headerOf, headerPairs } from '../kafka/headers.ts';

/** Prefix of the headers of a dead letter; a record's own headers with it are not copied. */
const PREFIX = 'logweir-';
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** A dead letter, parsed from its headers. */
export interface DeadLetter {
  readonly reason: string;
  readonly message: string;
  /** ISO 8601. */
  readonly time: string;
  /** Whether only the start of the value is present. */
  readonly truncated: boolean;
  /** The original record, with its own coordinates. */
  readonly record: SourceRecord;
}

/** Parses a dead letter. @returns undefined for a record that Logweir did not write */
export function parseDeadLetter(record: SourceRecord): DeadLetter | undefined {
  const own: Headers = [];
  const fields = new Map<string, string>();
  for (const [name, value] of headerPairs(record.headers)) {
    if (name.startsWith(PREFIX)) fields.set(name.slice(PREFIX.length), value?.toString() ?? '');
    else own.push(headerOf(name, value));
  }
  // Untrusted: the topic becomes part of a document's id.
  const named = fields.get('topic') ?? '';
  const topic = TOPIC_NAME.test(named) ? named : undefined;
  const [partition, offset, timestamp] = ['partition', 'offset', 'timestamp'].map((name) =>
    wholeNumber(fields.get(name)),
  );
  if (topic === undefined || partition === undefined || offset === undefined || timestamp === undefined)
    return undefined;
  return {
    reason: fields.get('reason') ?? 'unknown',
    message: fields.get('message') ?? '',
    time: fields.get('time') ?? '',
    truncated: fields.has('truncated-from'),
    record: {
      topic,
      partition,
      offset,
      timestamp,
      key: record.key,
      value: record.value,
      headers: own.length > 0 ? own : undefined,
    },
  };
}

function wholeNumber(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) && value >= -1 ? value : undefined;
}
