import type { Config } from '../config/schema.ts';

export type Backoff = Config['elasticsearch']['request']['backoff'];

/**
 * AWS's "full jitter": a random delay from 0 to the exponential delay, so that clients do not retry in step.
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
