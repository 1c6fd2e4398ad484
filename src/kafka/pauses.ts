import type { OwnedPartition } from './assignment.ts';
import type { NativeConsumer } from './native.ts';

/** Records kept of one partition behind its first unsettled one. Beyond, only that partition is paused. */
const TRACKED_MAX = 100_000;

/** What is not fetched at the moment, and why: everything for a reason, or single partitions by their state. */
export class Pauses {
  readonly #reasons = new Set<string>();

  /** Reasons add up. */
  set(reason: string, paused: boolean): void {
    if (paused) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
  }

  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  /** Tells the client what has changed: pausing discards its queue, so it is done once per outage, not per failure. */
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

/** Why a single partition is not to be fetched, whatever there is against all of them; null where nothing is against it. */
export function pauseReason(owned: OwnedPartition): string | null {
  const { draining, held, tracked, paused, yielding, awaitsGroups } = owned;
  if (draining) return 'draining';
  if (held > 0) return 'records held';
  if (tracked > (paused ? TRACKED_MAX / 2 : TRACKED_MAX)) return 'too much behind an unsettled record';
  if (awaitsGroups) return 'too much waits in open groups of reduce';
  return yielding ? 'waiting for its turn' : null;
}
