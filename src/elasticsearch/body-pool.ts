import { free } from '../memory/arena.ts';

/** Smaller buffers cost the garbage collector nothing. In bytes. */
const POOLED_MIN = 65_536;
/** Sizes are rounded up to a multiple, so that a buffer fits the next bodies too. */
const STEP = 65_536;
const IDLE_MAX = 4;
/** Room for one body of the largest usual size. */
const IDLE_BYTES_MAX = 6_291_456;

/** Reuses the memory of the bodies of bulk requests, as `Arena` does for documents. */
export class BodyPool {
  readonly #idle: Buffer[] = [];
  #idleBytes = 0;

  /** @returns a buffer of exactly `size` bytes with arbitrary content */
  acquire(size: number): Buffer {
    if (size < POOLED_MIN) return Buffer.allocUnsafeSlow(size);
    // A much larger buffer is left for large bodies, which would otherwise allocate more.
    const at = this.#idle.findIndex(({ length }) => length >= size && length <= 2 * size);
    const [idle] = at === -1 ? [] : this.#idle.splice(at, 1);
    if (idle === undefined) return Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP).subarray(0, size);
    this.#idleBytes -= idle.length;
    return idle.subarray(0, size);
  }

  /** Call it once, with a body of {@link acquire} that has no reader any more. */
  release(body: Buffer): void {
    if (body.length < POOLED_MIN) return;
    const whole = Buffer.from(body.buffer);
    this.#idle.push(whole);
    this.#idleBytes += whole.length;
    while (this.#idle.length > IDLE_MAX || this.#idleBytes > IDLE_BYTES_MAX) {
      // The oldest buffer is the least likely to fit current bodies.
      const surplus = this.#idle.shift();
      if (surplus === undefined) break;
      this.#idleBytes -= surplus.length;
      free(surplus);
    }
  }
}
