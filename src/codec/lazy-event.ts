/**
 * An event that is parsed where somebody looks at it. Most transforms read a field or two and set another; to parse the whole for that,
 * and to write it anew, costs as much as all the rest of a record's way through the process.
 */
import { inspect } from 'node:util';
import { utf8Max } from '../arena.ts';
import { type ExactValue, stringifyExact } from './exact-json.ts';
import { define } from './field-path.ts';
import { literalCount } from './literals.ts';
import type { ObjectBytes } from './object-bytes.ts';

type Fields = Record<string, unknown>;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/** What became of a member. Of one that was read, only an object can have changed since. */
const READ = 1;
const SET = 2;
const DELETED = 3;

/** Nothing is allocated for what most events do not need. */
const NONE: never[] = [];

/** What stands behind the `Proxy`: empty, but for symbols, until the whole event is asked for; then it is the event. Errors name it. */
class LazyObject {
  /** `console.log` looks behind a `Proxy`. It calls this with the event itself. */
  [inspect.custom](): object {
    return Object.assign({}, this);
  }
}

/**
 * The traps of one event's `Proxy`. To whoever uses it the event is the object that `JSON.parse` would have made. Reading, setting and
 * deleting is done here, a field at a time; whatever wants more (the list of keys, a copy, freezing, a field that a prototype knows)
 * has the whole parsed, and that is used from then on. Some differences cannot be hidden: `structuredClone` and `postMessage` refuse
 * every `Proxy`, for one. Only transforms that have asked for lazy events are given any.
 */
export class LazyEvent implements ProxyHandler<Fields>, ExactValue {
  /** The event, for those who transform it. */
  readonly value: Fields;
  /** It begins without any literal; what a transform puts in may have some. */
  readonly mark = literalCount();
  readonly #target = new LazyObject() as object as Fields;
  readonly #original: ObjectBytes;
  /** By the number of a member what happened to it, and its value; nothing for those that nobody touched. */
  #states: (number | undefined)[] = NONE;
  #values: unknown[] = NONE;
  #added: Fields | undefined;
  #isWhole = false;
  /** What {@link writeTo} writes: the texts of members that are written anew, by their number, and of those that were added. */
  #texts: (string | undefined)[] = NONE;
  #addedText = '';

  /** @param original on one line, and without numbers that JavaScript would write differently */
  constructor(original: ObjectBytes) {
    this.#original = original;
    this.value = new Proxy(this.#target, this);
    remember(this);
  }

  /** The event as an object like any other. What is done to one of the two from now on is done to both. */
  plain(): Fields {
    return this.#parseWhole();
  }

  /** {@link plain}, where the whole has been parsed already. */
  get whole(): Fields | undefined {
    return this.#isWhole ? this.#target : undefined;
  }

  /** What stands behind the `Proxy`: where fields lie that have a symbol for a name. */
  get behind(): Readonly<Fields> {
    return this.#target;
  }

  get(target: Fields, key: string | symbol, receiver: unknown): unknown {
    if (this.#isWhole) return Reflect.get(target, key, receiver);
    if (typeof key === 'symbol') return Object.hasOwn(target, key) ? Reflect.get(target, key) : undefined;
    const at = this.#find(key);
    if (at >= 0) return this.#read(at);
    if (this.#hasAdded(key)) return this.#added?.[key];
    return Reflect.get(Object.prototype, key, receiver);
  }

  set(target: Fields, key: string | symbol, value: unknown, receiver: unknown): boolean {
    if (receiver !== this.value) return Reflect.set(this.#parseWhole(), key, value, receiver);
    if (this.#isWhole || typeof key === 'symbol') return Reflect.set(target, key, value);
    const at = this.#find(key);
    // A function could be a `toJSON`, which speaks for the whole.
    if (typeof value === 'function' || (at < 0 && !keepsItsPlace(key)))
      return Reflect.set(this.#parseWhole(), key, value);
    if (at >= 0) this.#note(at, SET, value);
    else (this.#added ??= {})[key] = value;
    return true;
  }

  has(target: Fields, key: string | symbol): boolean {
    if (this.#isWhole || typeof key === 'symbol') return Reflect.has(target, key);
    return this.#hasOwn(key) || key in Object.prototype;
  }

  deleteProperty(target: Fields, key: string | symbol): boolean {
    if (this.#isWhole || typeof key === 'symbol') return Reflect.deleteProperty(target, key);
    const at = this.#find(key);
    if (at >= 0) this.#note(at, DELETED, undefined);
    else if (this.#hasAdded(key)) delete this.#added?.[key];
    return true;
  }

  getOwnPropertyDescriptor(target: Fields, key: string | symbol): PropertyDescriptor | undefined {
    if (this.#isWhole || typeof key === 'symbol') return Reflect.getOwnPropertyDescriptor(target, key);
    if (!this.#hasOwn(key)) return undefined;
    return { value: this.get(target, key, this.value), writable: true, enumerable: true, configurable: true };
  }

  defineProperty(target: Fields, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (typeof key === 'symbol') return Reflect.defineProperty(target, key, descriptor);
    const { writable, enumerable, configurable } = descriptor;
    const isField =
      'value' in descriptor && writable === true && enumerable === true && configurable === true;
    if (isField && !this.#isWhole && (this.#hasOwn(key) || keepsItsPlace(key)))
      return this.set(target, key, descriptor.value, this.value);
    return Reflect.defineProperty(this.#parseWhole(), key, descriptor);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#parseWhole());
  }

  preventExtensions(): boolean {
    return Reflect.preventExtensions(this.#parseWhole());
  }

  getPrototypeOf(target: Fields): object | null {
    return this.#isWhole ? Reflect.getPrototypeOf(target) : Object.prototype;
  }

  setPrototypeOf(_target: Fields, prototype: object | null): boolean {
    return Reflect.setPrototypeOf(this.#parseWhole(), prototype);
  }

  /**
   * Sets many fields at once, and much faster than one by one, where none of them is there yet and none was added before.
   *
   * @returns whether it did
   */
  add(fields: Fields): boolean {
    if (this.#isWhole || this.#added !== undefined) return false;
    for (const key of Object.keys(fields)) {
      const value = fields[key];
      if (this.#find(key) >= 0 || !keepsItsPlace(key) || typeof value === 'function') return false;
    }
    this.#added = { ...fields };
    return true;
  }

  /**
   * Makes the texts of what has changed. To be called before {@link writeTo}, while the event is not whole.
   *
   * @returns how many bytes the event may take
   * @throws TypeError where something in it is cyclic or has no JSON form
   */
  bytesMax(): number {
    this.#addedText = this.#added === undefined ? '' : textOf(this.#added, this);
    this.#texts = this.#states.length === 0 ? NONE : [];
    let max = this.#original.length + utf8Max(this.#addedText) + 2;
    for (let at = 0; at < this.#states.length; at++) {
      const state = this.#states[at];
      const value = this.#values[at];
      if (state === undefined || (state === READ && !isObject(value))) continue;
      const text = state === DELETED ? '' : textOf({ [this.#original.keyOf(at)]: value }, this);
      this.#texts[at] = text;
      max += utf8Max(text) + 1;
    }
    return max;
  }

  /** Writes the event as JSON: what nobody changed as it came, the rest anew. @returns the end of it */
  writeTo(chunk: Buffer, start: number): number {
    chunk[start] = OPEN_BRACE;
    const first = start + 1;
    let at = first;
    const { count } = this.#original;
    for (let member = 0; member < count; member++) {
      const text = this.#texts[member];
      if (text === '') continue;
      if (at > first) chunk[at++] = COMMA;
      if (text === undefined) {
        const from = member;
        while (member + 1 < count && this.#texts[member + 1] === undefined) member++;
        at += this.#original.copy(from, member, chunk, at);
      } else at += chunk.write(text, at);
    }
    if (this.#addedText !== '') {
      if (at > first) chunk[at++] = COMMA;
      at += chunk.write(this.#addedText, at);
    }
    chunk[at++] = CLOSE_BRACE;
    return at;
  }

  /** The number of a member that has not been deleted, or -1. */
  #find(key: string): number {
    const at = this.#original.find(key);
    return at >= 0 && this.#states[at] === DELETED ? -1 : at;
  }

  #hasAdded(key: string): boolean {
    return this.#added !== undefined && Object.hasOwn(this.#added, key);
  }

  #hasOwn(key: string): boolean {
    return this.#find(key) >= 0 || this.#hasAdded(key);
  }

  #read(at: number): unknown {
    if (this.#states[at] !== undefined) return this.#values[at];
    const value = this.#original.valueOf(at);
    this.#note(at, READ, value);
    return value;
  }

  #note(at: number, state: number, value: unknown): void {
    if (this.#states === NONE) {
      this.#states = [];
      this.#values = [];
    }
    this.#states[at] = state;
    this.#values[at] = value;
  }

  /** Makes the target the event that it stood for. */
  #parseWhole(): Fields {
    const target = this.#target;
    if (this.#isWhole) return target;
    const parsed = this.#original.parse();
    for (const [at, key] of Object.keys(parsed).entries()) {
      const state = this.#states[at];
      if (state !== DELETED) define(target, key, state === undefined ? parsed[key] : this.#values[at]);
    }
    for (const [key, value] of Object.entries(this.#added ?? {})) define(target, key, value);
    Object.setPrototypeOf(target, Object.prototype);
    this.#isWhole = true;
    return target;
  }
}

/** Of most events that somebody asks about. To find any of them by its `Proxy`, as in a `WeakMap`, would cost each a microsecond. */
let newest: LazyEvent | undefined;

function remember(lazy: LazyEvent): void {
  newest = lazy;
}

/**
 * The traps of an event that is lazy and known to be. Of another one that is lazy they are not found: whoever asks must get on without.
 * A `Proxy` of somebody's own around a lazy event is another object, and is none.
 *
 * @param decoded what it most probably is; the one that was decoded last if left out
 */
export function lazyOf(event: object, decoded: ExactValue | undefined = newest): LazyEvent | undefined {
  return decoded instanceof LazyEvent && decoded.value === event ? decoded : undefined;
}

/** Whether a new field of that name stands behind the others, and means nothing to JavaScript. */
function keepsItsPlace(key: string): boolean {
  const first = key.charCodeAt(0);
  return !(first >= ZERO && first <= NINE) && !(key in Object.prototype);
}

/** Fields as JSON, without the braces around them; empty where none of them has a JSON form. */
function textOf(fields: Fields, event: ExactValue): string {
  return stringifyExact(fields, event).slice(1, -1);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
