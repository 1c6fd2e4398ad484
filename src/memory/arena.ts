/** Room for about a thousand documents of usual size. */
const CHUNK_BYTES = 524_288;

const EXACT_FROM = 16_384;

/**
 * An upper bound of a text's length in UTF-8: three bytes for a UTF-16 unit. The length of a long text is
 * counted exactly, so that no large space stays unused.
 */
export function utf8Max(text: string): number {
  return text.length > EXACT_FROM ? Buffer.byteLength(text) : text.length * 3;
}

/** Maximum number of unused chunks that are kept for reuse; the memory of others is freed at once. */
const IDLE_MAX = 4;

/**
 * Memory that many records or documents share. Each of them uses it until it is settled; a chunk without
 * users is reused.
 */
export class Chunk {
  readonly bytes: Buffer;
  readonly #unused: (() => void) | null;
  #users = 0;

  /** @param unused called when the last user has released it; null for a chunk that is not reused */
  constructor(bytes: Buffer, unused: (() => void) | null = null) {
    this.bytes = bytes;
    this.#unused = unused;
  }

  use(): void {
    this.#users++;
  }

  /**
   * Called exactly once for each {@link use}: memory that is released too often would be overwritten while it
   * is read.
   */
  release(): void {
    if (--this.#users === 0) this.#unused?.();
  }

  /** Frees its memory. It must not be used any more. */
  discard(): void {
    free(this.bytes);
  }

  /** Whether other records may have bytes in it. One user keeps the memory of all. */
  get isShared(): boolean {
    return this.#unused !== null;
  }
}

/** A chunk without bytes. It may be released at any time. */
export const NO_CHUNK = new Chunk(Buffer.alloc(0));

/** Chunks of one kind that are reused, without work for the garbage collector. */
export class ChunkPool<T extends Chunk> {
  readonly #idle: T[] = [];
  readonly #make: (unused: () => void) => T;

  /** @param make makes a chunk that calls `unused` when it has no users any more */
  constructor(make: (unused: () => void) => T) {
    this.#make = make;
  }

  /** A chunk to be filled, with the caller as its first user. */
  take(): T {
    const chunk = this.#idle.pop() ?? this.#made();
    chunk.use();
    return chunk;
  }

  #made(): T {
    const chunk: T = this.#make(() => {
      if (this.#idle.length < IDLE_MAX) this.#idle.push(chunk);
      else chunk.discard();
    });
    return chunk;
  }
}

/**
 * Memory for the bytes of many documents, in few large chunks that are reused. With one buffer for each
 * document, the garbage collector took a quarter of all CPU time at 16 KB a record.
 */
export class Arena {
  readonly #pool = new ChunkPool((unused) => new Chunk(Buffer.allocUnsafeSlow(CHUNK_BYTES), unused));
  #chunk = NO_CHUNK;
  /** Where the next part starts. */
  at = 0;

  /** A chunk with room for `bytes` from {@link at} on. The writer uses the chunk and advances {@link at}. */
  reserve(bytes: number): Chunk {
    if (this.at + bytes > this.#chunk.bytes.length) {
      // The arena itself uses the chunk that is being filled.
      this.#chunk.release();
      this.#chunk = bytes <= CHUNK_BYTES ? this.#pool.take() : largeChunk(bytes);
      this.at = 0;
    }
    return this.#chunk;
  }
}

/** A chunk for one part that is larger than a usual chunk. */
function largeChunk(bytes: number): Chunk {
  const chunk: Chunk = new Chunk(Buffer.allocUnsafeSlow(bytes), () => chunk.discard());
  chunk.use();
  return chunk;
}

/** For smaller values the garbage collector is cheaper. */
const FREED_FROM = 1024;

/**
 * Frees the memory of a large value that is not read any more; the value is empty afterwards. Otherwise the
 * garbage collector would scan the whole heap for each 64 MB of such memory, several times a second.
 */
export function free(value: Buffer): void {
  const { buffer } = value;
  const isAlone = value.length === buffer.byteLength && buffer instanceof ArrayBuffer;
  if (isAlone && value.length >= FREED_FROM) buffer.transfer(0);
}
