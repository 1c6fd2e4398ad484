import type { SourceRecord } from '../settlement.ts';
import { type Headers, headerOf, headerPairs } from './headers.ts';

/** The headers of a dead letter begin with this; a record's own headers of that name are not carried over. */
const PREFIX = 'logweir-';
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** What a dead letter says of the record that it was. */
export interface Letter {
  readonly reason: string;
  readonly message: string;
  /** ISO 8601. */
  readonly time: string;
  /** Only the beginning of the value is there. */
  readonly truncated: boolean;
  /** The record as it was, at its own coordinates. */
  readonly record: SourceRecord;
}

/** Reads the headers of a dead letter. @returns undefined for a record that Logweir did not put there */
export function readLetter(record: SourceRecord): Letter | undefined {
  const own: Headers = [];
  const said = new Map<string, string>();
  for (const [name, value] of headerPairs(record.headers)) {
    if (name.startsWith(PREFIX)) said.set(name.slice(PREFIX.length), value?.toString() ?? '');
    else own.push(headerOf(name, value));
  }
  // Untrusted: it becomes part of a document's id.
  const named = said.get('topic') ?? '';
  const topic = TOPIC_NAME.test(named) ? named : undefined;
  const [partition, offset, timestamp] = ['partition', 'offset', 'timestamp'].map((name) =>
    wholeNumber(said.get(name)),
  );
  if (topic === undefined || partition === undefined || offset === undefined || timestamp === undefined)
    return undefined;
  return {
    reason: said.get('reason') ?? 'unknown',
    message: said.get('message') ?? '',
    time: said.get('time') ?? '',
    truncated: said.has('truncated-from'),
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
