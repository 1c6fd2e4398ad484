/** Room for about a thousand records of the usual size. */
const CHUNK_BYTES = 524_288;

const EXACT_FROM = 16_384;

/**
 * How many bytes of UTF-8 a text may take: at most three for a UTF-16 unit. Long texts are worth a count, so that no large
 * room is left empty.
 */
export function utf8Max(text: string): number {
  return text.length > EXACT_FROM ? Buffer.byteLength(text) : text.length * 3;
}

/** Chunks that nobody uses and that wait for the next records; those beyond are left to the garbage collector. */
const IDLE_MAX = 16;

/**
 * Memory that the bytes of many records share. Whoever has bytes in it uses it until he releases it; without users it is filled with
 * other records.
 */
export class Chunk {
  readonly bytes: Buffer;
  readonly #idle: Chunk[] | null;
  #users = 0;

  /** @param idle where it goes when the last user has released it; null for one that is not filled again */
  constructor(bytes: Buffer, idle: Chunk[] | null = null) {
    this.bytes = bytes;
    this.#idle = idle;
  }

  use(): void {
    this.#users++;
  }

  /** To be called once for each {@link use}: what is released too often would be written over while somebody reads it. */
  release(): void {
    if (--this.#users > 0 || this.#idle === null) return;
    if (this.bytes.length === CHUNK_BYTES && this.#idle.length < IDLE_MAX) this.#idle.push(this);
  }

  /** Whether others may have bytes in it, which stay for as long as anybody has. */
  get isShared(): boolean {
    return this.#idle !== null;
  }
}

/** What has no bytes any more. Nobody uses it, and it may be released at any time. */
export const NO_CHUNK = new Chunk(Buffer.alloc(0));

/**
 * Memory for the bytes of many records in few large chunks, which are used again and again: the garbage collector has nothing to do with
 * them. To let it find and free them took a quarter of all CPU time at 16 KB a record, since it looks through everything for that.
 */
export class Arena {
  readonly #idle: Chunk[] = [];
  #chunk = NO_CHUNK;
  /** Where the next part begins. */
  at = 0;

  /** A chunk with room for `bytes` behind {@link at}. Whoever writes there uses it, and moves {@link at} on. */
  reserve(bytes: number): Chunk {
    if (this.at + bytes > this.#chunk.bytes.length) {
      // While it is written to, it is used by the arena itself.
      this.#chunk.release();
      const idle = bytes <= CHUNK_BYTES ? this.#idle.pop() : undefined;
      this.#chunk = idle ?? new Chunk(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)), this.#idle);
      this.#chunk.use();
      this.at = 0;
    }
    return this.#chunk;
  }
}

/** The client's memory of smaller values is cheaper left to the garbage collector. */
const FREED_FROM = 1024;

/**
 * Frees the memory of a large value that nobody will read any more; it is empty from then on. The garbage collector counts such memory
 * and, for 64 MB of it, looks through all of the heap: several times a second, though each value is needed for a moment only.
 */
export function free(value: Buffer): void {
  const { buffer } = value;
  const isAlone = value.length === buffer.byteLength && buffer instanceof ArrayBuffer;
  if (isAlone && value.length >= FREED_FROM) buffer.transfer(0);
}
