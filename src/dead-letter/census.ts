import type { WaitingDeadLetter } from './reader.ts';

/** Number of records that are recognised when they recur: some 40 MB. */
const KNOWN_MAX = 200_000;
/** Limit on reasons, and on kinds of one reason. */
const GROUPS_MAX = 100;
const KIND_LENGTH = 120;
const OTHER = 'other';

/** Reasons and kinds of messages, the most frequent first. */
interface ReasonCount {
  readonly reason: string;
  readonly count: number;
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
}

/** Identifies the original record of a dead letter. */
export function recordOf({ record }: Pick<WaitingDeadLetter, 'record'>): string {
  return `${record.topic}:${record.partition}:${record.offset}:${record.timestamp}`;
}

/**
 * Counts dead letters by reason and kind of message. Each record counts once, by its newest dead letter. No
 * dead letter is kept. Beyond {@link KNOWN_MAX} records, one with two dead letters counts twice.
 */
export class DeadLetterCensus {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #known = new Map<string, readonly [Map<string, number>, string]>();
  total = 0;
  isExact = true;

  /** @returns whether its record is new */
  add(deadLetter: WaitingDeadLetter): boolean {
    const key = recordOf(deadLetter);
    const before = this.#known.get(key);
    if (before !== undefined) count(...before, -1);
    const kinds = groupOf(this.#counts, deadLetter.reason, () => new Map<string, number>());
    const kind = nameIn(kinds, kindOf(deadLetter.message));
    count(kinds, kind, 1);
    if (before !== undefined || this.#known.size < KNOWN_MAX) this.#known.set(key, [kinds, kind]);
    else this.isExact = false;
    if (before === undefined) this.total++;
    return before === undefined;
  }

  get reasons(): ReasonCount[] {
    return [...this.#counts]
      .map(([reason, of]) => {
        const kinds = [...of]
          .map(([kind, number]) => ({ kind, count: number }))
          .filter((one) => one.count > 0);
        return {
          reason,
          count: kinds.reduce((sum, one) => sum + one.count, 0),
          kinds: kinds.sort((a, b) => b.count - a.count),
        };
      })
      .filter((one) => one.count > 0)
      .sort((a, b) => b.count - a.count);
  }
}

/**
 * The message without the parts that vary by record: values, numbers, and text after Elasticsearch's field.
 */
export function kindOf(message: string): string {
  const start = message.slice(0, 1000);
  const field = /\bfield \[[^\]]*\](?: of type \[[^\]]*\])?/.exec(start);
  const relevant = field === null ? start : start.slice(0, field.index);
  const kind =
    relevant.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, '…').replaceAll(/[0-9]+/g, '#') + (field?.[0] ?? '');
  return kind.length > KIND_LENGTH ? `${kind.slice(0, KIND_LENGTH)}…` : kind;
}

function groupOf<T>(groups: Map<string, T>, name: string, make: () => T): T {
  const own = nameIn(groups, name);
  const known = groups.get(own) ?? make();
  groups.set(own, known);
  return known;
}

function nameIn(groups: ReadonlyMap<string, unknown>, name: string): string {
  return groups.has(name) || groups.size < GROUPS_MAX ? name : OTHER;
}

function count(kinds: Map<string, number>, kind: string, by: number): void {
  kinds.set(kind, (kinds.get(kind) ?? 0) + by);
}
