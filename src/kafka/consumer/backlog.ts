import type { OwnedPartition } from './assignment.ts';

type Source = Pick<OwnedPartition, 'lag' | 'caughtUpAt' | 'newestSettled'> & {
  readonly oldest: { readonly record: { readonly timestamp: number } } | undefined;
};

/**
 * The age of the oldest record that is not read or not settled, over all partitions. A record that is not
 * read yet was written after the last one that was, and after the time at which the partition was last read
 * to its end.
 *
 * @param now milliseconds since the epoch
 * @returns seconds; null if no partition's age is known
 */
export function backlogSeconds(partitions: readonly Source[], now: number): number | null {
  const ages = partitions.flatMap((one) => ageOf(one, now) ?? []);
  return ages.length === 0 ? null : Math.max(...ages);
}

function ageOf({ oldest, lag, caughtUpAt, newestSettled }: Source, now: number): number | null {
  const timestamp = oldest?.record.timestamp ?? -1;
  if (timestamp >= 0) return since(timestamp, now);
  if (lag === undefined) return null;
  if (lag === 0) return 0;
  const after = Math.max(newestSettled, caughtUpAt);
  return after < 0 ? null : since(after, now);
}

function since(time: number, now: number): number {
  return Math.max(0, now - time) / 1000;
}
