/** What is smaller costs the garbage collector nothing. */
const POOLED_MIN = 65_536;
/** Buffers are made a little larger than asked for, so that they fit the next bodies too. */
const STEP = 65_536;
const IDLE_MAX = 8;
const IDLE_BYTES_MAX = 16_777_216;

/** Memory for the bodies of bulk requests, which is used again and again, as that of `Arena` is. */
export class BodyPool {
  readonly #idle: Buffer[] = [];
  #idleBytes = 0;

  /** @returns a buffer of exactly so many bytes, with anything in it */
  take(size: number): Buffer {
    if (size < POOLED_MIN) return Buffer.allocUnsafeSlow(size);
    // Not one that is much too large: the large bodies would find none, and make more.
    const at = this.#idle.findIndex(({ length }) => length >= size && length <= 2 * size);
    const [idle] = at === -1 ? [] : this.#idle.splice(at, 1);
    if (idle === undefined) return Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP).subarray(0, size);
    this.#idleBytes -= idle.length;
    return idle.subarray(0, size);
  }

  /** To be called only for a body of {@link take} that nobody will read any more, and once. */
  giveBack(body: Buffer): void {
    if (body.length < POOLED_MIN) return;
    const whole = Buffer.from(body.buffer);
    this.#idle.push(whole);
    this.#idleBytes += whole.length;
    // The one that has waited for longest fits what is sent now least.
    while (this.#idle.length > IDLE_MAX || this.#idleBytes > IDLE_BYTES_MAX)
      this.#idleBytes -= this.#idle.shift()?.length ?? 0;
  }
}
