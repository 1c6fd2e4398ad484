import { type Arena, type Chunk, NO_CHUNK } from './arena.ts';
import { packHeaders, unpackHeaders } from './packed-headers.ts';
import type { SourceRecord } from './settlement.ts';

/**
 * A record for as long as it is not settled. It keeps nothing of what the Kafka client gave, whose object and buffers for
 * each message cost more than the message: its value moves into a chunk that it shares with its neighbours.
 */
export class TakenRecord implements SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly #headers: Buffer | undefined;
  /** Undefined once the record is settled. */
  #bytes: Buffer | null | undefined;
  #chunk = NO_CHUNK;
  #start = 0;
  #end: number;

  /** @param topic the same text as in `read`, in the one copy that everybody has */
  constructor(read: SourceRecord, topic: string) {
    this.topic = topic;
    this.partition = read.partition;
    this.offset = read.offset;
    this.timestamp = read.timestamp;
    this.key = read.key;
    this.#headers = read.headers === undefined ? undefined : packHeaders(read.headers);
    this.#bytes = read.value;
    this.#end = read.value === null ? 0 : read.value.length;
  }

  /** Made anew by each call: few ask for them, and for as long as the record waits they take the least memory so. */
  get headers(): readonly Record<string, Buffer | string>[] | undefined {
    return this.#headers === undefined ? undefined : unpackHeaders(this.#headers);
  }

  get value(): Buffer | null {
    const bytes = this.#bytes;
    if (bytes === undefined)
      throw new Error(`the value of the record at offset ${this.offset} was used after it had settled`);
    if (bytes === null || (this.#start === 0 && this.#end === bytes.length)) return bytes;
    return bytes.subarray(this.#start, this.#end);
  }

  /** The value is in `chunk` too, and is taken from there from now on. */
  movedTo(chunk: Chunk, start: number, end: number): void {
    chunk.use();
    this.#move(chunk, chunk.bytes, start, end);
  }

  /** Copies the value into the arena. */
  moveTo(arena: Arena): void {
    const { value } = this;
    if (value === null) return;
    const chunk = arena.reserve(value.length);
    const start = arena.at;
    chunk.bytes.set(value, start);
    arena.at += value.length;
    this.movedTo(chunk, start, arena.at);
  }

  /** Takes the value out of its chunk, since it may have to wait for long: the whole chunk would stay for this one alone. */
  detach(): void {
    const { value } = this;
    if (value !== null && this.#chunk.isShared) this.#move(NO_CHUNK, Buffer.from(value), 0, value.length);
  }

  /** What stood in `from` between `start` and `end` stands in `own` too, alone: where the value does, it is taken from there. */
  follow(from: Chunk, start: number, end: number, own: Chunk): void {
    if (this.#chunk === from && from.isShared && this.#start >= start && this.#end <= end)
      this.movedTo(own, this.#start - start, this.#end - start);
  }

  /** The record is settled: its bytes are another's. */
  release(): void {
    this.#move(NO_CHUNK, undefined, 0, 0);
  }

  #move(chunk: Chunk, bytes: Buffer | undefined, start: number, end: number): void {
    const before = this.#chunk;
    this.#chunk = chunk;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    before.release();
  }
}
