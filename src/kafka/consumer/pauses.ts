import type { OwnedPartition } from './assignment.ts';
import type { NativeConsumer } from '../native.ts';

/** Maximum number of tracked records from the first unsettled one on. Above it, the partition is paused. */
const TRACKED_MAX = 100_000;

/** Pauses fetching: of all partitions for named reasons, and of single partitions by their state. */
export class Pauses {
  readonly #reasons = new Set<string>();

  /** All partitions are paused while at least one reason is set. */
  set(reason: string, paused: boolean): void {
    if (paused) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
  }

  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  /** Tells the client about changes only: a pause discards its queue, so it happens once per outage. */
  apply(native: NativeConsumer, partitions: readonly OwnedPartition[]): void {
    const pause: OwnedPartition[] = [];
    const resume: OwnedPartition[] = [];
    for (const owned of partitions) {
      const wanted = this.#reasons.size > 0 || pauseReason(owned) !== null;
      if (wanted === owned.paused) continue;
      owned.paused = wanted;
      (wanted ? pause : resume).push(owned);
    }
    if (pause.length > 0) native.pause(pause.map(({ topic, partition }) => ({ topic, partition })));
    if (resume.length > 0) native.resume(resume.map(({ topic, partition }) => ({ topic, partition })));
  }
}

/** Why a single partition is paused, apart from the reasons for all partitions; null if it is not. */
export function pauseReason(owned: OwnedPartition): string | null {
  const { draining, blocked, tracked, paused, deprioritised, awaitsGroups } = owned;
  if (draining) return 'draining';
  if (blocked > 0) return 'blocked records';
  if (tracked > (paused ? TRACKED_MAX / 2 : TRACKED_MAX)) return 'too many records after an unsettled one';
  if (awaitsGroups) return 'open groups of reduce use too much memory';
  return deprioritised ? 'deprioritised' : null;
}
