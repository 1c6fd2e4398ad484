const COUNT_MAX = 1000;
const COUNT_MIN = 16;
/** Two calls' records are in memory beside the buffer: those at hand, and those that are being gathered. */
const BYTES_MAX = 2_000_000;
/** A call that collects for longer makes the records that came first wait. */
const CALL_MS_MAX = 10;

/**
 * How many records one `consume` call may gather. The client returns early only when none comes for a millisecond, so at a
 * steady rate a large count would hold records back: the count follows the rate, and the room in the buffer.
 */
export class PollSize {
  #count = COUNT_MIN;
  #recordBytes = 1024;

  /** @param roomBytes what may still be taken */
  count(roomBytes: number): number {
    const room = Math.min(Math.max(0, roomBytes), BYTES_MAX);
    return Math.max(1, Math.min(this.#count, Math.floor(room / this.#recordBytes)));
  }

  /** @param bytes of all values that the call has brought */
  learn(asked: number, brought: number, bytes: number, ms: number): void {
    if (brought === 0) return;
    this.#recordBytes = Math.max(64, this.#recordBytes * 0.8 + (bytes / brought) * 0.2);
    if (brought < asked) return;
    this.#count =
      ms > CALL_MS_MAX
        ? Math.max(COUNT_MIN, Math.floor(this.#count / 2))
        : Math.min(COUNT_MAX, this.#count * 2);
  }
}
