import type { Event } from '../transform/api/api.ts';
import { type Difference, differencesOf, isBelow, sortedCopy } from './differences.ts';

/** A document as one of two writers writes it. */
export interface Output {
  readonly index: string;
  /** Undefined if its writer leaves it to Elasticsearch. */
  readonly id: string | undefined;
  readonly document: Event;
}

interface Pair {
  readonly before: Output;
  readonly after: Output;
  readonly differences: readonly Difference[];
}

interface Paired {
  readonly pairs: readonly Pair[];
  readonly onlyBefore: readonly Output[];
  readonly onlyAfter: readonly Output[];
}

/** Where two documents differ: their fields, and `_index` and `_id` if both have one. */
export function outputDifferences(before: Output, after: Output, ignored: readonly string[]): Difference[] {
  const withId = before.id !== undefined && after.id !== undefined;
  const whole = ({ index, id, document }: Output): Event => ({
    _index: index,
    ...(withId && { _id: id }),
    ...sortedCopy(document),
  });
  return differencesOf(whole(before), whole(after)).filter(({ path }) => !isBelow(path, ignored));
}

/**
 * Pairs the documents that two writers make of one record: those of the same content, then those of the same
 * index, then the others, in their order.
 *
 * @param ignored fields that may differ
 */
export function pairOutputs(
  before: readonly Output[],
  after: readonly Output[],
  ignored: readonly string[],
): Paired {
  const pairs: Pair[] = [];
  let [onlyBefore, onlyAfter] = [before, after];
  for (const keyOf of [(one: Output) => contentKey(one, ignored), ({ index }: Output) => index, () => '']) {
    const partners = new Map(
      [...Map.groupBy(onlyAfter, keyOf)].map(([key, outputs]) => [key, outputs.toReversed()] as const),
    );
    const taken = new Set<Output>();
    onlyBefore = onlyBefore.filter((one) => {
      const other = partners.get(keyOf(one))?.pop();
      if (other === undefined) return true;
      taken.add(other);
      pairs.push({ before: one, after: other, differences: outputDifferences(one, other, ignored) });
      return false;
    });
    onlyAfter = onlyAfter.filter((one) => !taken.has(one));
  }
  return { pairs, onlyBefore, onlyAfter };
}

/** Equal for documents that differ in nothing but their ids and ignored fields. */
export function contentKey({ index, document }: Output, ignored: readonly string[]): string {
  return differencesOf({}, { _index: index, ...sortedCopy(document) })
    .filter(({ path }) => !isBelow(path, ignored))
    .map(({ path, is }) => `${path}\u0000${is ?? ''}\u0000`)
    .join('');
}
