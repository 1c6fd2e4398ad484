import type { Log } from '../log.ts';
import { type Assignment, OwnedPartition } from './assignment.ts';
import type { NativeConsumer, PartitionOffset } from './native.ts';
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
 * anew: aloud, never as a silent jump. To be called between polls.
 */
export function recoverPosition(
  native: NativeConsumer,
  assignment: Assignment,
  owned: OwnedPartition,
  { low, high }: Offsets,
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
  reassign(native, assignment, { topic, partition, offset: low });
}

/** A seek is refused once the client has given a partition up; taking it over anew is not. */
function reassign(native: NativeConsumer, assignment: Assignment, start: PartitionOffset): void {
  if (native.rebalanceProtocol() === 'COOPERATIVE') {
    native.incrementalUnassign([start]);
    native.incrementalAssign([start]);
    return;
  }
  const all = assignment.all();
  for (const owned of all) owned.paused = false;
  native.assign(all.map(({ topic, partition, position }) => ({ topic, partition, offset: position })));
}
