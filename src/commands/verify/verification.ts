import { contentKey, type Output, pairOutputs } from '../../comparison/pairs.ts';
import { differencesOf } from '../../comparison/differences.ts';
import { Tally } from '../../comparison/tally.ts';
import { shownDifferences } from '../diff.ts';
import type { RecordOutputs } from './logweir-outputs.ts';

const ONLY_VECTOR = '(only in Vector)';
const ONLY_LOGWEIR = '(only in Logweir)';

/** Compares what Vector and Logweir make of the same records, and shows what differs. */
export class Verification {
  readonly #ignored: readonly string[];
  readonly #write: (text: string) => void;
  readonly #tally = new Tally();
  readonly #counts = { records: 0, equal: 0, different: 0, otherDates: 0, failed: 0, unknown: 0 };
  /** Logweir's documents that Vector has none for, with the names of their records. */
  #open: { name: string; output: Output; reasons: readonly string[] }[] = [];

  /** @param ignored fields that may differ */
  constructor(ignored: readonly string[], write: (text: string) => void) {
    this.#ignored = ignored;
    this.#write = write;
  }

  get isEqual(): boolean {
    return this.#tally.isEmpty;
  }

  /** @param name of the record */
  record(name: string, vector: readonly Output[], { outputs, failures }: RecordOutputs): void {
    this.#counts.records++;
    const { pairs, onlyBefore, onlyAfter } = pairOutputs(vector, outputs, this.#ignored);
    const isOne = pairs.length + onlyBefore.length + onlyAfter.length === 1;
    for (const [index, { before, after, differences }] of pairs.entries()) {
      if (differences.length === 0) {
        this.#counts.equal++;
        continue;
      }
      this.#counts.different++;
      if (differences.some(({ path }) => path === '_index') && isOtherDate(before.index, after.index))
        this.#counts.otherDates++;
      for (const { path } of differences) this.#tally.add(path, name);
      const label = isOne ? name : `${name} → ${index + 1}`;
      this.#write(shownDifferences(label + because(failures), differences));
    }
    for (const output of onlyBefore) this.#onlyInVector(name, output, failures);
    for (const output of onlyAfter) this.#open.push({ name, output, reasons: failures });
  }

  /** Documents of Vector that do not tell their record: each is matched by its content. */
  unmatched(outputs: readonly Output[]): void {
    const open = Map.groupBy(this.#open, ({ output }) => contentKey(output, this.#ignored));
    const matched = new Set<object>();
    for (const output of outputs) {
      const found = open.get(contentKey(output, this.#ignored))?.pop();
      if (found === undefined) this.#onlyInVector('a document without its record', output, []);
      else {
        matched.add(found);
        this.#counts.equal++;
      }
    }
    this.#open = this.#open.filter((one) => !matched.has(one));
  }

  /** The differences by field, and what explains them. */
  end(): string[] {
    for (const { name, output, reasons } of this.#open) {
      this.#tally.add(ONLY_LOGWEIR, name);
      if (output.index.includes('unknown')) this.#counts.unknown++;
      this.#write(
        shownDifferences(
          `${name}: only in Logweir, index ${output.index}${because(reasons)}`,
          differencesOf({}, output.document),
        ),
      );
    }
    const { records, equal, different } = this.#counts;
    const [inVector, inLogweir] = [this.#tally.countOf(ONLY_VECTOR), this.#tally.countOf(ONLY_LOGWEIR)];
    return [
      ...this.#tally.lines('documents'),
      ...this.#notes(),
      `${records} records: ${equal} documents are equal, ${different} differ, ${inVector} only in Vector, ` +
        `${inLogweir} only in Logweir`,
    ];
  }

  #onlyInVector(name: string, output: Output, failures: readonly string[]): void {
    this.#tally.add(ONLY_VECTOR, name);
    if (failures.length > 0) this.#counts.failed++;
    this.#write(
      shownDifferences(
        `${name}: only in Vector, index ${output.index}${because(failures)}`,
        differencesOf(output.document, {}),
      ),
    );
  }

  /** Differences on purpose, see docs/from-vector.md. */
  #notes(): string[] {
    const { otherDates, failed, unknown } = this.#counts;
    const of = (count: number): string => (count === 1 ? '1 document' : `${count} documents`);
    return [
      ...(otherDates > 0
        ? [
            `${of(otherDates)} with another date in the index name: Vector takes the time of writing, unless ` +
              '`timestamp` is of type timestamp; Logweir takes the time of the event (--ignore _index)',
          ]
        : []),
      ...(failed > 0
        ? [
            `${of(failed)} only in Vector, of records that Logweir rejects for the reason beside each. Vector ` +
              'passes an event on where a program fails on it and `drop_on_error` is false; `on_error: keep` does ' +
              'the same',
          ]
        : []),
      ...(unknown > 0
        ? [
            `${of(unknown)} without a field that the index name needs: Vector drops the event; Logweir writes ` +
              '`unknown`',
          ]
        : []),
    ];
  }
}

function because(failures: readonly string[]): string {
  return failures.length === 0 ? '' : `: ${failures.join('; ')}`;
}

/** Whether two names are equal except for their digits. */
function isOtherDate(one: string, other: string): boolean {
  const shape = (name: string): string => name.replaceAll(/\d/g, '0');
  return one !== other && shape(one) === shape(other);
}
