/** Callers that wait until they are woken, or until their signal is aborted. */
export class WaitList {
  #waiting: (() => void)[] = [];

  /** Resolves at the next {@link wake}, or when the signal is aborted. It must not be aborted yet. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.push(wake);
    });
  }

  /** Wakes all callers that wait now, in order. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
