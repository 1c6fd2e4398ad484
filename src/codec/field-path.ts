import { isRawJson } from './raw-json.ts';

type Fields = Record<string, unknown>;

/** Whether it is an object with fields: no list, and no number that only its text can hold. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value);
}

/**
 * Whether a plain object has the key itself, as `Object.hasOwn` says: that takes a whole descriptor out of an event that is lazy, where
 * `in` takes an answer, and costs several times as much.
 */
export function hasKey(holder: Fields, key: string): boolean {
  return key in Object.prototype ? Object.hasOwn(holder, key) : key in holder;
}

/**
 * Reads a dotted path, own properties only: `kubernetes.pod_namespace`. A key that holds the dots itself wins.
 *
 * @returns undefined where nothing is there
 */
export function fieldAt(event: Fields, path: string): unknown {
  if (path in Object.prototype) return Object.hasOwn(event, path) ? event[path] : undefined;
  const value = event[path];
  if (value !== undefined || !path.includes('.')) return value;
  return holderOf(event, path)?.[lastKey(event, path)];
}

/**
 * The object that holds the last key of a dotted path, or undefined where the path leads nowhere. Together with
 * {@link lastKey} it lets a transform change a nested value in place.
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

/** The key under which {@link holderOf} holds the value. */
export function lastKey(event: Fields, path: string): string {
  return !path.includes('.') || hasKey(event, path) ? path : path.slice(path.lastIndexOf('.') + 1);
}

/** Sets an own property. A key named `__proto__` is data too, and never reaches a prototype. */
export function define<F extends Fields>(holder: F, key: string, value: unknown): F {
  if (key === '__proto__')
    return Object.defineProperty(holder, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  // Several times as fast, and the same: of what JSON makes no property has a setter.
  (holder as Fields)[key] = value;
  return holder;
}

/** Sets the value at a dotted path, making the objects on the way where nothing, or no object, is there. */
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

/** Removes what is at a dotted path. @returns whether something was there */
export function deleteAt(event: Fields, path: string): boolean {
  const holder = holderOf(event, path);
  return holder !== undefined && delete holder[lastKey(event, path)];
}

/** Whether {@link setAt} would put an object in the place of something else: of the text of `host`, for `host.name`. */
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

/** Finds names that nothing has yet: the key, or the key with `_2`, `_3` and so on. Quick also where thousands want the same one. */
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
 * Sets a property under a name that nothing has yet. @returns the name
 *
 * @param names the same one for all fields that are put into a holder
 */
export function defineBeside(holder: Fields, key: string, value: unknown, names = new FreeNames()): string {
  const free = names.nameFor(key, (name) => hasKey(holder, name));
  define(holder, free, value);
  return free;
}

/**
 * Puts fields into the object at a path, which is made if need be. Nothing that is there is replaced: where something else is in the way,
 * the path begins with another name.
 *
 * @param put told under which name each field lies now
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
