/** What a replaced instance does to deliveries, from the acknowledgements of each partition. */

/** A record that was acknowledged. */
export interface Delivery {
  readonly partition: number;
  /** Of the first acknowledgement, in ms since the epoch. */
  readonly time: number;
}

export interface Pauses {
  /** Seconds without a delivery, for each partition: the sum of all pauses longer than {@link PAUSE_MS}. */
  readonly total: readonly number[];
  /** The longest pause of each partition, in seconds. */
  readonly longest: readonly number[];
}

/** Shorter ones are those of the producer and of batching. */
const PAUSE_MS = 1000;

/** @param from and `to` bound the window, in ms since the epoch */
export function pausesOf(
  deliveries: readonly Delivery[],
  { partitions, from, to }: { partitions: number; from: number; to: number },
): Pauses {
  const times = Array.from({ length: partitions }, (): number[] => []);
  for (const { partition, time } of deliveries) if (time >= from && time <= to) times[partition]?.push(time);
  const gaps = times.map((one) => {
    const sorted = [from, ...one.sort((a, b) => a - b), to];
    return sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
  });
  return {
    total: gaps.map((one) => sum(one.filter((gap) => gap > PAUSE_MS)) / 1000),
    longest: gaps.map((one) => one.reduce((most, gap) => Math.max(most, gap), 0) / 1000),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
