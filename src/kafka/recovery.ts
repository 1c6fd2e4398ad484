import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Assignment, OwnedPartition } from './assignment.ts';
import type { NativeConsumer } from './native.ts';
import type { Rebalancer } from './rebalance.ts';
import { StallWatch } from './stall.ts';
import { RECREATED_ALARM, RETENTION_ALARM } from './start-offset.ts';

/** The lowest offset that the broker has, and the one that the next record will get. */
interface Offsets {
  readonly low: number;
  readonly high: number;
}

/** What a recovery needs of the parts around it. */
export interface RecoveryContext {
  readonly consumer: NativeConsumer;
  readonly assignment: Assignment;
  readonly rebalancer: Pick<Rebalancer, 'isBusy' | 'protocol'>;
  readonly log: Log;
  /** Runs `action` when no `consume` is in flight. */
  betweenPolls<T>(action: () => T): Promise<T>;
  /** Has the positions moved over what is never delivered. Only between polls. */
  learnPositions(): void;
}

/**
 * Goes on where the broker still has something, if it has deleted what was to be read next (retention), or the topic itself: aloud,
 * never as a silent jump. And has a partition fetched anew that the client has silently stopped fetching.
 */
export class Recovery {
  readonly #context: RecoveryContext;
  readonly #stalls = new StallWatch();

  constructor(context: RecoveryContext) {
    this.#context = context;
  }

  /**
   * To be called every few seconds. Never rejects.
   *
   * @param emptyAt when the client's queue was last empty, by `performance.now()`
   */
  async check(owned: OwnedPartition, offsets: Offsets, emptyAt: number): Promise<void> {
    const { rebalancer, log } = this.#context;
    const within = isWithin(owned, offsets);
    const stalled = this.#stalls.isStalled(owned, offsets.high, emptyAt, performance.now());
    if (within && !stalled) return;
    const before = owned.position;
    try {
      await this.#context.betweenPolls(() => {
        // Never while the client waits for the answer to a rebalance.
        if (rebalancer.isBusy || owned.closed) return;
        if (within) this.#restart(owned, offsets, before);
        else this.#recoverPosition(owned, offsets);
      });
    } catch (error) {
      const reason = messageOf(error);
      log.error({ partition: owned.name, reason }, 'a partition was not fetched anew; trying again');
    }
  }

  #restart(owned: OwnedPartition, offsets: Offsets, before: number): void {
    // What has moved meanwhile, over control records for one, needs no help.
    this.#context.learnPositions();
    const { name, position } = owned;
    if (position !== before) return;
    this.#context.log.warn(
      { partition: name, position, ...offsets },
      'the client has stopped fetching; starting it anew',
    );
    this.#fetchAnew(owned);
  }

  /** A seek would be refused, since the client has given the partition up; taking it over anew is not. */
  #recoverPosition(owned: OwnedPartition, { low, high }: Offsets): void {
    const { assignment, log } = this.#context;
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
    this.#fetchAnew({ topic, partition, position: low });
  }

  /** Takes a partition over anew at its position, so that the client starts to fetch it again. */
  #fetchAnew({ topic, partition, position }: Pick<OwnedPartition, 'topic' | 'partition' | 'position'>): void {
    const { consumer, assignment, rebalancer } = this.#context;
    // The client remembers a pause beyond the assignment.
    consumer.resume([{ topic, partition }]);
    if (rebalancer.protocol === 'COOPERATIVE') {
      try {
        consumer.incrementalUnassign([{ topic, partition }]);
      } catch {
        // It is not assigned since the last attempt failed midway.
      }
      consumer.incrementalAssign([{ topic, partition, offset: position }]);
      return;
    }
    const all = assignment.all();
    consumer.resume(all.map((one) => ({ topic: one.topic, partition: one.partition })));
    for (const one of all) one.paused = false;
    consumer.assign(all.map((one) => ({ topic: one.topic, partition: one.partition, offset: one.position })));
  }
}

/** Whether the broker has what is to be read next, or nobody is going to read it. */
function isWithin({ position, draining, closed }: OwnedPartition, { low, high }: Offsets): boolean {
  return draining || closed || (low <= position && position <= high);
}
