const COUNT_MAX = 1000;
const COUNT_MIN = 16;
/** The records of two calls are in memory outside the buffer: the returned ones, and those being gathered. */
const BYTES_MAX = 2_000_000;
/** A longer call delays its first records. */
const CALL_MS_MAX = 10;

/**
 * How many records one `consume` call may gather. The client returns early only after a millisecond without
 * records, so at a steady rate a large count would delay records: the count follows the rate, and the room in
 * the buffer.
 */
export class PollSize {
  #count = COUNT_MIN;
  #recordBytes = 1024;

  /** @param roomBytes free bytes in the buffer */
  count(roomBytes: number): number {
    const room = Math.min(Math.max(0, roomBytes), BYTES_MAX);
    return Math.max(1, Math.min(this.#count, Math.floor(room / this.#recordBytes)));
  }

  /** @param bytes memory of all records that the call has returned, as the buffer counts it */
  learn(requested: number, received: number, bytes: number, ms: number): void {
    if (received === 0) return;
    this.#recordBytes = Math.max(64, this.#recordBytes * 0.8 + (bytes / received) * 0.2);
    if (received < requested) return;
    this.#count =
      ms > CALL_MS_MAX
        ? Math.max(COUNT_MIN, Math.floor(this.#count / 2))
        : Math.min(COUNT_MAX, this.#count * 2);
  }
}
