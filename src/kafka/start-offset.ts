export const RETENTION_ALARM =
  'records were deleted by retention before they were read; going on from the earliest';
export const RECREATED_ALARM = 'the topic was created anew; reading it from its beginning';
export const TRUNCATION_ALARM =
  'records that had been read were lost by a truncation of the partition (an unclean leader election); going on where it was cut';

/** What the group has committed of a partition. */
export interface Committed {
  /** -1 where it has nothing. */
  readonly offset: number;
  /** Of the topic that it was committed for; null where whoever committed did not note it. */
  readonly topicId: string | null;
}

/** A partition as the brokers have it. */
export interface Present {
  /** The lowest offset that there is. */
  readonly low: number;
  /** The offset that the next record will get. */
  readonly high: number;
  /** Null where the brokers know none, or did not say. */
  readonly topicId: string | null;
}

/** Where a partition is read from, and what has to be said about it. */
export interface StartOffset {
  readonly offset: number;
  /**
   * - `committed`: where the group was;
   * - `none`: the group has no offset;
   * - `retention`: what was to be read next is deleted;
   * - `recreated`: the topic was deleted and created anew;
   * - `truncated`: the brokers have lost the end of what was read.
   */
  readonly fate: 'committed' | 'none' | 'retention' | 'recreated' | 'truncated';
  /** Committed offsets that the brokers no longer have: this many records are gone. */
  readonly lost: number;
}

/**
 * Resolves the offset to start from; librdkafka gets `auto.offset.reset: error`, since a reset inside it is silent.
 *
 * An offset beyond the end is one of a topic that was created anew only where its id says so: with a topic Kafka deletes what was
 * committed for it. Otherwise an unclean election has truncated the partition, and to read it all again would help nobody.
 */
export function resolveStart(
  committed: Committed,
  { low, high, topicId }: Present,
  reset: 'earliest' | 'latest',
): StartOffset {
  const { offset } = committed;
  if (offset < 0) return { offset: reset === 'earliest' ? low : high, fate: 'none', lost: 0 };
  if (isAnother(committed.topicId, topicId)) return { offset: low, fate: 'recreated', lost: 0 };
  if (offset < low) return { offset: low, fate: 'retention', lost: low - offset };
  if (offset > high) return { offset: high, fate: 'truncated', lost: offset - high };
  return { offset, fate: 'committed', lost: 0 };
}

/** Whether these are the ids of two topics of one name. */
export function isAnother(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now;
}

const NOTE = 'logweir topic_id=';

/** What goes with a committed offset, so that whoever reads it knows of which topic it is. */
export function noteOf(topicId: string): string {
  return NOTE + topicId;
}

/** @param note of any client's, up to what the brokers allow */
export function topicIdOf(note: string | undefined): string | null {
  return note?.startsWith(NOTE) === true ? note.slice(NOTE.length) : null;
}
