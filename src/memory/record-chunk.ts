import { Chunk, ChunkPool } from './arena.ts';
import { packHeaders, packedLength, unpackHeaders } from './packed-headers.ts';
import type { SourceRecord } from '../record.ts';

/** Room for some two thousand records of usual size, which is more than one poll brings. */
const CHUNK_BYTES = 1_048_576;
const CHUNK_ROWS = 4096;
/** A chunk with less free space or fewer free rows counts as full. */
const BYTES_LEFT_MIN = 65_536;
const ROWS_LEFT_MIN = 256;

/**
 * Columns of a row (one row for each record), as in native/reader.c. Null is a length of -1; an unknown
 * timestamp or leader epoch is -1, too. GAP bytes before the value are free, and one byte after it if there
 * is a gap. Headers follow the key.
 */
const TOPIC = 0;
const PARTITION = 1;
const OFFSET = 2;
const TIMESTAMP = 3;
const LEADER_EPOCH = 4;
const GAP = 5;
const VALUE_AT = 6;
const VALUE_LENGTH = 7;
const KEY_AT = 8;
const KEY_LENGTH = 9;
const HEADERS_LENGTH = 10;
export const COLUMNS = 11;

/** Estimated memory of a record beside its bytes: its row and objects. */
export const RECORD_OVERHEAD_BYTES = 512;

/** Records of one poll: rows `from` to `to` - 1 of a chunk. */
export interface RecordBatch {
  readonly chunk: RecordChunk;
  readonly from: number;
  readonly to: number;
}

/**
 * Many records: a row of numbers for each, and their bytes (values from the front, keys and headers from the
 * back).
 */
export class RecordChunk extends Chunk {
  readonly rows: Float64Array<ArrayBuffer>;
  /** Topic names by number. The list grows. */
  readonly topics: readonly string[];

  constructor(
    bytes: Buffer,
    rows: Float64Array<ArrayBuffer>,
    topics: readonly string[],
    unused: (() => void) | null = null,
  ) {
    super(bytes, unused);
    this.rows = rows;
    this.topics = topics;
  }

  /** A chunk for one record. @param room see {@link gapFor} */
  static of(record: SourceRecord, room = 0): RecordChunk {
    const size = sizeOf(record, room);
    const bytes = Buffer.allocUnsafeSlow(size);
    const chunk = new RecordChunk(bytes, new Float64Array(COLUMNS), [record.topic]);
    chunk.write(0, { at: 0, end: size }, record, 0, room);
    return chunk;
  }

  override discard(): void {
    super.discard();
    this.rows.buffer.transfer(0);
  }

  topic(row: number): string {
    return this.topics[this.#number(row, TOPIC)] ?? '';
  }

  /** Whether both rows are of the same topic and partition. */
  isSamePartition(row: number, other: number): boolean {
    return (
      this.#number(row, PARTITION) === this.#number(other, PARTITION) &&
      this.#number(row, TOPIC) === this.#number(other, TOPIC)
    );
  }

  partition(row: number): number {
    return this.#number(row, PARTITION);
  }

  offset(row: number): number {
    return this.#number(row, OFFSET);
  }

  /** Milliseconds since the epoch; -1 where the broker knows none. */
  timestamp(row: number): number {
    return this.#number(row, TIMESTAMP);
  }

  leaderEpoch(row: number): number | undefined {
    const epoch = this.#number(row, LEADER_EPOCH);
    return epoch < 0 ? undefined : epoch;
  }

  /** Free bytes before the value. */
  gap(row: number): number {
    return this.#number(row, GAP);
  }

  /** Whether its value is null. */
  isTombstone(row: number): boolean {
    return this.#number(row, VALUE_LENGTH) < 0;
  }

  valueStart(row: number): number {
    return this.#number(row, VALUE_AT);
  }

  valueEnd(row: number): number {
    return this.#number(row, VALUE_AT) + this.#bytesIn(row, VALUE_LENGTH);
  }

  /** The value in place. Its memory is reused once the record is settled. */
  value(row: number): Buffer | null {
    return this.isTombstone(row) ? null : this.bytes.subarray(this.valueStart(row), this.valueEnd(row));
  }

  /** A copy of the key. */
  key(row: number): Buffer | null {
    const length = this.#number(row, KEY_LENGTH);
    if (length < 0) return null;
    const start = this.#number(row, KEY_AT);
    return Buffer.from(this.bytes.subarray(start, start + length));
  }

  /** A copy of the headers, in the format of {@link unpackHeaders}; undefined if there are none. */
  headers(row: number): Buffer | undefined {
    const packed = this.headersInPlace(row);
    return packed && Buffer.from(packed);
  }

  /** As {@link headers}, in place. Their memory is reused once the record is settled. */
  headersInPlace(row: number): Buffer | undefined {
    const length = this.#number(row, HEADERS_LENGTH);
    if (length < 0) return undefined;
    const start = this.#number(row, KEY_AT) + this.#bytesIn(row, KEY_LENGTH);
    return this.bytes.subarray(start, start + length);
  }

  /** Bytes of value, key and headers. */
  payload(row: number): number {
    return (
      this.#bytesIn(row, VALUE_LENGTH) + this.#bytesIn(row, KEY_LENGTH) + this.#bytesIn(row, HEADERS_LENGTH)
    );
  }

  /** Memory of the record, in bytes. */
  size(row: number): number {
    return RECORD_OVERHEAD_BYTES + this.payload(row);
  }

  /** A copy of the record, with buffers of its own. */
  record(row: number): SourceRecord {
    const value = this.value(row);
    const headers = this.headers(row);
    return {
      topic: this.topic(row),
      partition: this.partition(row),
      offset: this.offset(row),
      timestamp: this.timestamp(row),
      key: this.key(row),
      value: value === null ? null : Buffer.from(value),
      headers: headers === undefined ? undefined : unpackHeaders(headers),
    };
  }

  /**
   * Copies one record to a chunk of its own, with the `before` bytes before its value and, if `before` is not
   * 0, one byte after it.
   */
  extract(row: number, before: number): RecordChunk {
    const start = this.valueStart(row) - before;
    const end = this.valueEnd(row) + (before > 0 ? 1 : 0);
    const keyStart = this.#number(row, KEY_AT);
    const keyEnd = keyStart + this.#bytesIn(row, KEY_LENGTH) + this.#bytesIn(row, HEADERS_LENGTH);
    const bytes = Buffer.allocUnsafeSlow(end - start + keyEnd - keyStart);
    this.bytes.copy(bytes, 0, start, end);
    this.bytes.copy(bytes, end - start, keyStart, keyEnd);
    const rows = this.rows.slice(row * COLUMNS, (row + 1) * COLUMNS);
    rows[VALUE_AT] = before;
    rows[GAP] = before;
    rows[KEY_AT] = end - start;
    return new RecordChunk(bytes, rows, this.topics);
  }

  /**
   * Writes a record and its row. There must be space for it.
   *
   * @param space is advanced
   * @param topic number of its topic
   */
  write(row: number, space: Space, record: SourceRecord, topic: number, room: number): void {
    const { key, value, headers } = record;
    const { bytes, rows } = this;
    const gap = gapFor(record, room);
    const at = row * COLUMNS;
    rows[at + TOPIC] = topic;
    rows[at + PARTITION] = record.partition;
    rows[at + OFFSET] = record.offset;
    rows[at + TIMESTAMP] = record.timestamp;
    rows[at + LEADER_EPOCH] = record.leaderEpoch ?? -1;
    rows[at + GAP] = gap;
    space.at += gap;
    rows[at + VALUE_AT] = space.at;
    rows[at + VALUE_LENGTH] = value === null ? -1 : value.length;
    if (value !== null) bytes.set(value, space.at);
    space.at += (value?.length ?? 0) + (gap > 0 ? 1 : 0);
    const packed = headers === undefined ? undefined : packHeaders(headers);
    const keyLength = key?.length ?? 0;
    space.end -= keyLength + (packed?.length ?? 0);
    rows[at + KEY_AT] = space.end;
    rows[at + KEY_LENGTH] = key === null ? -1 : keyLength;
    rows[at + HEADERS_LENGTH] = packed === undefined ? -1 : packed.length;
    if (key !== null) bytes.set(key, space.end);
    if (packed !== undefined) bytes.set(packed, space.end + keyLength);
  }

  /** A length, 0 for null. */
  #bytesIn(row: number, column: number): number {
    return Math.max(0, this.#number(row, column));
  }

  #number(row: number, column: number): number {
    return this.rows[row * COLUMNS + column] as number;
  }
}

/** The free bytes of a chunk: `at` to `end` - 1. */
interface Space {
  at: number;
  end: number;
}

/** The space that {@link RecordChunk.write} needs, in bytes. */
export function sizeOf(record: SourceRecord, room: number): number {
  const { key, value, headers } = record;
  const gap = gapFor(record, room);
  const front = gap + (value?.length ?? 0) + (gap > 0 ? 1 : 0);
  return front + (key?.length ?? 0) + (headers === undefined ? 0 : packedLength(headers));
}

/**
 * Bytes to leave free before a value, for an action line that contains the record's coordinates.
 *
 * @param room length of that line without the coordinates; 0 for no action line
 */
function gapFor({ topic, partition, offset }: SourceRecord, room: number): number {
  return room === 0 ? 0 : room + Buffer.byteLength(`${topic}${partition}${offset}`);
}

/** Memory for polled records: chunk after chunk, each filled in turn. */
export class RecordArena {
  readonly #pool: ChunkPool<RecordChunk>;
  #chunk: RecordChunk | null = null;
  #row = 0;
  #at = 0;
  #end = 0;

  /** @param topics topic names by number; the list grows */
  constructor(topics: readonly string[]) {
    this.#pool = new ChunkPool((unused) => {
      const rows = new Float64Array(CHUNK_ROWS * COLUMNS);
      return new RecordChunk(Buffer.allocUnsafeSlow(CHUNK_BYTES), rows, topics, unused);
    });
  }

  /** The free part of the current chunk. To be followed by {@link filled}. */
  free(): { chunk: RecordChunk; row: number; rows: number; at: number; end: number } {
    if (this.#chunk === null || this.#isFull()) {
      this.#chunk?.release();
      this.#chunk = this.#pool.take();
      [this.#row, this.#at, this.#end] = [0, 0, CHUNK_BYTES];
    }
    const rows = CHUNK_ROWS - this.#row;
    return { chunk: this.#chunk, row: this.#row, rows, at: this.#at, end: this.#end };
  }

  /** So many rows were written; the given space is still free. */
  filled(rows: number, { at, end }: Space): void {
    this.#row += rows;
    this.#at = at;
    this.#end = end;
  }

  #isFull(): boolean {
    return this.#end - this.#at < BYTES_LEFT_MIN || CHUNK_ROWS - this.#row < ROWS_LEFT_MIN;
  }
}
