import type { Charts, Series } from './view-model.ts';

/**
 * What the process remembers of the last hour, for the status page and for the rates in `/api/status`. Its
 * size is bounded: a fixed number of points, for a limited number of partitions.
 */

/** Cumulative counts at one moment, and the state of the partitions. */
interface Sample {
  readonly received: number;
  readonly indexed: number;
  readonly dead_lettered: number;
  readonly dropped: number;
  /** Null while unknown. */
  readonly lag: number | null;
  readonly partitions: readonly PartitionSample[];
}

interface PartitionSample {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
  readonly lag: number | null;
}

/** Records for each second, over the last {@link RATE_SECONDS}. */
export interface Rates {
  readonly received_per_second: number;
  readonly indexed_per_second: number;
  readonly dead_lettered_per_second: number;
  readonly dropped_per_second: number;
}

const RATE_SECONDS = 10;
const HOUR = 3600;
/** Steps of the throughput, and of the partitions. */
const THROUGHPUT_SECONDS = 10;
const PARTITION_SECONDS = 30;
const PARTITIONS_MAX = 128;
const LAG_TREND_SECONDS = 60;

type Counts = Pick<Sample, 'received' | 'indexed' | 'dead_lettered' | 'dropped'>;
type Timed<T> = T & { readonly at: number };
type Values = (number | null)[];

export class History {
  /** Of the last seconds, oldest first; enough for the rates. */
  #recent: Timed<Counts>[] = [];
  #before: Timed<Counts> | null = null;
  #partitionsAt = -Infinity;
  readonly #received: Values = [];
  readonly #indexed: Values = [];
  readonly #deadLettered: Values = [];
  readonly #lag: Values = [];
  readonly #partitions = new Map<string, { lag: Values; offset: Values }>();

  /** @param at seconds of a monotonic clock */
  add(sample: Sample, at: number): void {
    const { received, indexed, dead_lettered, dropped } = sample;
    const counts = { received, indexed, dead_lettered, dropped, at };
    this.#recent.push(counts);
    // The newest of those that are old enough stays: the rates count from it.
    while ((this.#recent[1]?.at ?? Infinity) <= at - RATE_SECONDS) this.#recent.shift();
    this.#addThroughput(counts, sample.lag);
    this.#addPartitions(sample.partitions, at);
  }

  /** All 0 before the second sample. */
  get rates(): Rates {
    const [first] = this.#recent;
    const last = this.#recent.at(-1);
    const rate = (name: keyof Counts): number =>
      first === undefined || last === undefined ? 0 : rateOf(first, last, name);
    return {
      received_per_second: rate('received'),
      indexed_per_second: rate('indexed'),
      dead_lettered_per_second: rate('dead_lettered'),
      dropped_per_second: rate('dropped'),
    };
  }

  /** How much the lag has grown in the last minute; null if that is unknown. */
  get lagGrowth(): number | null {
    const back = LAG_TREND_SECONDS / THROUGHPUT_SECONDS;
    const now = this.#lag.at(-1) ?? null;
    const before = this.#lag.at(-1 - back) ?? null;
    return now === null || before === null ? null : now - before;
  }

  charts(): Charts {
    const throughput = (values: Values): Series => ({ every_seconds: THROUGHPUT_SECONDS, values });
    const charts: Record<string, Series> = {
      received: throughput(this.#received),
      indexed: throughput(this.#indexed),
      dead_lettered: throughput(this.#deadLettered),
      lag: throughput(this.#lag),
    };
    for (const [name, { lag, offset }] of this.#partitions) {
      charts[`lag:${name}`] = { every_seconds: PARTITION_SECONDS, values: lag };
      charts[`offset:${name}`] = { every_seconds: PARTITION_SECONDS, values: offset };
    }
    return charts;
  }

  #addThroughput(counts: Timed<Counts>, lag: number | null): void {
    const before = (this.#before ??= counts);
    if (counts.at - before.at < THROUGHPUT_SECONDS) return;
    this.#before = counts;
    const points = HOUR / THROUGHPUT_SECONDS;
    append(this.#received, rateOf(before, counts, 'received'), points);
    append(this.#indexed, rateOf(before, counts, 'indexed'), points);
    append(this.#deadLettered, rateOf(before, counts, 'dead_lettered'), points);
    append(this.#lag, lag, points);
  }

  #addPartitions(partitions: readonly PartitionSample[], at: number): void {
    if (at - this.#partitionsAt < PARTITION_SECONDS) return;
    this.#partitionsAt = at;
    const owned = new Set(partitions.map(nameOf));
    for (const name of this.#partitions.keys()) if (!owned.has(name)) this.#partitions.delete(name);
    for (const one of partitions) {
      const name = nameOf(one);
      const known = this.#partitions.get(name) ?? { lag: [], offset: [] };
      if (!this.#partitions.has(name) && this.#partitions.size >= PARTITIONS_MAX) continue;
      this.#partitions.set(name, known);
      append(known.lag, one.lag, HOUR / PARTITION_SECONDS);
      append(known.offset, one.committed < 0 ? null : one.committed, HOUR / PARTITION_SECONDS);
    }
  }
}

function nameOf({ topic, partition }: PartitionSample): string {
  return `${topic}[${partition}]`;
}

function append(values: Values, value: number | null, max: number): void {
  values.push(value);
  if (values.length > max) values.shift();
}

/** Never negative: a worker that is killed loses the counts since its last report. */
function rateOf(from: Timed<Counts>, to: Timed<Counts>, name: keyof Counts): number {
  const seconds = to.at - from.at;
  if (seconds <= 0) return 0;
  return Math.round((Math.max(0, to[name] - from[name]) / seconds) * 10) / 10;
}
