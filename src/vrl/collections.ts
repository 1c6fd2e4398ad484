import { encodeJson } from './encode.ts';
import { equals } from './operators.ts';
import { at, put, removeAt, type Segment } from './paths.ts';
import { asArray, asInteger, asObject, asString, isEmpty, isNull, isNullish } from './types.ts';
import {
  copy,
  shallow,
  type Fields,
  fieldOf,
  isFields,
  kindOf,
  setField,
  VrlError,
  wrongType,
} from './values.ts';

/** Objects of VRL are in the order of their keys. */
export function keys(value: unknown): string[] {
  return Object.keys(asObject(value)).toSorted();
}

export function values(value: unknown): unknown[] {
  return pairs(value).map(([, one]) => one);
}

function pairs(value: unknown): [string, unknown][] {
  const fields = asObject(value);
  return keys(fields).map((key) => [key, fields[key]]);
}

/** Pairs of key and value of an object, or of index and item of an array: what `for_each` goes through. */
export function entries(value: unknown): [string, unknown][] | [number, unknown][] {
  if (Array.isArray(value)) return value.map((item: unknown, index): [number, unknown] => [index, item]);
  return pairs(value);
}

export function push(value: unknown, item: unknown): unknown[] {
  return [...asArray(value), item ?? null];
}

export function append(value: unknown, items: unknown): unknown[] {
  return [...asArray(value), ...asArray(items)];
}

export function includes(value: unknown, item: unknown): boolean {
  return asArray(value).some((one) => equals(one, item));
}

export function unique(value: unknown): unknown[] {
  const seen = new Set<string>();
  return asArray(value).filter((item) => {
    const key = `${kindOf(item)} ${typeof item === 'bigint' ? String(item) : encodeJson(item)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export function tally(value: unknown): Fields {
  const counts: Fields = {};
  for (const item of asArray(value)) {
    const name = asString(item);
    setField(counts, name, Number(fieldOf(counts, name) ?? 0) + 1);
  }
  return counts;
}

export function zip(first: unknown, second?: unknown): unknown[][] {
  const lists = second === undefined ? asArray(first).map(asArray) : [asArray(first), asArray(second)];
  const size = Math.min(...lists.map((list) => list.length));
  return Array.from({ length: lists.length === 0 ? 0 : size }, (_none, n) => lists.map((list) => list[n]));
}

/** The fields of both, where those of `from` win. With `deep`, objects in both are merged too. */
export function merge(
  to: unknown,
  from: unknown,
  { deep = false }: { readonly deep?: unknown } = {},
): Fields {
  const merged = { ...asObject(to) };
  for (const [key, value] of Object.entries(asObject(from))) {
    const before = fieldOf(merged, key);
    const isBoth = deep === true && isFields(before) && isFields(value);
    setField(merged, key, isBoth ? merge(before, value, { deep }) : value);
  }
  return merged;
}

function segmentsOf(path: unknown): Segment[] {
  return asArray(path).map((segment) => {
    if (typeof segment === 'string') return segment;
    if (kindOf(segment) === 'integer') return Number(segment);
    throw new VrlError(`path segment must be either string or integer, not ${kindOf(segment)}`);
  });
}

export function get(value: unknown, path: unknown): unknown {
  return at(value, ...segmentsOf(path)) ?? null;
}

export function set(value: unknown, path: unknown, data: unknown): unknown {
  const segments = segmentsOf(path);
  if (segments.length === 0) return data;
  const isContainer = isFields(value) || Array.isArray(value);
  const target = isContainer ? shallow<unknown>(value) : typeof segments[0] === 'number' ? [] : {};
  return put(target, segments, data);
}

export function remove(
  value: unknown,
  path: unknown,
  { compact: isCompact }: { readonly compact?: unknown } = {},
): unknown {
  const segments = segmentsOf(path);
  if (!isFields(value) && !Array.isArray(value)) return segments.length === 0 ? null : value;
  if (segments.length === 0) return Array.isArray(value) ? [] : {};
  const copied = shallow<unknown>(value);
  removeAt(copied, segments, isCompact === true);
  return copied;
}

interface CompactOptions {
  readonly recursive?: unknown;
  readonly null?: unknown;
  readonly string?: unknown;
  readonly object?: unknown;
  readonly array?: unknown;
  readonly nullish?: unknown;
}

/** Without empty values, in an object or an array. */
export function compact(value: unknown, options: CompactOptions = {}): unknown {
  if (!isFields(value) && !Array.isArray(value)) throw wrongType(value, 'object', 'array');
  const inner = (one: unknown): unknown =>
    options.recursive !== false && (isFields(one) || Array.isArray(one)) ? compact(one, options) : one;
  if (Array.isArray(value)) return value.map(inner).filter((one) => !isDropped(one, options));
  const kept: Fields = {};
  for (const [key, one] of Object.entries(value)) {
    const compacted = inner(one);
    if (!isDropped(compacted, options)) setField(kept, key, compacted);
  }
  return kept;
}

function isDropped(value: unknown, options: CompactOptions): boolean {
  if (options.nullish === true && isNullish(value)) return true;
  if (isNull(value)) return options.null !== false;
  if (typeof value === 'string') return value === '' && options.string !== false;
  if (Array.isArray(value)) return value.length === 0 && options.array !== false;
  return isFields(value) && isEmpty(value) && options.object !== false;
}

/** One level: the keys of nested objects joined by the separator. */
export function flatten(
  value: unknown,
  separator: unknown = '.',
  { except = [] }: { readonly except?: unknown } = {},
): unknown {
  if (Array.isArray(value)) return (value as unknown[]).flat(Infinity);
  const flat: Fields = {};
  const kept = new Set(asArray(except).map(asString));
  const visit = (fields: Fields, prefix: string): void => {
    for (const [key, one] of Object.entries(fields)) {
      const name = prefix + key;
      if (isFields(one) && !kept.has(name)) visit(one, name + asString(separator));
      else setField(flat, name, one);
    }
  };
  visit(asObject(value), '');
  return flat;
}

/** Nested objects of keys with separators. */
export function unflatten(
  value: unknown,
  { separator = '.', recursive = true }: { readonly separator?: unknown; readonly recursive?: unknown } = {},
): Fields {
  const between = asString(separator);
  const result: Fields = {};
  for (const [key, one] of Object.entries(asObject(value))) {
    const inner = recursive === true && isFields(one) ? unflatten(one, { separator, recursive }) : one;
    place(result, between === '' ? [key] : key.split(between), inner);
  }
  return result;
}

function place(fields: Fields, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path;
  const before = fieldOf(fields, first);
  if (rest.length > 0) {
    const nested = isFields(before) ? before : {};
    place(nested, rest, value);
    setField(fields, first, nested);
  } else if (isFields(before)) {
    if (isFields(value)) for (const [key, one] of Object.entries(value)) place(before, [key], one);
  } else setField(fields, first, copy(value));
}

type KeyFunction = (key: string) => unknown;
type ValueFunction = (value: unknown) => unknown;
type PairFunction = (key: string | number, value: unknown) => unknown;
interface RecursiveOption {
  readonly recursive?: unknown;
}

export function mapKeys(value: unknown, ...rest: [KeyFunction] | [RecursiveOption, KeyFunction]): Fields {
  const [options, change] = rest.length === 1 ? [{}, rest[0]] : rest;
  const mapped: Fields = {};
  for (const [key, one] of Object.entries(asObject(value))) {
    const inner = options.recursive === true ? keysInside(one, options, change) : one;
    setField(mapped, asString(change(key)), inner);
  }
  return mapped;
}

function keysInside(value: unknown, options: RecursiveOption, change: KeyFunction): unknown {
  if (isFields(value)) return mapKeys(value, options, change);
  return Array.isArray(value) ? value.map((item) => keysInside(item, options, change)) : value;
}

export function mapValues(
  value: unknown,
  ...rest: [ValueFunction] | [RecursiveOption, ValueFunction]
): unknown {
  const [options, change] = rest.length === 1 ? [{}, rest[0]] : rest;
  const inner = (one: unknown): unknown =>
    options.recursive === true && (isFields(one) || Array.isArray(one))
      ? mapValues(one, options, change)
      : (change(one) ?? null);
  if (Array.isArray(value)) return value.map(inner);
  const mapped: Fields = {};
  for (const [key, one] of Object.entries(asObject(value))) setField(mapped, key, inner(one));
  return mapped;
}

export function filter(value: unknown, test: PairFunction): unknown {
  if (Array.isArray(value)) return value.filter((item, index) => test(index, item) === true);
  const kept: Fields = {};
  for (const [key, one] of Object.entries(asObject(value)))
    if (test(key, one) === true) setField(kept, key, one);
  return kept;
}

export function toEntries(value: unknown): unknown[] {
  return entries(value).map(([key, one]) => ({ key, value: one }));
}

export function fromEntries(value: unknown): Fields {
  const fields: Fields = {};
  for (const entry of asArray(value)) {
    const { key, value: one } = asObject(entry) as { key?: unknown; value?: unknown };
    setField(fields, typeof key === 'string' ? key : String(asInteger(key)), one ?? null);
  }
  return fields;
}

/** One copy of the root for each item of the array at the path, with the item in the array's place. */
export function unnest(root: unknown, path: readonly Segment[]): unknown[] {
  const items = at(root, ...path);
  if (!Array.isArray(items)) throw wrongType(items, 'array');
  return items.map((item) => put(copy<unknown>(root), path, copy<unknown>(item)));
}

/**
 * `. = value`, where fields of the event are set afterwards: a value that is no object becomes the field
 * `message`, as in Vector, and an array gives way to the fields.
 */
export function asEvent(value: unknown): Fields {
  if (isFields(value)) return value;
  return Array.isArray(value) ? {} : { message: value ?? null };
}

/** `. = value` at the end of a program: an array makes one event of each item, and no two share an object. */
export function asEvents(value: unknown): Fields | Fields[] {
  if (!Array.isArray(value)) return asEvent(value);
  const seen = new Set<unknown>();
  return value.map((item: unknown) => {
    const event = asEvent(seen.has(item) ? copy(item) : item);
    seen.add(item);
    return event;
  });
}
