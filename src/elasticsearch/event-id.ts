import { define, fieldAt, hasKey } from '../codec/field-path.ts';
import { noteCopy } from '../codec/exact-json.ts';
import { isRawJson } from '../codec/raw-json.ts';
import type { Config } from '../config/schema.ts';
import type { Event } from '../transform/api/event.ts';
import type { Coordinates } from './document-id.ts';

/** Elasticsearch's limit. A longer id fails the whole request that contains it. */
const ID_BYTES_MAX = 512;

/** The low bits of a version hold the end of the offset, the bits above them the timestamp. */
const OFFSET_BITS = 21;
const OFFSETS = 2 ** OFFSET_BITS;
/** 42 bits: until the year 2109. A version has 63. */
const TIMESTAMP_MAX = 2 ** 42 - 1;

type Fields = Record<string, unknown>;

/** The `_id` of a document that its event determines. */
export interface EventId {
  readonly id: string;
  /** See {@link versionOf}; null for documents that are created, which have no version. */
  readonly version: string | null;
}

/** An event that cannot become a document. Its record is dead-lettered with the reason. */
export class EventRejected extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Whether a document whose id exists replaces the existing one if its record is newer. */
export function keepsNewest({ mode, same_id }: Config['elasticsearch']): boolean {
  return mode === 'index' && same_id === 'newest';
}

/**
 * The id in a field of the event: a text, or a number or boolean as text.
 *
 * @returns undefined if the field has no such value, or an empty text
 * @throws EventRejected if the id is too long for Elasticsearch
 */
export function idIn(event: Event, path: string): string | undefined {
  const id = textOf(fieldAt(event, path));
  if (id === undefined || id === '') return undefined;
  const bytes = Buffer.byteLength(id);
  if (bytes <= ID_BYTES_MAX) return id;
  throw new EventRejected(
    'id_too_long',
    `the field ${path} has ${bytes} bytes, and Elasticsearch allows an id of ${ID_BYTES_MAX}: ` +
      'shorten or hash it in a transform',
  );
}

function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      // Elasticsearch cannot store half of a surrogate pair.
      return value.toWellFormed();
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return isRawJson(value) ? value.rawJSON : undefined;
  }
}

/**
 * The version of the document of a record: its timestamp, and its offset among records of the same
 * millisecond. Elasticsearch rejects a version that is lower than the one it has. So the newest record wins,
 * whatever is retried, redelivered or replayed, and in whatever partition it is.
 *
 * Offsets alone would start again in a topic that is created again, and say nothing across partitions. Of two
 * records in one millisecond whose offsets lie on both sides of a multiple of 2^21, the earlier one wins.
 */
export function versionOf({ timestamp, offset }: Coordinates): string {
  const time = Math.min(Math.max(0, timestamp), TIMESTAMP_MAX);
  return ((BigInt(time) << BigInt(OFFSET_BITS)) | BigInt(offset % OFFSETS)).toString();
}

/** A copy of the event without the value at the path, which must exist. The event itself is not changed. */
export function withoutField(event: Event, path: string): Event {
  return without(event, keysOf(event, path));
}

/**
 * Calls a function while the value at the path, which must exist, is not in the event. Cheaper than a copy
 * for a lazy event, which {@link withoutField} would materialise.
 */
export function whileWithout<T>(event: Event, path: string, call: () => T): T {
  const [first = path, ...rest] = keysOf(event, path);
  const before = event[first];
  if (rest.length === 0) delete event[first];
  else event[first] = without(before as Fields, rest);
  try {
    return call();
  } finally {
    define(event, first, before);
  }
}

/** As `fieldAt` does, a key that contains the dots itself takes precedence. */
function keysOf(event: Event, path: string): readonly string[] {
  return hasKey(event, path) ? [path] : path.split('.');
}

function without(fields: Fields, [first = '', ...rest]: readonly string[]): Fields {
  const copy = { ...fields };
  noteCopy(fields, copy);
  if (rest.length === 0) delete copy[first];
  else copy[first] = without(fields[first] as Fields, rest);
  return copy;
}
