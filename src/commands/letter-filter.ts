import { LogweirError } from '../errors.ts';
import type { Letter } from '../kafka/letter.ts';
import { isDuration, parseDuration, parseTime } from '../kafka/replay-target.ts';

const LIMIT_MAX = 100_000;

/** Which dead letters an operator wants. */
export interface LetterOptions {
  readonly reason?: string;
  readonly since?: string;
  readonly newest?: boolean;
  readonly limit?: number;
}

export type LetterFilter = (letter: Pick<Letter, 'reason' | 'message' | 'time'>) => boolean;

/**
 * What the options say of a single letter.
 *
 * @param now milliseconds since the epoch
 * @throws LogweirError USAGE
 */
export function letterFilter({ reason, since, limit }: LetterOptions, now: number): LetterFilter {
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX))
    throw new LogweirError('USAGE', `--limit must be a number from 1 to ${LIMIT_MAX}, not ${limit}`);
  const from = since === undefined ? undefined : sinceOf(since, now);
  return (letter) =>
    (reason === undefined || `${letter.reason}: ${letter.message}`.includes(reason)) &&
    // A letter that does not tell its time is none of a wrong time.
    (from === undefined || !(Date.parse(letter.time) < from));
}

function sinceOf(text: string, now: number): number {
  return isDuration(text) ? now - parseDuration(text, '--since') : parseTime(text, '--since');
}

interface Timed {
  readonly time: string;
  /** As it was read. */
  readonly order: number;
}

/** Leaves the newest in the map, the newest first. For a stream: whenever there are twice as many, and at its end. */
export function keepNewest<T extends Timed>(found: Map<string, T>, limit: number): void {
  const newest = [...found].sort(([, a], [, b]) => newestFirst(a, b));
  found.clear();
  for (const [key, one] of newest.slice(0, limit)) found.set(key, one);
}

/** By the time of the letter, and of those of one moment the one that was read last. */
function newestFirst(a: Timed, b: Timed): number {
  // ISO 8601 in UTC, so that the order of the texts is that of the times.
  if (a.time !== b.time) return a.time < b.time ? 1 : -1;
  return b.order - a.order;
}
