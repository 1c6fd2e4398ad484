/** The limit on the memory of records that are received and not yet settled, in bytes (promise P4). */
export class BufferBudget {
  readonly maxBytes: number;
  #used = 0;
  #received = 0;
  #waiting: (() => void)[] = [];

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** All that was used since the start. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** Bytes that are still available. Negative after a poll that brought more. */
  get roomBytes(): number {
    return this.maxBytes - this.#used;
  }

  use(bytes: number): void {
    this.#used += bytes;
    this.#received += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
    if (this.#used >= this.maxBytes || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves when there is room, or after the timeout. @returns whether there is room */
  async room(timeoutMs: number): Promise<boolean> {
    if (this.roomBytes > 0 || timeoutMs === 0) return this.roomBytes > 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.roomBytes > 0;
  }
}
