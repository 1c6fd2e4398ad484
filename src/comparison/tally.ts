/** Names of fields come from documents: beyond this number they are counted together. */
const FIELDS_MAX = 1000;
const OTHERS = '(other fields)';

interface Count {
  count: number;
  /** Name of the first one. */
  readonly example: string;
}

/** Counts what differs, by the field that it differs in. */
export class Tally {
  readonly #counts = new Map<string, Count>();

  /**
   * @param field or another group, in parentheses
   * @param name of what differs in it
   */
  add(field: string, name: string): void {
    const known = this.#counts.get(field);
    if (known !== undefined) known.count++;
    else if (this.#counts.size < FIELDS_MAX || field === OTHERS)
      this.#counts.set(field, { count: 1, example: name });
    else this.add(OTHERS, name);
  }

  countOf(field: string): number {
    return this.#counts.get(field)?.count ?? 0;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** A table: field, number, and the name of one; sorted by field, the groups first. */
  lines(heading: string): string[] {
    if (this.isEmpty) return [];
    const rows = [...this.#counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, { count, example }]) => [field, String(count), example] as const);
    const all = [['field', heading, 'for example'] as const, ...rows];
    const width = Math.max(...all.map(([field]) => field.length));
    const digits = Math.max(...all.map(([, count]) => count.length));
    return all.map(([field, count, name]) => `${field.padEnd(width)}  ${count.padStart(digits)}  ${name}`);
  }
}
