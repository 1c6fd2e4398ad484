import { pino } from 'pino';
import type { Config } from './config/schema.ts';

export type Log = pino.Logger;

/** JSON lines on standard output (or `fd`); written at once, so that nothing is lost when the process is killed. */
export function createLog(level: Config['log']['level'], fd = 1): Log {
  return pino(
    { level, base: { name: 'logweir', pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd, sync: true }),
  );
}

/**
 * Lets a repeated message through once per interval and counts the rest, so that a failure that repeats a thousand times a
 * second costs a line every so often. One per kind of message.
 */
export class RepeatGate {
  readonly #intervalMs: number;
  #openAt = -Infinity;
  #held = 0;

  constructor(intervalMs = 10_000) {
    this.#intervalMs = intervalMs;
  }

  /**
   * @param now in ms, of a clock that only goes forward
   * @returns how many were held back since the last one, or undefined where this one must be held back too
   */
  pass(now: number = performance.now()): number | undefined {
    if (now < this.#openAt) {
      this.#held++;
      return undefined;
    }
    const held = this.#held;
    this.#held = 0;
    this.#openAt = now + this.#intervalMs;
    return held;
  }
}
