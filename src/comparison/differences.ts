import { isRawJson, stringifyExact } from '../codec/exact-json.ts';
import type { Event } from '../transform/api/api.ts';

/** A field whose values differ in two events, as JSON; undefined where the field is missing. */
export interface Difference {
  /** Dotted. An array is one value. */
  readonly path: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

export function differencesOf(before: Event, after: Event): Difference[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  const differences: Difference[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(path), now.get(path)];
    if (was !== is) differences.push({ path, was, is });
  }
  return differences;
}

/** Whether a path is one of the fields, or below one of them. */
export function isBelow(path: string, fields: readonly string[]): boolean {
  return fields.some((field) => path === field || path.startsWith(`${field}.`));
}

/**
 * A copy with sorted keys, in arrays too, and without the notation of numbers: two writers of the same values
 * give equal copies.
 */
export function sortedCopy(event: Event): Event {
  return sorted(event) as Event;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // Not assignments: a key may be __proto__.
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** Dotted paths, with their values as JSON. */
function leavesOf(event: Event, prefix = '', leaves = new Map<string, string>()): Map<string, string> {
  for (const [key, value] of Object.entries(event)) {
    const isObject =
      typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.isFrozen(value);
    if (isObject && Object.keys(value).length > 0) leavesOf(value as Event, `${prefix}${key}.`, leaves);
    else leaves.set(prefix + key, textOf(value));
  }
  return leaves;
}

function textOf(value: unknown): string {
  return stringifyExact({ value }).slice('{"value":'.length, -1);
}
