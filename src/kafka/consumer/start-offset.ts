export const RETENTION_ALARM =
  'records were deleted by retention before they were read, continuing at the earliest offset';
export const RECREATED_ALARM = 'topic recreated, reading it from its beginning';
export const TRUNCATION_ALARM =
  'consumed records were lost by a truncation of the partition (unclean leader election), continuing there';

/** The group's committed offset of a partition. */
interface Committed {
  /** -1 if there is none. */
  readonly offset: number;
  /** Id of the topic at the time of the commit; null if the committing client did not add it. */
  readonly topicId: string | null;
}

/** The present state of a partition on the brokers. */
export interface Present {
  /** The lowest available offset. */
  readonly low: number;
  /** The offset of the next record. */
  readonly high: number;
  /** Null if the brokers have none, or do not send it. */
  readonly topicId: string | null;
}

/** The offset at which a partition is read, and why it differs from the committed one. */
export interface StartOffset {
  readonly offset: number;
  /**
   * - `committed`: the committed offset;
   * - `none`: the group has no offset;
   * - `retention`: the next record is deleted;
   * - `recreated`: the topic was deleted and created again;
   * - `truncated`: the brokers have lost the last consumed records.
   */
  readonly fate: 'committed' | 'none' | 'retention' | 'recreated' | 'truncated';
  /** Number of records that are lost: offsets that the brokers no longer have. */
  readonly lost: number;
}

/**
 * Resolves the start offset. librdkafka is set to `auto.offset.reset: error`, because its own reset is
 * silent.
 *
 * An offset beyond the end belongs to a recreated topic only if the topic id has changed: Kafka deletes
 * committed offsets together with their topic. Otherwise an unclean election has truncated the partition, and
 * a replay from the beginning would recover nothing.
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

/** Whether both ids are known and differ. */
export function isAnother(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now;
}

const PREFIX = 'logweir topic_id=';

/** Metadata of a committed offset. It tells later for which topic the offset was committed. */
export function commitMetadata(topicId: string): string {
  return PREFIX + topicId;
}

/** The topic id in a commit's metadata; null if it is of another client. */
export function topicIdOf(metadata: string | undefined): string | null {
  return metadata?.startsWith(PREFIX) === true ? metadata.slice(PREFIX.length) : null;
}
