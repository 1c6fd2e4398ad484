import pRetry from 'p-retry';
import { LogweirError, messageOf } from '../../errors.ts';
import type { TopicPartition } from '../../record.ts';
import {
  ErrorCode,
  type NativeConsumer,
  type PartitionOffset,
  committedOffsets,
  hasCode,
} from '../native.ts';

/** Attempts while the group's coordinator is elected or loads the group: five seconds in all. */
const RETRIES = 10;
const RETRY_MS = 500;

/** A broker answers with these for some seconds after a restart, and after the first use of groups. */
const TRANSIENT = [
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
];

/**
 * The committed offsets of a group for a command. Waits for a coordinator that is not ready.
 *
 * @param timeoutMs of one attempt
 * @throws LogweirError UNAVAILABLE with the reason
 */
export async function readCommitted(
  consumer: NativeConsumer,
  group: string,
  partitions: readonly TopicPartition[],
  timeoutMs: number,
): Promise<PartitionOffset[]> {
  try {
    return await pRetry(() => committedOffsets(consumer, partitions, timeoutMs), {
      retries: RETRIES,
      minTimeout: RETRY_MS,
      factor: 1,
      shouldRetry: ({ error }) => TRANSIENT.some((code) => hasCode(error, code)),
    });
  } catch (error) {
    throw new LogweirError(
      'UNAVAILABLE',
      `cannot read the offsets of group ${group}: ${reasonOf(error, group)}`,
      {
        cause: error,
      },
    );
  }
}

function reasonOf(error: unknown, group: string): string {
  const isForbidden =
    hasCode(error, ErrorCode.GROUP_AUTHORIZATION) || /group authorization/i.test(messageOf(error));
  return isForbidden ? `the ACL Read on group ${group} is missing` : messageOf(error);
}
