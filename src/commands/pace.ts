import type { StatusView } from '../admin/status-view.ts';

/** Rates between two readings at the status. */
export interface Pace {
  /** Committed records for each second, by `topic[partition]`. */
  readonly partitions: ReadonlyMap<string, number>;
  /** Events for each second that came to a transform, in the order of the chain; null while unknown. */
  readonly transforms: readonly (number | null)[];
}

/** @param before undefined at the first look. @param seconds between the two */
export function paceBetween(before: StatusView | undefined, now: StatusView, seconds: number): Pace {
  const partitions = new Map<string, number>();
  const none = { partitions, transforms: (now.transforms ?? []).map(() => null) };
  if (before === undefined || seconds <= 0) return none;
  const committed = new Map(before.kafka.partitions.map((one) => [nameOf(one), one.committed ?? -1]));
  for (const one of now.kafka.partitions) {
    const from = committed.get(nameOf(one)) ?? -1;
    const to = one.committed ?? -1;
    if (from >= 0 && to >= from) partitions.set(nameOf(one), (to - from) / seconds);
  }
  const transforms = (now.transforms ?? []).map((one, index) => {
    const earlier = before.transforms?.[index];
    // After a reload another chain counts.
    if (earlier?.name !== one.name || (one.in ?? 0) < (earlier.in ?? 0)) return null;
    return ((one.in ?? 0) - (earlier.in ?? 0)) / seconds;
  });
  return { partitions, transforms };
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}[${partition}]`;
}
