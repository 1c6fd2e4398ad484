export const RETENTION_ALARM =
  'records were deleted by retention before they were read; going on from the earliest';
export const RECREATED_ALARM = 'the topic was created anew; reading it from its beginning';

/** Where a partition is read from, and what has to be said about it. */
export interface StartOffset {
  offset: number;
  /** Committed offsets that the broker no longer has: this many records are gone. */
  lost: number;
  /** The group had committed more than there is: the topic was deleted and created anew. */
  recreated: boolean;
}

/**
 * Resolves the offset to start from; librdkafka gets `auto.offset.reset: error`, since a reset inside it is silent.
 *
 * @param committed the group's offset, -1 where it has none
 * @param low the lowest offset that the broker still has
 * @param high the offset that the next record will get
 */
export function resolveStart(
  committed: number,
  low: number,
  high: number,
  reset: 'earliest' | 'latest',
): StartOffset {
  if (committed < 0) return { offset: reset === 'earliest' ? low : high, lost: 0, recreated: false };
  if (committed < low) return { offset: low, lost: low - committed, recreated: false };
  if (committed > high) return { offset: low, lost: 0, recreated: true };
  return { offset: committed, lost: 0, recreated: false };
}
