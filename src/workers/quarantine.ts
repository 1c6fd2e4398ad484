import type { Coordinates } from './messages.ts';

/** How many records are remembered; the oldest go first. */
const KEPT_MAX = 1000;

/** How often a record may stop a worker before no transform sees it again. */
const STRIKES = 2;

/** Records that are dead-lettered without being given to a transform, by their coordinates. */
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
export class Strikes {
  readonly #counts = new Map<string, number>();

  /** @returns whether that was once too often */
  strike(record: Coordinates): boolean {
    const key = keyOf(record);
    const count = (this.#counts.get(key) ?? 0) + 1;
    remember(this.#counts, key, count);
    return count >= STRIKES;
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
