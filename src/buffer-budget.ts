/** The limit on everything taken from Kafka and not yet settled, in bytes (promise P4). */
export class BufferBudget {
  readonly maxBytes: number;
  #used = 0;
  #waiting: (() => void)[] = [];

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Bytes that may still be taken. One poll may overdraw it, by the records that it had in hand. */
  get roomBytes(): number {
    return this.maxBytes - this.#used;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
    if (this.#used >= this.maxBytes || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves when there is room, or after the time. @returns whether there is */
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
