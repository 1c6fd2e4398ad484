/**
 * Numbers whose text JavaScript would print differently (`1.0`, `1E3`, `-0`): to a transform they are numbers like any other, and they leave
 * the process as they were written where nobody has changed them (promise P5). Where they stood is remembered beside the objects that they
 * were parsed into and not in them, so that nothing of it can be seen.
 */
import { define } from './field-path.ts';
import { isRawJson, rawJson } from './raw-json.ts';

type Fields = Record<string, unknown>;

interface Literal {
  readonly value: number;
  readonly source: string;
}

/** A literal and where it stands: what a parser finds. */
export interface WrittenNumber extends Literal {
  readonly holder: object;
  readonly key: string;
}

/** What is known of one object or list. */
interface Literals {
  /** By the key that they stand under. */
  readonly own: Map<string, Literal>;
  /** Of the objects in it, by their key: for copies of them. */
  readonly inner: Map<string, Literals>;
  /** Of a list, what it held: an element is in its place only where none before it has changed. */
  readonly list: readonly unknown[] | undefined;
  /** Whether it knows some keys only: the others are as in what the object may be a copy of. */
  readonly isPartial: boolean;
}

/** By object. One that was parsed beside literals, and has none, is known to have none: no copy of another. */
const known = new WeakMap<object, Literals>();
/** Of what was parsed beside literals and has none. */
const NOTHING: Literals = { own: new Map(), inner: new Map(), list: undefined, isPartial: false };
let count = 0;

/** How often literals were noted so far: nothing has to be looked for in an event while that number stands still. */
export function literalCount(): number {
  return count;
}

export function hasLiterals(holder: object): boolean {
  return count > 0 && known.has(holder);
}

/**
 * Remembers the literals of a text.
 *
 * @param root what was parsed of it
 * @param found not empty
 */
export function noteLiterals(root: object, found: readonly WrittenNumber[]): void {
  count++;
  const places = placesIn(root);
  for (const { holder, key, value, source } of found) {
    ofOwn(holder).own.set(key, { value, source });
    // Up to the root, or to what another literal has noted already.
    for (let at = places.get(holder); at !== undefined; at = places.get(at.holder)) {
      const { inner } = ofOwn(at.holder);
      if (inner.has(at.key)) break;
      inner.set(at.key, ofOwn(at.value));
    }
  }
}

interface Place {
  readonly holder: object;
  readonly key: string;
  readonly value: object;
}

/** Where each object and list stands, the root left out. Makes all of them known. */
function placesIn(root: object): Map<object, Place> {
  const places = new Map<object, Place>();
  const waiting = [root];
  for (let holder = waiting.pop(); holder !== undefined; holder = waiting.pop()) {
    known.set(holder, NOTHING);
    for (const key of Object.keys(holder)) {
      const value = (holder as Fields)[key];
      if (!isObject(value) || isRawJson(value)) continue;
      places.set(value, { holder, key, value });
      waiting.push(value);
    }
  }
  return places;
}

/** What is known of an object, to be added to. */
function ofOwn(holder: object): Literals {
  const before = known.get(holder);
  if (before !== undefined && before !== NOTHING) return before;
  const list: readonly unknown[] | undefined = Array.isArray(holder) ? holder.slice() : undefined;
  const literals = { own: new Map(), inner: new Map(), list, isPartial: before === undefined };
  known.set(holder, literals);
  return literals;
}

/** Says that `copy` was made of `original`: numbers that nobody changes keep their text in it too. */
export function noteCopy(original: object, copy: object): void {
  const literals = count === 0 ? undefined : known.get(original);
  if (literals === undefined) return;
  // Each of the two may be given others later.
  known.set(copy, { ...literals, own: new Map(literals.own), inner: new Map(literals.inner) });
}

/** Says that the value under a key was put under another: a number keeps its text there, and what stood there before is gone. */
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
 * A value with the numbers that nobody changed as they were written. Nothing of the value itself is changed: what has such a number in it
 * is copied.
 *
 * @param original what the value may be a copy of, the numbers of its fields then stand under the same keys
 */
export function withLiterals(value: object, original: unknown): object {
  const literals = isObject(original) ? known.get(original) : undefined;
  return restored(value, literalsOf(value, literals), new Set());
}

function restored(value: object, literals: Literals | undefined, above: Set<object>): object {
  // What speaks for itself is not looked into; what holds itself JSON.stringify will refuse.
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
      : asWritten(literals?.own.get(key), field);
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
  let inPlace = list !== undefined;
  for (let at = 0; at < value.length; at++) {
    const element = value[at];
    inPlace = inPlace && isAlike(list?.[at], element);
    // An object in a list is known by itself or not at all: copies of others may stand anywhere.
    const text = isObject(element)
      ? restored(element, literalsOf(element, undefined), above)
      : asWritten(inPlace ? literals?.own.get(String(at)) : undefined, element);
    if (text !== element) (copy ??= value.slice())[at] = text;
  }
  return copy ?? value;
}

/** @param original of what stood there when it was parsed */
function literalsOf(value: object, original: Literals | undefined): Literals | undefined {
  const literals = known.get(value);
  if (literals === undefined || !literals.isPartial || original === undefined) return literals ?? original;
  return {
    ...original,
    own: new Map([...original.own, ...literals.own]),
    inner: new Map([...original.inner, ...literals.inner]),
  };
}

function asWritten(literal: Literal | undefined, value: unknown): unknown {
  return literal !== undefined && Object.is(literal.value, value) ? rawJson(literal.source) : value;
}

function isAlike(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || (isObject(one) && isObject(other));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
