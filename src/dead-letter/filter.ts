import { LogweirError } from '../errors.ts';
import type { DeadLetter } from './headers.ts';
import { isDuration, parseDuration, parseTime } from '../kafka/admin/replay-target.ts';

const LIMIT_MAX = 100_000;

/** An operator's selection of dead letters. */
export interface DeadLetterOptions {
  readonly reason?: string;
  readonly since?: string;
  readonly newest?: boolean;
  readonly limit?: number;
}

type DeadLetterFilter = (deadLetter: Pick<DeadLetter, 'reason' | 'message' | 'time'>) => boolean;

/**
 * Builds the filter for the options.
 *
 * @param now milliseconds since the epoch
 * @throws LogweirError USAGE
 */
export function deadLetterFilter({ reason, since, limit }: DeadLetterOptions, now: number): DeadLetterFilter {
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX))
    throw new LogweirError('USAGE', `--limit must be a number from 1 to ${LIMIT_MAX}, not ${limit}`);
  const from = since === undefined ? undefined : sinceOf(since, now);
  return (deadLetter) =>
    (reason === undefined || `${deadLetter.reason}: ${deadLetter.message}`.includes(reason)) &&
    // A dead letter without a time matches any time.
    (from === undefined || !(Date.parse(deadLetter.time) < from));
}

function sinceOf(text: string, now: number): number {
  return isDuration(text) ? now - parseDuration(text, '--since') : parseTime(text, '--since');
}

interface Timed {
  readonly time: string;
  /** Order of reading. */
  readonly order: number;
}

/** Keeps only the newest entries, newest first. For a stream, call it at twice the limit and at the end. */
export function keepNewest<T extends Timed>(found: Map<string, T>, limit: number): void {
  const newest = [...found].sort(([, a], [, b]) => newestFirst(a, b));
  found.clear();
  for (const [key, one] of newest.slice(0, limit)) found.set(key, one);
}

/** Compares by time, then by order of reading. */
function newestFirst(a: Timed, b: Timed): number {
  // ISO 8601 in UTC sorts as text.
  if (a.time !== b.time) return a.time < b.time ? 1 : -1;
  return b.order - a.order;
}
