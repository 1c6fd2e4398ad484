/** The counts of one transform, for metrics and status. */
export interface TransformTotals {
  /** The `use` of the transform; the second one of the same name is `name#2`. */
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** Events for which it returned none. */
  readonly dropped: number;
  /** Events for which it failed, whatever `on_error` then does. */
  readonly failed: number;
  /** Time spent in it, estimated from a sample of its calls. */
  readonly seconds: number;
}

/** Asynchronous calls of a transform that have not ended. */
export interface PendingCalls {
  readonly name: string;
  readonly calls: number;
  /** Since the start of the oldest. */
  readonly seconds: number;
}

/** So many first calls are all timed, so that a few events have an exact time. */
const EXACT_CALLS = 32;
/** Then one call of so many: reading the clock costs more than a count. A prime, unlike patterns in data. */
const TIMED_EVERY = 127;
/** In place of the start of a call that is not timed. */
export const NOT_TIMED = -1;
/** Maximum number of names, over all reloads; further ones share the last. */
const NAMES_MAX = 200;
const OTHER = 'other';

/** Counts of one transform. Each is a plain addition: this runs for every event. */
export class StepCounts {
  in = 0;
  out = 0;
  dropped = 0;
  failed = 0;
  /** The number of calls that the current timed one stands for. */
  weight = 1;
  #ms = 0;
  #skip = 0;
  /** When each pending call started, in ms; the oldest is the first. */
  readonly #pending = new Set<{ readonly at: number }>();

  /** Counts an event. @returns when its call starts; negative if the call is not timed */
  begin(): number {
    this.in++;
    if (this.#skip > 0) {
      this.#skip--;
      return NOT_TIMED;
    }
    if (this.in > EXACT_CALLS) {
      this.weight = TIMED_EVERY;
      this.#skip = TIMED_EVERY - 1;
    }
    return performance.now();
  }

  /** A call has ended. @param started from {@link begin} */
  end(started: number, weight: number): void {
    if (started >= 0) this.#ms += (performance.now() - started) * weight;
  }

  /** An asynchronous call waits. @returns for {@link arrived} */
  waits(): { readonly at: number } {
    const call = { at: performance.now() };
    this.#pending.add(call);
    return call;
  }

  /** It has ended, or its time limit has. */
  arrived(call: { readonly at: number }): void {
    this.#pending.delete(call);
  }

  pending(name: string): PendingCalls | null {
    const [oldest] = this.#pending;
    if (oldest === undefined) return null;
    return { name, calls: this.#pending.size, seconds: (performance.now() - oldest.at) / 1000 };
  }

  /** Counts the events that it returned for one event. */
  returned<T>(events: T[]): T[] {
    if (events.length === 0) this.dropped++;
    else this.out += events.length;
    return events;
  }

  totals(name: string): TransformTotals {
    const { in: received, out, dropped, failed } = this;
    return { name, in: received, out, dropped, failed, seconds: this.#ms / 1000 };
  }
}

/** The counts of all transforms since the start: those of a name continue when a reload replaces it. */
export class TransformCounts {
  readonly #byName = new Map<string, StepCounts>();

  of(name: string): StepCounts {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= NAMES_MAX && name !== OTHER) return this.of(OTHER);
    const counts = new StepCounts();
    this.#byName.set(name, counts);
    return counts;
  }

  /** The transforms with pending calls. */
  pending(): PendingCalls[] {
    return [...this.#byName].flatMap(([name, counts]) => counts.pending(name) ?? []);
  }

  list(): TransformTotals[] {
    return [...this.#byName].map(([name, counts]) => counts.totals(name));
  }
}

/** The names with a number added to repeated ones: `filter`, `filter#2`. */
export function distinctNames(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}#${times}`;
  });
}
