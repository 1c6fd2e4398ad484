/** Random streams of records for the fake librdkafka, and what a reader must make of them. */

/** As test/native/fake-librdkafka.c has it: the poll that gets there finds nothing. */
export const NOTHING = 1_000_000;
export const PARTITION_EOF = -191;

/** A record, an error, or the end of a partition. */
export interface Entry {
  /** 0 for a record. */
  readonly error: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** -1 for none. */
  readonly timestamp: number;
  readonly epoch: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[] | undefined;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const NAMES = ['', 'a', 'name', '__proto__', 'имя', 'x'.repeat(300)];
const TOPICS = ['t', 'z'.repeat(249), ...Array.from({ length: 40 }, (_, at) => `topic-${at}`)];

export class Generator {
  readonly #random: () => number;
  /** No value is much larger. */
  readonly #most: number;
  #offset: number;

  constructor(random: () => number, most: number) {
    this.#random = random;
    this.#most = most;
    this.#offset = Math.floor(random() * 10 ** Math.floor(random() * 16));
  }

  entry(): Entry {
    const kind = this.#random();
    const record = {
      topic: this.#one(TOPICS),
      partition: this.#random() < 0.05 ? -1 : this.#below(2000),
      offset: this.#offset++,
      timestamp: this.#random() < 0.1 ? -1 : this.#below(2 ** 45),
      epoch: this.#below(100) - 1,
      key: this.#random() < 0.3 ? null : this.#bytes(200),
      value: this.#random() < 0.1 ? null : this.#bytes(this.#most),
      headers: this.#random() < 0.5 ? undefined : this.#headers(),
    };
    if (kind < 0.03) return { ...record, error: this.#one([PARTITION_EOF, NOTHING, NOTHING]) };
    return { ...record, error: kind < 0.04 ? this.#one([3, 29, -140, -188]) : 0 };
  }

  #headers(): [string, Buffer | null][] {
    const count = this.#random() < 0.02 ? 500 : this.#below(4);
    return Array.from({ length: count }, () => [
      this.#one(NAMES),
      this.#random() < 0.2 ? null : this.#bytes(100),
    ]);
  }

  /** Short ones mostly, and some as long as can be. */
  #bytes(most: number): Buffer {
    const length = Math.floor((most + 1) ** this.#random()) - 1;
    const bytes = Buffer.alloc(length);
    const first = this.#below(256);
    for (let at = 0; at < length; at++) bytes[at] = (first + at * 7 + (at >> 8)) & 255;
    return bytes;
  }

  #one<T>(some: readonly T[]): T {
    return some[this.#below(some.length)] as T;
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }
}

/** As the fake accepts them. */
export function encode(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => [
      int(entry.error),
      ...counted(Buffer.from(entry.topic)),
      int(entry.partition),
      double(entry.offset),
      double(entry.timestamp),
      int(entry.epoch),
      ...counted(entry.key),
      ...counted(entry.value),
      int(entry.headers === undefined ? -1 : entry.headers.length),
      ...(entry.headers ?? []).flatMap(([name, value]) => [...counted(Buffer.from(name)), ...counted(value)]),
    ]),
  );
}

function int(value: number): Buffer {
  const encoded = Buffer.alloc(4);
  encoded.writeInt32LE(value);
  return encoded;
}

function double(value: number): Buffer {
  const encoded = Buffer.alloc(8);
  encoded.writeDoubleLE(value);
  return encoded;
}

function counted(part: Buffer | null): Buffer[] {
  return part === null ? [int(-1)] : [int(part.length), part];
}

/** Headers as the reader writes them. */
function packed(headers: NonNullable<Entry['headers']>): Buffer {
  return Buffer.concat(
    headers.flatMap(([name, value]) => [...counted(Buffer.from(name)), ...counted(value ?? Buffer.alloc(0))]),
  );
}

/** A record as it must lie in memory. */
export interface Expected {
  readonly gap: number;
  /** After the value. */
  readonly after: number;
  readonly value: Buffer;
  /** The key, and the headers after it. */
  readonly back: Buffer;
  readonly numbers: readonly number[];
}

/** @param room as a poll is given it. @param topic the number of its topic */
export function expected(entry: Entry, room: number, topic: number): Expected {
  const { partition, offset, timestamp, epoch, key, value, headers } = entry;
  const gap = room === 0 ? 0 : room + Buffer.byteLength(`${entry.topic}${partition}${offset}`);
  const packedHeaders = headers === undefined ? Buffer.alloc(0) : packed(headers);
  return {
    gap,
    after: room === 0 ? 0 : 1,
    value: value ?? Buffer.alloc(0),
    back: Buffer.concat([key ?? Buffer.alloc(0), packedHeaders]),
    numbers: [
      topic,
      partition,
      offset,
      timestamp,
      epoch,
      gap,
      value?.length ?? -1,
      key?.length ?? -1,
      headers === undefined ? -1 : packedHeaders.length,
    ],
  };
}
