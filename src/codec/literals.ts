/**
 * Non-canonical numbers, whose text JavaScript prints differently (`1.0`, `1E3`, `-0`). A transform sees
 * ordinary numbers; an unchanged one is written with its original text, the literal (promise P5). Literals
 * are kept separately from the objects that they were parsed into, so they are invisible to transforms.
 */
import { define } from './field-path.ts';
import { isRawJson, rawJson } from './raw-json.ts';

type Fields = Record<string, unknown>;

interface Literal {
  readonly value: number;
  readonly source: string;
}

/** A literal found by the parser, and its position. */
export interface FoundLiteral extends Literal {
  readonly holder: object;
  readonly key: string;
}

/** The literals of one object or list. */
interface Literals {
  /** Its own literals, by key. */
  readonly own: Map<string, Literal>;
  /** The literals of its inner objects, by key: for copies of them. */
  readonly inner: Map<string, Literals>;
  /** The original elements of a list: an element keeps its literal if all elements before it are the same. */
  readonly list: readonly unknown[] | undefined;
  /** Whether it covers some keys only; the other keys are looked up in the original of a copy. */
  readonly isPartial: boolean;
}

/** By object. {@link NOTHING} for objects without literals in a text with some: they are no copies. */
const known = new WeakMap<object, Literals>();
/** The entry of a parsed object without literals. */
const NOTHING: Literals = { own: new Map(), inner: new Map(), list: undefined, isPartial: false };
let count = 0;

/** How often literals were noted so far. While the number does not change, an event needs no lookup. */
export function literalCount(): number {
  return count;
}

export function hasLiterals(holder: object): boolean {
  return count > 0 && known.has(holder);
}

/**
 * Remembers the literals of a parsed text.
 *
 * @param root the parsed value
 * @param found not empty
 */
export function noteLiterals(root: object, found: readonly FoundLiteral[]): void {
  count++;
  const positions = positionsIn(root);
  for (const { holder, key, value, source } of found) {
    ofOwn(holder).own.set(key, { value, source });
    // Up to the root, or to an entry that another literal has made.
    for (let at = positions.get(holder); at !== undefined; at = positions.get(at.holder)) {
      const { inner } = ofOwn(at.holder);
      if (inner.has(at.key)) break;
      inner.set(at.key, ofOwn(at.value));
    }
  }
}

interface Position {
  readonly holder: object;
  readonly key: string;
  readonly value: object;
}

/** The position of each object and list except the root. Adds all of them to {@link known}. */
function positionsIn(root: object): Map<object, Position> {
  const positions = new Map<object, Position>();
  const waiting = [root];
  for (let holder = waiting.pop(); holder !== undefined; holder = waiting.pop()) {
    known.set(holder, NOTHING);
    for (const key of Object.keys(holder)) {
      const value = (holder as Fields)[key];
      if (!isObject(value) || isRawJson(value)) continue;
      positions.set(value, { holder, key, value });
      waiting.push(value);
    }
  }
  return positions;
}

/** The entry of an object, for additions. */
function ofOwn(holder: object): Literals {
  const before = known.get(holder);
  if (before !== undefined && before !== NOTHING) return before;
  const list: readonly unknown[] | undefined = Array.isArray(holder) ? holder.slice() : undefined;
  const literals = { own: new Map(), inner: new Map(), list, isPartial: before === undefined };
  known.set(holder, literals);
  return literals;
}

/** Declares `copy` a copy of `original`: unchanged numbers keep their literals in it. */
export function noteCopy(original: object, copy: object): void {
  const literals = count === 0 ? undefined : known.get(original);
  if (literals === undefined) return;
  // Cloned, because each of the two may get other literals later.
  known.set(copy, { ...literals, own: new Map(literals.own), inner: new Map(literals.inner) });
}

/** Declares that a value was moved: its literals move with it and replace those of the target key. */
export function carryLiteral(from: object, fromKey: string, to: object, toKey: string): void {
  if (count === 0) return;
  const source = known.get(from);
  const literal = source?.own.get(fromKey);
  const inner = source?.inner.get(fromKey);
  if (literal === undefined && inner === undefined) {
    const target = known.get(to);
    target?.own.delete(toKey);
    target?.inner.delete(toKey);
    return;
  }
  count++;
  const target = ofOwn(to);
  if (literal === undefined) target.own.delete(toKey);
  else target.own.set(toKey, literal);
  if (inner === undefined) target.inner.delete(toKey);
  else target.inner.set(toKey, inner);
}

/**
 * Restores the literals of unchanged numbers. The value is not modified: objects with such a number are
 * copied.
 *
 * @param original the value may be a copy of it, with numbers under the same keys
 */
export function withLiterals(value: object, original: unknown): object {
  const literals = isObject(original) ? known.get(original) : undefined;
  return restored(value, literalsOf(value, literals), new Set());
}

function restored(value: object, literals: Literals | undefined, above: Set<object>): object {
  // An object with a toJSON is left alone. A cyclic one is left to JSON.stringify, which rejects it.
  if (typeof (value as Fields)['toJSON'] === 'function' || above.has(value)) return value;
  above.add(value);
  const copy = Array.isArray(value)
    ? restoredList(value, literals, above)
    : restoredFields(value as Fields, literals, above);
  above.delete(value);
  return copy;
}

function restoredFields(value: Fields, literals: Literals | undefined, above: Set<object>): object {
  let copy: Fields | undefined;
  for (const key of Object.keys(value)) {
    const field = value[key];
    const text = isObject(field)
      ? restored(field, literalsOf(field, literals?.inner.get(key)), above)
      : restoredNumber(literals?.own.get(key), field);
    if (text !== field) define((copy ??= { ...value }), key, text);
  }
  return copy ?? value;
}

function restoredList(
  value: readonly unknown[],
  literals: Literals | undefined,
  above: Set<object>,
): readonly unknown[] {
  let copy: unknown[] | undefined;
  const list = literals?.list;
  let isAligned = list !== undefined;
  for (let at = 0; at < value.length; at++) {
    const element = value[at];
    isAligned = isAligned && isAlike(list?.[at], element);
    // An object in a list is looked up by identity only: its position says nothing, as copies may be
    // anywhere.
    const text = isObject(element)
      ? restored(element, literalsOf(element, undefined), above)
      : restoredNumber(isAligned ? literals?.own.get(String(at)) : undefined, element);
    if (text !== element) (copy ??= value.slice())[at] = text;
  }
  return copy ?? value;
}

/** @param original the literals of the parsed value at this position */
function literalsOf(value: object, original: Literals | undefined): Literals | undefined {
  const literals = known.get(value);
  if (literals === undefined || !literals.isPartial || original === undefined) return literals ?? original;
  return {
    ...original,
    own: new Map([...original.own, ...literals.own]),
    inner: new Map([...original.inner, ...literals.inner]),
  };
}

function restoredNumber(literal: Literal | undefined, value: unknown): unknown {
  return literal !== undefined && Object.is(literal.value, value) ? rawJson(literal.source) : value;
}

function isAlike(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || (isObject(one) && isObject(other));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
