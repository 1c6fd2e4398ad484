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
 * Pairs the documents that two writers make of one record: equal ones, then those of the same index, then the
 * others, in their order.
 *
 * @param ignored fields that may differ
 */
export function pairOutputs(
  before: readonly Output[],
  after: readonly Output[],
  ignored: readonly string[],
): Paired {
  const pairs: Pair[] = [];
  const left = new Set(after);
  let unpaired = before;
  const isSame = (one: Output, other: Output): boolean => outputDifferences(one, other, ignored).length === 0;
  for (const fits of [isSame, sameIndex, () => true])
    unpaired = unpaired.filter((one) => {
      const found = [...left].find((other) => fits(one, other));
      if (found === undefined) return true;
      left.delete(found);
      pairs.push({ before: one, after: found, differences: outputDifferences(one, found, ignored) });
      return false;
    });
  return { pairs, onlyBefore: unpaired, onlyAfter: [...left] };
}

function sameIndex(one: Output, other: Output): boolean {
  return one.index === other.index;
}
