import { type Fields, fieldOf, isFields, setField, shallow } from './values.ts';

/** A step of a path: a field, or an index, which counts from the end where it is negative. */
export type Segment = string | number;

/** The value at a path; undefined if there is none. */
export function at(value: unknown, ...path: readonly Segment[]): unknown {
  let current = value;
  for (const segment of path) {
    if (current === undefined || current === null) return undefined;
    current = typeof segment === 'string' ? fieldOf(current, segment) : item(current, segment);
  }
  return current;
}

function item(value: unknown, index: number): unknown {
  if (!Array.isArray(value)) return undefined;
  return value[index < 0 ? value.length + index : index] as unknown;
}

/** `exists(path)`: whether the field is there, also where it is null. */
export function hasPath(value: unknown, ...path: readonly Segment[]): boolean {
  const holder = at(value, ...path.slice(0, -1));
  const last = path.at(-1);
  if (last === undefined) return value !== undefined;
  if (typeof last === 'string') return isFields(holder) && Object.hasOwn(holder, last);
  return item(holder, last) !== undefined;
}

/**
 * `.a.b = value`: sets the value at a path in an object, which is changed. Objects and arrays on the way are
 * replaced by changed copies, since another name may have them too. Any other value gives way to an object or
 * an array. An array is filled with null up to the index.
 *
 * @returns the root: another one where it was not an object or an array
 */
export function put(root: unknown, path: readonly Segment[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value ?? null;
  if (typeof first === 'string') {
    const fields: Fields = isFields(root) ? root : {};
    const inner = rest.length === 0 ? value : put(shallow(fieldOf(fields, first)), rest, value);
    setField(fields, first, inner ?? null);
    return fields;
  }
  const items: unknown[] = Array.isArray(root) ? root : [];
  const index = first < 0 ? items.length + first : first;
  if (index < 0) {
    // Before the first item: the array grows at its start.
    const inner = rest.length === 0 ? value : put(undefined, rest, value);
    items.unshift(inner ?? null, ...Array.from({ length: -index - 1 }, () => null));
    return items;
  }
  while (items.length < index) items.push(null);
  items[index] = (rest.length === 0 ? value : put(shallow(items[index]), rest, value)) ?? null;
  return items;
}

/**
 * `del(path)`: removes the value at a path in an object, which is changed. Objects and arrays on the way are
 * replaced by changed copies, as {@link put} does.
 *
 * @param compact whether objects and arrays that become empty are removed too
 * @returns the removed value; null if there was none
 */
export function removeAt(root: unknown, path: readonly Segment[], compact = false): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return removeAll(root);
  if (rest.length === 0) return removeFrom(root, first) ?? null;
  if (!hasPath(root, ...path)) return null;
  const inner = shallow(at(root, first));
  const removed = removeAt(inner, rest, compact);
  if (compact && isEmpty(inner)) removeFrom(root, first);
  else put(root, [first], inner);
  return removed;
}

function removeFrom(holder: unknown, last: Segment): unknown {
  if (typeof last === 'string') {
    if (!isFields(holder)) return undefined;
    const value = fieldOf(holder, last);
    delete holder[last];
    return value;
  }
  const value = item(holder, last);
  if (value !== undefined && Array.isArray(holder)) holder.splice(last < 0 ? holder.length + last : last, 1);
  return value;
}

function removeAll(root: unknown): unknown {
  if (!isFields(root)) return root ?? null;
  const value = { ...root };
  for (const key of Object.keys(root)) delete root[key];
  return value;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0;
}
