import { Arena, utf8Max } from '../arena.ts';
import { LazyEvent } from '../codec/lazy-event.ts';
import type { Settlement, SourceRecord } from '../settlement.ts';
import { Document } from './document.ts';
import { documentId } from './document-id.ts';

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NOTHING = Buffer.alloc(0);

/**
 * Writes documents as they will stand in a bulk body, one behind the other in large chunks: nothing of a document but its
 * bytes has to be kept, and a body is put together with few copies.
 */
export class DocumentWriter {
  readonly #operation: 'index' | 'create';
  readonly #parameters: string;
  readonly #arena = new Arena();
  /** The action line up to the offset, for the index and coordinates of the last document. */
  #action = NOTHING;
  #index = '';
  #topic = '';
  #partition = -1;
  #timestamp = Number.NaN;

  /** @param parameters of the action, for all documents: JSON members with their commas behind them */
  constructor(operation: 'index' | 'create', parameters = '') {
    this.#operation = operation;
    this.#parameters = parameters;
  }

  /**
   * @param target the index or data stream; holds nothing that JSON would escape
   * @param output the number of the event where a transform made several of one record
   * @param source one JSON object on one line
   * @param member in ASCII, what is to stand at its end besides: `"key":"value"`; nothing for bytes, which go as they came
   */
  write(
    settlement: Settlement,
    target: string,
    output: number,
    source: Buffer | string | LazyEvent,
    member = '',
  ): Document {
    const { record } = settlement;
    const action = this.#actionFor(target, record);
    const rest = output === 0 ? `${record.offset}"}}\n` : `${record.offset}:${output}"}}\n`;
    const sourceMax = bytesMax(source);
    const chunk = this.#arena.reserve(action.length + rest.length + sourceMax + member.length + 2);
    const { bytes } = chunk;
    const start = this.#arena.at;
    bytes.set(action, start);
    let at = start + action.length;
    // It is ASCII, and too short for a call to be worth it.
    for (let index = 0; index < rest.length; index++) bytes[at++] = rest.charCodeAt(index);
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

  /** Neighbours mostly differ in nothing but their offset. */
  #actionFor(index: string, record: SourceRecord): Buffer {
    const { topic, partition, timestamp } = record;
    const isSame =
      timestamp === this.#timestamp &&
      partition === this.#partition &&
      topic === this.#topic &&
      index === this.#index;
    if (!isSame) {
      const id = documentId(record);
      const upToOffset = id.slice(0, id.lastIndexOf(':') + 1);
      this.#action = Buffer.from(
        `{"${this.#operation}":{${this.#parameters}"_index":"${index}","_id":"${upToOffset}`,
      );
      this.#index = index;
      this.#topic = topic;
      this.#partition = partition;
      this.#timestamp = timestamp;
    }
    return this.#action;
  }
}

/** Puts a member into the object that ends there. @returns the new end */
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
