import { differencesOf } from '../../comparison/differences.ts';
import { type Output, outputDifferences } from '../../comparison/pairs.ts';
import { Tally } from '../../comparison/tally.ts';
import { shownDifferences } from '../diff.ts';
import type { StoredDocument } from './index-reader.ts';

/** All are counted, and so many shown. */
const SHOWN_MAX = 100;

/** Collects what differs in two indices, and shows the first of it. */
export class Comparison {
  readonly #names: readonly [a: string, b: string];
  readonly #ignored: readonly string[];
  readonly #write: (text: string) => void;
  readonly #tally = new Tally();
  #equal = 0;
  #different = 0;
  #shown = 0;

  /** @param ignored fields that may differ */
  constructor(names: readonly [string, string], ignored: readonly string[], write: (text: string) => void) {
    this.#names = names;
    this.#ignored = ignored;
    this.#write = write;
  }

  get isEqual(): boolean {
    return this.#tally.isEmpty;
  }

  /** Documents that were compared, of both. */
  get count(): number {
    const [inA, inB] = this.#onlyCounts();
    return this.#equal + this.#different + inA + inB;
  }

  equal(): void {
    this.#equal++;
  }

  pair(a: StoredDocument, b: StoredDocument): void {
    const differences = outputDifferences(asOutput(a), asOutput(b), this.#ignored);
    if (differences.length === 0) {
      this.#equal++;
      return;
    }
    this.#different++;
    for (const { path } of differences) this.#tally.add(path, a.id);
    this.#show(() => shownDifferences(a.id === b.id ? a.id : `${a.id}, ${b.id}`, differences));
  }

  onlyInA(one: StoredDocument): void {
    this.#only(0, one);
  }

  onlyInB(one: StoredDocument): void {
    this.#only(1, one);
  }

  end(): string[] {
    const [nameA, nameB] = this.#names;
    const [inA, inB] = this.#onlyCounts();
    const all = this.#different + inA + inB;
    return [
      ...(all > this.#shown ? [`${all - this.#shown} more differences are only counted`] : []),
      ...this.#tally.lines('documents'),
      `${this.#equal} documents are equal, ${this.#different} differ, ${inA} only in ${nameA}, ${inB} only in ${nameB}`,
    ];
  }

  #only(side: 0 | 1, { id, source }: StoredDocument): void {
    const group = onlyIn(this.#names[side]);
    this.#tally.add(group, id);
    const differences = side === 0 ? differencesOf(source, {}) : differencesOf({}, source);
    this.#show(() => shownDifferences(`${id} ${group}`, differences));
  }

  #onlyCounts(): [number, number] {
    const [a, b] = this.#names;
    return [this.#tally.countOf(onlyIn(a)), this.#tally.countOf(onlyIn(b))];
  }

  #show(text: () => string): void {
    if (this.#shown >= SHOWN_MAX) return;
    this.#shown++;
    this.#write(text());
  }
}

/** The names of indices differ on purpose, and ids only where documents are matched by something else. */
export function asOutput({ source }: StoredDocument): Output {
  return { index: '', id: undefined, document: source };
}

function onlyIn(name: string): string {
  return `(only in ${name})`;
}
