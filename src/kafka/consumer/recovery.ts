import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { TopicPartition } from '../../record.ts';
import { type Assignment, type EpochBoundary, OwnedPartition } from './assignment.ts';
import type { EpochReader } from './epoch-reader.ts';
import type { NativeConsumer } from '../native.ts';
import type { Rebalancer } from './rebalance.ts';
import { StallWatch } from './stall.ts';
import {
  type Present,
  RECREATED_ALARM,
  RETENTION_ALARM,
  TRUNCATION_ALARM,
  isAnother,
} from './start-offset.ts';

/** A query about a truncation is repeated for this time. */
const UNANSWERED_MAX_MS = 60_000;

/** The dependencies of a {@link Recovery}. */
interface RecoveryContext {
  readonly consumer: NativeConsumer;
  readonly assignment: Assignment;
  readonly rebalancer: Pick<Rebalancer, 'isBusy' | 'protocol'>;
  readonly epochs: Pick<EpochReader, 'truncationOf'>;
  readonly log: Log;
  /** Runs `action` when no `consume` is in flight. */
  betweenPolls<T>(action: () => T): Promise<T>;
  /** Moves positions over offsets that are never delivered. Only between polls. */
  learnPositions(): void;
}

/** The position of a partition, and the epoch of the record before it; -1 if unknown. */
interface Reached {
  readonly offset: number;
  readonly epoch: number;
}

/** Why a partition cannot continue by itself, and the offset (`at`) at which it is to continue. */
type Fault =
  | { readonly kind: 'stopped'; readonly position: number }
  | { readonly kind: 'retention'; readonly at: number }
  | { readonly kind: 'recreated'; readonly at: number }
  | { readonly kind: 'truncated'; readonly at: number; readonly lost: number };

/**
 * Continues at an offset that the broker has, if retention has deleted the next record, or the end of the
 * partition or the topic itself is lost. Each such jump is logged as an error. Also restarts the fetch of a
 * partition that the client has silently stopped fetching.
 */
export class Recovery {
  readonly #context: RecoveryContext;
  readonly #stalls = new StallWatch();
  readonly #unansweredSince = new WeakMap<EpochBoundary, number>();

  constructor(context: RecoveryContext) {
    this.#context = context;
  }

  /**
   * Called every few seconds. Never rejects.
   *
   * @param emptyAt when the client's queue was last empty, by `performance.now()`
   */
  async check(owned: OwnedPartition, present: Present, emptyAt: number): Promise<void> {
    const { rebalancer, log } = this.#context;
    try {
      const fault = await this.#faultOf(owned, present, emptyAt);
      if (fault === null) return;
      await this.#context.betweenPolls(() => {
        // While the client waits for the answer to a rebalance, it must not be assigned anything else.
        if (rebalancer.isBusy || owned.closed || owned.draining) return;
        if (fault.kind === 'stopped') this.#restart(owned, present, fault.position);
        else this.#jump(owned, present, fault);
      });
    } catch (error) {
      const reason = messageOf(error);
      log.error(
        { code: 'fetch_restart_failed', partition: owned.name, reason },
        'cannot restart the fetch of a partition, retrying',
      );
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
      // A broker that has just started may not send the id for a while: the next check decides.
      if (topicId === null && owned.topicId !== null) return null;
      // Without ids this may be a recreated topic. To read a partition again loses nothing.
      if (topicId === null) return { kind: 'recreated', at: low };
      return this.#truncation(owned, low, high, this.#reached(owned));
    }
    const truncation = await this.#verify(owned, low);
    if (truncation !== null) return truncation;
    return isStalled ? this.#stalled(owned, low, position) : null;
  }

  /** Whether the log was truncated before an offset, and rewritten beyond it, which no offset shows. */
  async #verify(owned: OwnedPartition, low: number): Promise<Fault | null> {
    const { unverified, epochs, position } = owned;
    if (unverified === undefined) return null;
    const { offset, epoch } = unverified;
    if (position <= offset || epochs.before(position) !== epoch) {
      const fault = await this.#truncation(owned, low, offset, { offset, epoch }).catch((error: unknown) =>
        this.#unanswered(owned, unverified, error),
      );
      if (fault === null || fault.at < offset) return fault;
    }
    owned.verified(unverified);
    return null;
  }

  /** An unverified boundary blocks commits: after a while the partition continues without verification. */
  #unanswered(owned: OwnedPartition, boundary: EpochBoundary, error: unknown): null {
    const now = performance.now();
    const since = this.#unansweredSince.get(boundary) ?? now;
    this.#unansweredSince.set(boundary, since);
    if (now - since >= UNANSWERED_MAX_MS) {
      const { offset } = boundary;
      this.#context.log.error(
        { code: 'truncation_unverified', partition: owned.name, offset, reason: messageOf(error) },
        'cannot verify whether the partition was truncated, continuing',
      );
      owned.verified(boundary);
    }
    return null;
  }

  async #stalled(owned: OwnedPartition, low: number, position: number): Promise<Fault | null> {
    const fault = await this.#truncation(owned, low, position, this.#reached(owned));
    return fault.at < position ? fault : { kind: 'stopped', position };
  }

  #reached({ position, epochs }: OwnedPartition): Reached {
    return { offset: position, epoch: epochs.before(position) };
  }

  /** @param end the highest offset up to which the log may be unchanged */
  async #truncation(
    owned: OwnedPartition,
    low: number,
    end: number,
    { offset, epoch }: Reached,
  ): Promise<Fault & { kind: 'truncated' }> {
    const at = epoch < 0 ? end : await this.#context.epochs.truncationOf(owned, low, end, epoch);
    return { kind: 'truncated', at, lost: offset - at };
  }

  #restart(owned: OwnedPartition, { low, high }: Present, before: number): void {
    // A partition whose position has moved meanwhile, e.g. over control records, is not stalled.
    this.#context.learnPositions();
    const { name, position } = owned;
    if (position !== before) return;
    this.#context.log.warn(
      { code: 'fetch_stalled', partition: name, position, low, high },
      'fetch stalled, restarting',
    );
    this.#restartFetch(owned);
  }

  /** The client rejects a seek after it has stopped the partition, but accepts a new assignment. */
  #jump(
    owned: OwnedPartition,
    { low, high, topicId }: Present,
    fault: Exclude<Fault, { kind: 'stopped' }>,
  ): void {
    const { assignment, log } = this.#context;
    const { topic, partition, position } = owned;
    const { kind, at } = fault;
    const where = { topic, partition, position, low, high };
    if (kind === 'retention') {
      log.error({ code: 'records_deleted', ...where, lost: low - position }, RETENTION_ALARM);
      owned.advance(low);
      owned.paused = false;
    } else {
      if (kind === 'recreated') log.error({ code: 'topic_recreated', ...where }, RECREATED_ALARM);
      else
        log.error({ code: 'partition_truncated', ...where, lost: fault.lost, offset: at }, TRUNCATION_ALARM);
      // The old epoch commits nothing more. Its records in flight are still delivered.
      assignment.remove(owned);
      const restarted = new OwnedPartition(topic, partition, at, -1);
      restarted.topicId = topicId ?? owned.topicId;
      restarted.answered(high);
      assignment.add(restarted);
    }
    this.#restartFetch({ topic, partition, position: at });
  }

  /** Assigns a partition again at its position, so that the client restarts its fetch. */
  #restartFetch({ topic, partition, position }: TopicPartition & Pick<OwnedPartition, 'position'>): void {
    const { consumer, assignment, rebalancer } = this.#context;
    // The client keeps a pause after a revocation.
    consumer.resume([{ topic, partition }]);
    if (rebalancer.protocol === 'COOPERATIVE') {
      try {
        consumer.incrementalUnassign([{ topic, partition }]);
      } catch {
        // It is not assigned, because the last attempt failed halfway.
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
