import type { DeadLetterCount } from '../admin/dead-letter-reports.ts';
import type { Status } from '../admin/status.ts';

const SHOWN_MAX = 20;

/** The transforms of all workers: the oldest load, every hash in use, and a failed reload of any worker. */
export function mergedChain(all: readonly Pick<Status, 'chain'>[]): Status['chain'] {
  const chains = all.map(({ chain }) => chain);
  return {
    loaded_at: chains.map(({ loaded_at }) => loaded_at).toSorted()[0] ?? '',
    hash: [...new Set(chains.map(({ hash }) => hash))].join(', '),
    failed_reload: chains.find(({ failed_reload }) => failed_reload !== null)?.failed_reload ?? null,
  };
}

/** Each endpoint as the worker sees it for which it fails; else as any worker sees it that asked it. */
export function mergedEndpoints(
  all: readonly Pick<Status, 'elasticsearch'>[],
): Status['elasticsearch']['endpoints'] {
  const rank = { failing: 2, ok: 1, unknown: 0 };
  const found = new Map<string, Status['elasticsearch']['endpoints'][number]>();
  for (const { elasticsearch } of all)
    for (const endpoint of elasticsearch.endpoints) {
      const known = found.get(endpoint.url);
      if (known === undefined || rank[endpoint.state] > rank[known.state]) found.set(endpoint.url, endpoint);
    }
  return [...found.values()];
}

/** Sums by reason and cause. */
export function mergedDeadLetters(lists: readonly (readonly DeadLetterCount[])[]): DeadLetterCount[] {
  const found = new Map<string, { count: number; last: string; causes: Map<string, number> }>();
  for (const { reason, count, last, causes } of lists.flat()) {
    const one = found.get(reason) ?? { count: 0, last, causes: new Map<string, number>() };
    one.count += count;
    // ISO 8601 in UTC sorts as text.
    if (last > one.last) one.last = last;
    for (const each of causes) one.causes.set(each.cause, (one.causes.get(each.cause) ?? 0) + each.count);
    found.set(reason, one);
  }
  return [...found]
    .map(([reason, { count, last, causes }]) => ({
      reason,
      count,
      last,
      causes: [...causes]
        .map(([cause, number]) => ({ cause, count: number }))
        .toSorted((a, b) => b.count - a.count)
        .slice(0, SHOWN_MAX),
    }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, SHOWN_MAX);
}

/** Each cause once, as the worker tells it that has had it for longest. */
export function mergedWarnings(all: readonly Pick<Status, 'warnings'>[]): Status['warnings'] {
  const found = new Map<string, Status['warnings'][number]>();
  for (const warning of all.flatMap(({ warnings }) => warnings)) {
    const key = `${warning.cause} ${warning.transform ?? ''}`;
    const known = found.get(key);
    if (known === undefined || warning.since < known.since) found.set(key, warning);
  }
  return [...found.values()];
}

export function mergedOldest(all: readonly Pick<Status, 'oldest_unsettled'>[]): Status['oldest_unsettled'] {
  const found = all.flatMap(({ oldest_unsettled }) => oldest_unsettled ?? []);
  return found.toSorted((a, b) => b.seconds - a.seconds)[0] ?? null;
}

/** The highest known value; null if none is known. */
export function maxOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
