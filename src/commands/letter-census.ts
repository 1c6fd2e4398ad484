import type { WaitingLetter } from '../kafka/dead-letter-reader.ts';

/** Of so many records it is known that they were counted: some 40 MB. */
const KNOWN_MAX = 200_000;
/** Different reasons, and different kinds of one reason. */
const GROUPS_MAX = 100;
const KIND_LENGTH = 120;
const OTHER = 'other';

/** Reasons and kinds of messages, the most frequent first. */
export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
}

/** What identifies the record that a letter was. */
export function recordOf({ record }: Pick<WaitingLetter, 'record'>): string {
  return `${record.topic}:${record.partition}:${record.offset}:${record.timestamp}`;
}

/**
 * Counts dead letters by reason, and by the kind of message where a reason has several, each record once and as its newest letter says.
 * Keeps no letter; of more records than {@link KNOWN_MAX} those that come twice are counted twice.
 */
export class LetterCensus {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #known = new Map<string, readonly [Map<string, number>, string]>();
  total = 0;
  isExact = true;

  /** @returns whether the record is a new one */
  add(letter: WaitingLetter): boolean {
    const key = recordOf(letter);
    const before = this.#known.get(key);
    if (before !== undefined) count(...before, -1);
    const kinds = groupOf(this.#counts, letter.reason, () => new Map<string, number>());
    const kind = nameIn(kinds, kindOf(letter.message));
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

/** The message without what differs from record to record: Elasticsearch's up to the field and its type, others without values. */
export function kindOf(message: string): string {
  const beginning = message.slice(0, 1000);
  const field = /\bfield \[[^\]]*\](?: of type \[[^\]]*\])?/.exec(beginning);
  const told = field === null ? beginning : beginning.slice(0, field.index);
  const kind =
    told.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, '…').replaceAll(/[0-9]+/g, '#') + (field?.[0] ?? '');
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
