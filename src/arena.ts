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

/**
 * Memory for the bytes of many records in few large chunks: one allocation for about a thousand of them, outside of what the
 * garbage collector moves around. A chunk lives for as long as anybody holds one of its parts.
 */
export class Arena {
  #chunk = Buffer.alloc(0);
  /** Where the next part begins. */
  at = 0;

  /** A chunk with room for `bytes` behind {@link at}. Whoever writes there moves {@link at} on. */
  reserve(bytes: number): Buffer {
    if (this.at + bytes > this.#chunk.length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
      this.at = 0;
    }
    return this.#chunk;
  }
}
