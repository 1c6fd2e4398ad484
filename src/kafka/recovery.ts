import type { Log } from '../log.ts';
import { type Assignment, OwnedPartition } from './assignment.ts';
import type { NativeConsumer } from './native.ts';
import { RECREATED_ALARM, RETENTION_ALARM } from './start-offset.ts';

/** The lowest offset that the broker has, and the one that the next record will get. */
interface Offsets {
  readonly low: number;
  readonly high: number;
}

/** Whether the broker has what is to be read next, or nobody is going to read it. */
export function isWithin({ position, draining, closed }: OwnedPartition, { low, high }: Offsets): boolean {
  return draining || closed || (low <= position && position <= high);
}

/**
 * Goes on at the lowest offset of a partition whose next record the broker has deleted (retention), or that it has created
 * anew: aloud, never as a silent jump. A seek would be refused, since the client has given the partition up; taking it over
 * anew is not. To be called between polls, and never while the client waits for the answer to a rebalance.
 */
export function recoverPosition(
  native: NativeConsumer,
  assignment: Assignment,
  owned: OwnedPartition,
  { low, high }: Offsets,
  cooperative: boolean,
  log: Log,
): void {
  const { topic, partition, position } = owned;
  if (isWithin(owned, { low, high })) return;
  const where = { topic, partition, position, low, high };
  if (position < low) {
    log.error({ ...where, lost: low - position }, RETENTION_ALARM);
    owned.advance(low);
    owned.paused = false;
  } else {
    log.error(where, RECREATED_ALARM);
    // The old epoch commits nothing more; what is in flight of it is still delivered.
    assignment.remove(owned);
    assignment.add(new OwnedPartition(topic, partition, low, -1));
  }
  fetchAnew(native, assignment, { topic, partition, position: low }, cooperative);
}

/**
 * Takes a partition over anew at its position, so that the client starts to fetch it again. To be called between polls, and
 * never while the client waits for the answer to a rebalance.
 */
export function fetchAnew(
  native: NativeConsumer,
  assignment: Assignment,
  { topic, partition, position }: { topic: string; partition: number; position: number },
  cooperative: boolean,
): void {
  // The client remembers a pause beyond the assignment.
  native.resume([{ topic, partition }]);
  if (cooperative) {
    try {
      native.incrementalUnassign([{ topic, partition }]);
    } catch {
      // It is not assigned since the last attempt failed midway.
    }
    native.incrementalAssign([{ topic, partition, offset: position }]);
    return;
  }
  const all = assignment.all();
  native.resume(all.map((one) => ({ topic: one.topic, partition: one.partition })));
  for (const one of all) one.paused = false;
  native.assign(all.map((one) => ({ topic: one.topic, partition: one.partition, offset: one.position })));
}
