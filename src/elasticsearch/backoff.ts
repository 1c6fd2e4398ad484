import type { Config } from '../config/schema.ts';

export type Backoff = Config['elasticsearch']['request']['backoff'];

/**
 * AWS's "full jitter": anything from nothing to the exponential delay, so that a crowd does not come back as one.
 *
 * @param attempt 1 for the first failure
 * @returns milliseconds
 */
export function fullJitter(
  attempt: number,
  { initial_ms, max_ms }: Backoff,
  random: () => number = Math.random,
): number {
  return Math.round(random() * Math.min(max_ms, initial_ms * 2 ** Math.min(attempt, 30)));
}
