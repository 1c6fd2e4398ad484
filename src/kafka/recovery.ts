import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Assignment, OwnedPartition } from './assignment.ts';
import type { EpochReader } from './epoch-reader.ts';
import type { NativeConsumer } from './native.ts';
import type { Rebalancer } from './rebalance.ts';
import { StallWatch } from './stall.ts';
import {
  type Present,
  RECREATED_ALARM,
  RETENTION_ALARM,
  TRUNCATION_ALARM,
  isAnother,
} from './start-offset.ts';

/** What a recovery needs of the parts around it. */
export interface RecoveryContext {
  readonly consumer: NativeConsumer;
  readonly assignment: Assignment;
  readonly rebalancer: Pick<Rebalancer, 'isBusy' | 'protocol'>;
  readonly epochs: Pick<EpochReader, 'cutOf'>;
  readonly log: Log;
  /** Runs `action` when no `consume` is in flight. */
  betweenPolls<T>(action: () => T): Promise<T>;
  /** Has the positions moved over what is never delivered. Only between polls. */
  learnPositions(): void;
}

/** Up to where a partition was read, and the epoch of the record before that; -1 where it is not known. */
interface Reached {
  readonly offset: number;
  readonly epoch: number;
}

/** Why a partition cannot go on by itself, and where it is to go on. */
type Fault =
  | { readonly kind: 'stopped'; readonly position: number }
  | { readonly kind: 'retention'; readonly at: number }
  | { readonly kind: 'recreated'; readonly at: number }
  | { readonly kind: 'truncated'; readonly at: number; readonly lost: number };

/**
 * Goes on where the broker still has something, if it has deleted what was to be read next (retention), or has lost the end of the
 * partition, or the topic itself: aloud, never as a silent jump. And has a partition fetched anew that the client has silently stopped
 * fetching.
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
  async check(owned: OwnedPartition, present: Present, emptyAt: number): Promise<void> {
    const { rebalancer, log } = this.#context;
    try {
      const fault = await this.#faultOf(owned, present, emptyAt);
      if (fault === null) return;
      await this.#context.betweenPolls(() => {
        // Never while the client waits for the answer to a rebalance.
        if (rebalancer.isBusy || owned.closed || owned.draining) return;
        if (fault.kind === 'stopped') this.#restart(owned, present, fault.position);
        else this.#goOn(owned, present, fault);
      });
    } catch (error) {
      const reason = messageOf(error);
      log.error({ partition: owned.name, reason }, 'a partition was not fetched anew; trying again');
    }
  }

  async #faultOf(owned: OwnedPartition, present: Present, emptyAt: number): Promise<Fault | null> {
    const { low, high, topicId } = present;
    const isStalled = this.#stalls.isStalled(owned, high, emptyAt, performance.now());
    if (owned.draining || owned.closed) return null;
    owned.topicId ??= topicId;
    const { position } = owned;
    if (isAnother(owned.topicId, topicId)) return { kind: 'recreated', at: low };
    if (position < low) return { kind: 'retention', at: low };
    if (position > high) {
      // A broker that has just started may not tell the id for a while: somebody asks again.
      if (topicId === null && owned.topicId !== null) return null;
      // Where ids are never told this may be a topic that was created anew, and to read one again loses nothing.
      if (topicId === null) return { kind: 'recreated', at: low };
      return this.#truncation(owned, low, high, this.#reached(owned));
    }
    const cut = await this.#verify(owned, low);
    if (cut !== null) return cut;
    return isStalled ? this.#stalled(owned, low, position) : null;
  }

  /** Once for an offset that was committed by somebody: what lies before it may have been cut, and written anew beyond it. */
  async #verify(owned: OwnedPartition, low: number): Promise<Fault | null> {
    const { unverified, epochs, position } = owned;
    if (unverified === null) return null;
    const { offset, epoch } = unverified;
    const isSame = position > offset && epochs.before(position) === epoch;
    const fault = isSame
      ? null
      : await this.#truncation(owned, low, offset, { offset, epoch }).catch(() => undefined);
    // Without an answer somebody asks again.
    if (fault === undefined) return null;
    owned.unverified = null;
    return fault !== null && fault.at < offset ? fault : null;
  }

  async #stalled(owned: OwnedPartition, low: number, position: number): Promise<Fault | null> {
    const fault = await this.#truncation(owned, low, position, this.#reached(owned));
    return fault.at < position ? fault : { kind: 'stopped', position };
  }

  #reached({ position, epochs }: OwnedPartition): Reached {
    return { offset: position, epoch: epochs.before(position) };
  }

  /** @param end up to where the log may be what was read */
  async #truncation(
    owned: OwnedPartition,
    low: number,
    end: number,
    { offset, epoch }: Reached,
  ): Promise<Fault & { kind: 'truncated' }> {
    const at = epoch < 0 ? end : await this.#context.epochs.cutOf(owned, low, end, epoch);
    return { kind: 'truncated', at, lost: offset - at };
  }

  #restart(owned: OwnedPartition, { low, high }: Present, before: number): void {
    // What has moved meanwhile, over control records for one, needs no help.
    this.#context.learnPositions();
    const { name, position } = owned;
    if (position !== before) return;
    this.#context.log.warn(
      { partition: name, position, low, high },
      'the client has stopped fetching; starting it anew',
    );
    this.#fetchAnew(owned);
  }

  /** A seek would be refused, since the client has given the partition up; taking it over anew is not. */
  #goOn(
    owned: OwnedPartition,
    { low, high, topicId }: Present,
    fault: Exclude<Fault, { kind: 'stopped' }>,
  ): void {
    const { assignment, log } = this.#context;
    const { topic, partition, position } = owned;
    const { kind, at } = fault;
    const where = { topic, partition, position, low, high };
    if (kind === 'retention') {
      log.error({ ...where, lost: low - position }, RETENTION_ALARM);
      owned.advance(low);
      owned.paused = false;
    } else {
      if (kind === 'recreated') log.error(where, RECREATED_ALARM);
      else log.error({ ...where, lost: fault.lost, offset: at }, TRUNCATION_ALARM);
      // The old epoch commits nothing more; what is in flight of it is still delivered.
      assignment.remove(owned);
      const anew = new OwnedPartition(topic, partition, at, -1);
      anew.topicId = topicId ?? owned.topicId;
      anew.answered(high);
      assignment.add(anew);
    }
    this.#fetchAnew({ topic, partition, position: at });
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
