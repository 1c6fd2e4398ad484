import type { BytesAt } from '../codec/bytes-at.ts';
import type { RecordChunk } from '../memory/record-chunk.ts';
import type { SourceRecord } from '../record.ts';
import { unpackHeaders } from '../memory/packed-headers.ts';

/**
 * A record as transforms and dead letters see it. Its value is in a chunk that it shares with its neighbours,
 * and cannot be read once the record is settled. Everything else is its own.
 */
export class BufferedRecord implements SourceRecord, BytesAt {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly #headers: Buffer | undefined;
  /** Null once the record is settled. */
  #chunk: RecordChunk | null;
  #row: number;

  constructor(chunk: RecordChunk, row: number) {
    this.topic = chunk.topic(row);
    this.partition = chunk.partition(row);
    this.offset = chunk.offset(row);
    this.timestamp = chunk.timestamp(row);
    this.key = chunk.key(row);
    this.#headers = chunk.headers(row);
    this.#chunk = chunk;
    this.#row = row;
  }

  /**
   * Unpacked at each call: few callers need headers, and packed ones take the least memory while the record
   * waits.
   */
  get headers(): readonly Record<string, Buffer | string>[] | undefined {
    return this.#headers === undefined ? undefined : unpackHeaders(this.#headers);
  }

  /** @throws Error once the record is settled */
  get value(): Buffer | null {
    return this.#open.value(this.#row);
  }

  get isTombstone(): boolean {
    return this.#open.isTombstone(this.#row);
  }

  get bytes(): Buffer {
    return this.#open.bytes;
  }

  get start(): number {
    return this.#open.valueStart(this.#row);
  }

  get end(): number {
    return this.#open.valueEnd(this.#row);
  }

  /** The record has been copied to that chunk, and is read there from now on; null once it is settled. */
  moveTo(chunk: RecordChunk | null, row: number): void {
    this.#chunk = chunk;
    this.#row = row;
  }

  get #open(): RecordChunk {
    if (this.#chunk === null)
      throw new Error(`the value of the record at offset ${this.offset} was used after it had settled`);
    return this.#chunk;
  }
}
