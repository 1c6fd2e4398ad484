import { isRawJson } from './raw-json.ts';

type Fields = Record<string, unknown>;

/** Whether the value is an object with fields: not a list, and not a number literal. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value);
}

/**
 * Whether a plain object has the key itself, as `Object.hasOwn` does. For a lazy event `Object.hasOwn` costs
 * several times as much as `in`, as it builds a property descriptor.
 */
export function hasKey(holder: Fields, key: string): boolean {
  return key in Object.prototype ? Object.hasOwn(holder, key) : key in holder;
}

/**
 * Reads a dotted path, own properties only: `kubernetes.pod_namespace`. A key that contains the dots itself
 * takes precedence.
 *
 * @returns undefined if the path does not exist
 */
export function fieldAt(event: Fields, path: string): unknown {
  if (path in Object.prototype) return Object.hasOwn(event, path) ? event[path] : undefined;
  const value = event[path];
  if (value !== undefined || !path.includes('.')) return value;
  return holderOf(event, path)?.[lastKey(event, path)];
}

/**
 * The object that holds the last key of a dotted path, or undefined if the path does not exist.
 * {@link lastKey} is its key there: with both a transform can change a nested value in place.
 */
export function holderOf(event: Fields, path: string): Fields | undefined {
  if (hasKey(event, path)) return event;
  if (!path.includes('.')) return undefined;
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let at = event;
  for (const key of keys) {
    const next = hasKey(at, key) ? at[key] : undefined;
    if (!isFields(next)) return undefined;
    at = next;
  }
  return hasKey(at, last) ? at : undefined;
}

/** The key of the value in the object of {@link holderOf}. */
export function lastKey(event: Fields, path: string): string {
  return !path.includes('.') || hasKey(event, path) ? path : path.slice(path.lastIndexOf('.') + 1);
}

/** Sets an own property. A key named `__proto__` is data too, and never changes a prototype. */
export function define<F extends Fields>(holder: F, key: string, value: unknown): F {
  if (key === '__proto__')
    return Object.defineProperty(holder, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  // Several times as fast and equivalent: values from JSON have no setters.
  (holder as Fields)[key] = value;
  return holder;
}

/** Sets the value at a dotted path. Objects on the way are created, and replace other values there. */
export function setAt(event: Fields, path: string, value: unknown): void {
  const holder = holderOf(event, path);
  if (holder !== undefined) {
    define(holder, lastKey(event, path), value);
    return;
  }
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let at = event;
  for (const key of keys) {
    const next = hasKey(at, key) ? at[key] : undefined;
    if (isFields(next)) at = next;
    else {
      const made: Fields = {};
      define(at, key, made);
      at = made;
    }
  }
  define(at, last, value);
}

/** Removes the value at a dotted path. @returns whether it existed */
export function deleteAt(event: Fields, path: string): boolean {
  const holder = holderOf(event, path);
  return holder !== undefined && delete holder[lastKey(event, path)];
}

/** Whether {@link setAt} would replace another value by an object: the text of `host`, for `host.name`. */
export function isBlocked(event: Fields, path: string): boolean {
  if (!path.includes('.') || hasKey(event, path)) return false;
  let at = event;
  for (const key of path.split('.').slice(0, -1)) {
    if (!hasKey(at, key)) return false;
    const next = at[key];
    if (!isFields(next)) return true;
    at = next;
  }
  return false;
}

/** Finds unused names: the key, or the key with `_2`, `_3` and so on. Fast for thousands of equal keys. */
export class FreeNames {
  readonly #last = new Map<string, number>();

  nameFor(key: string, isTaken: (name: string) => boolean): string {
    if (!isTaken(key)) return key;
    let number = this.#last.get(key) ?? 1;
    let name: string;
    do name = `${key}_${++number}`;
    while (isTaken(name));
    this.#last.set(key, number);
    return name;
  }
}

/**
 * Sets a property under an unused name. @returns the name
 *
 * @param names shared by all fields that are put into a holder
 */
export function defineBeside(holder: Fields, key: string, value: unknown, names = new FreeNames()): string {
  const free = names.nameFor(key, (name) => hasKey(holder, name));
  define(holder, free, value);
  return free;
}

/**
 * Puts fields into the object at a path, which is created if necessary. Nothing is replaced: if another value
 * is in the way, the first name of the path gets a suffix.
 *
 * @param put receives the new name of each field
 */
export function addBeside(
  event: Fields,
  path: string,
  fields: Fields,
  put?: (key: string, holder: Fields, name: string) => void,
): void {
  const [first = '', ...rest] = path.split('.');
  const pathFrom = (name: string): string => [name, ...rest].join('.');
  const free = pathFrom(
    new FreeNames().nameFor(first, (name) => {
      const there = fieldAt(event, pathFrom(name));
      return there === undefined ? isBlocked(event, pathFrom(name)) : !isFields(there);
    }),
  );
  if (fieldAt(event, free) === undefined) setAt(event, free, {});
  const holder = fieldAt(event, free) as Fields;
  const names = new FreeNames();
  for (const key of Object.keys(fields)) {
    const name = defineBeside(holder, key, fields[key], names);
    put?.(key, holder, name);
  }
}
