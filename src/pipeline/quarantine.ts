import type { Coordinates } from '../record.ts';

/** Maximum number of remembered records; the oldest are forgotten first. */
const KEPT_MAX = 1000;

/** A record that stops a worker so often is quarantined. */
const ATTEMPTS_MAX = 2;

/** Records that are dead-lettered without going through a transform, by their coordinates. */
export class Quarantine {
  readonly #records = new Map<string, Coordinates>();

  get size(): number {
    return this.#records.size;
  }

  has(record: Coordinates): boolean {
    return this.#records.size > 0 && this.#records.has(keyOf(record));
  }

  add(record: Coordinates): void {
    remember(this.#records, keyOf(record), record);
  }

  list(): Coordinates[] {
    return [...this.#records.values()];
  }
}

/** Counts how often records have stopped a worker. */
export class Attempts {
  readonly #counts = new Map<string, number>();

  /** @returns whether the record is to be quarantined */
  failed(record: Coordinates): boolean {
    const key = keyOf(record);
    const count = (this.#counts.get(key) ?? 0) + 1;
    remember(this.#counts, key, count);
    return count >= ATTEMPTS_MAX;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > KEPT_MAX) for (const oldest of map.keys()) return void map.delete(oldest);
}

function keyOf({ topic, partition, offset }: Coordinates): string {
  return `${topic}:${partition}:${offset}`;
}
