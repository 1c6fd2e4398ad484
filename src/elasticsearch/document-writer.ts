import { Arena, utf8Max } from '../memory/arena.ts';
import { LazyEvent } from '../codec/lazy-event.ts';
import type { RecordChunk } from '../memory/record-chunk.ts';
import type { Settlement } from '../pipeline/settlement.ts';
import { Document } from './document.ts';
import { documentId, timeDigits } from './document-id.ts';
import type { EventId } from './event-id.ts';

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The end of the action line, after the offset. */
const END_OF_ACTION = '"}}\n';

/**
 * Writes documents in the format of a bulk body, contiguously in large chunks. Only their bytes are kept, and
 * a body is built with few copies.
 */
export class DocumentWriter {
  readonly #operation: 'index' | 'create';
  readonly #parameters: string;
  readonly #arena = new Arena();
  /** The action line up to the offset, cached for the index and coordinates of the last document. */
  #action = Buffer.alloc(0);
  #index = '';
  #topic = '';
  #partition = -1;
  #timestamp = Number.NaN;
  /** Position and number of the timestamp's digits in it. */
  #timeAt = 0;
  #timeDigits = 0;

  /** @param parameters JSON members for every action, each followed by a comma */
  constructor(operation: 'index' | 'create', parameters = '') {
    this.#operation = operation;
    this.#parameters = parameters;
  }

  /**
   * Length in bytes of an action line for the index without topic, partition and offset; for {@link place}.
   */
  room(index: string): number {
    const line = `${this.#upToId(index)}${timeDigits(0)}:::${END_OF_ACTION}`;
    return Buffer.byteLength(line);
  }

  /**
   * Builds the document of a record in place: it writes the action line into the gap before the value, and a
   * line feed after the value.
   *
   * @returns the start of the document; -1 if the gap is too small
   */
  place(chunk: RecordChunk, row: number, target: string): number {
    const gap = chunk.gap(row);
    if (gap === 0) return -1;
    const offset = `${chunk.offset(row)}${END_OF_ACTION}`;
    const action = this.#actionFor(target, chunk.topic(row), chunk.partition(row), chunk.timestamp(row));
    const valueStart = chunk.valueStart(row);
    const start = valueStart - offset.length - action.length;
    if (start < valueStart - gap) return -1;
    const { bytes } = chunk;
    bytes.set(action, start);
    writeAscii(bytes, start + action.length, offset);
    bytes[chunk.valueEnd(row)] = LINE_FEED;
    return start;
  }

  /**
   * Writes one document.
   *
   * @param target index or data stream, without characters that JSON escapes
   * @param identity number of the event among the outputs of its record; or an id of the event itself
   * @param source one JSON object on one line
   * @param member ASCII, a member to append to the object: `"key":"value"`; empty if the source is bytes
   */
  write(
    settlement: Settlement,
    target: string,
    identity: number | EventId,
    source: Buffer | string | LazyEvent,
    member = '',
  ): Document {
    if (typeof identity !== 'number') {
      const line = Buffer.from(this.#actionWith(target, identity));
      return this.#append(settlement, target, line, '', source, member);
    }
    const { topic, partition, offset, timestamp } = settlement.record;
    const action = this.#actionFor(target, topic, partition, timestamp);
    const rest = identity === 0 ? `${offset}${END_OF_ACTION}` : `${offset}:${identity}${END_OF_ACTION}`;
    return this.#append(settlement, target, action, rest, source, member);
  }

  /** @param rest ASCII, the end of the action line */
  #append(
    settlement: Settlement,
    target: string,
    action: Buffer,
    rest: string,
    source: Buffer | string | LazyEvent,
    member: string,
  ): Document {
    const sourceMax = bytesMax(source);
    const chunk = this.#arena.reserve(action.length + rest.length + sourceMax + member.length + 2);
    const { bytes } = chunk;
    const start = this.#arena.at;
    bytes.set(action, start);
    let at = writeAscii(bytes, start + action.length, rest);
    if (typeof source === 'string') at += bytes.write(source, at);
    else if (source instanceof LazyEvent) at = source.writeTo(bytes, at);
    else {
      bytes.set(source, at);
      at += source.length;
    }
    if (member !== '') at = addMember(bytes, at, member);
    bytes[at++] = LINE_FEED;
    this.#arena.at = at;
    return new Document(settlement, target, chunk, start, at);
  }

  /** Uses the cached line: adjacent documents usually differ only in offset and timestamp. */
  #actionFor(index: string, topic: string, partition: number, timestamp: number): Buffer {
    const isSame = partition === this.#partition && topic === this.#topic && index === this.#index;
    if (isSame && timestamp === this.#timestamp) return this.#action;
    const time = timeDigits(timestamp);
    this.#timestamp = timestamp;
    if (isSame && time.length === this.#timeDigits) {
      writeAscii(this.#action, this.#timeAt, time);
      return this.#action;
    }
    const id = documentId({ topic, partition, offset: 0, timestamp });
    const upToId = this.#upToId(index);
    this.#action = Buffer.from(upToId + id.slice(0, id.lastIndexOf(':') + 1));
    this.#timeAt = Buffer.byteLength(upToId);
    this.#timeDigits = time.length;
    this.#index = index;
    this.#topic = topic;
    this.#partition = partition;
    return this.#action;
  }

  /** With `external_gte` a redelivered document replaces itself, and an older one is rejected. */
  #actionWith(index: string, { id, version }: EventId): string {
    const versioned = version === null ? '' : `"version":${version},"version_type":"external_gte",`;
    const head = `{"${this.#operation}":{${this.#parameters}${versioned}"_index":"${index}",`;
    return `${head}"_id":${JSON.stringify(id)}}}\n`;
  }

  #upToId(index: string): string {
    return `{"${this.#operation}":{${this.#parameters}"_index":"${index}","_id":"`;
  }
}

/** Faster than `Buffer.write` for short texts. @returns the end position */
function writeAscii(bytes: Buffer, start: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[start + index] = text.charCodeAt(index);
  return start + text.length;
}

/** Appends a member to the object that ends at `end`. @returns the new end */
function addMember(bytes: Buffer, end: number, member: string): number {
  let at = end - 1;
  if (bytes[at - 1] !== OPEN_BRACE) bytes[at++] = COMMA;
  at += bytes.write(member, at, 'latin1');
  bytes[at++] = CLOSE_BRACE;
  return at;
}

function bytesMax(source: Buffer | string | LazyEvent): number {
  if (typeof source === 'string') return utf8Max(source);
  return source instanceof LazyEvent ? source.bytesMax() : source.length;
}
