/**
 * An event whose fields are parsed when they are read. Most transforms read one or two fields and set
 * another; to parse and rewrite the whole event for that costs as much as the rest of a record's processing.
 */
import { inspect } from 'node:util';
import { utf8Max } from '../memory/arena.ts';
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

/** The states of a member. A member that was READ can have changed only if it is an object. */
const READ = 1;
const SET = 2;
const DELETED = 3;

/** Shared by all empty lists, so that most events allocate none. */
const NONE: never[] = [];

/** The target of the `Proxy`: empty except for symbols until it is materialised. Errors show its class. */
class LazyObject {
  /** `console.log` bypasses a `Proxy`. It calls this with the event as `this`. */
  [inspect.custom](): object {
    return Object.assign({}, this);
  }
}

/**
 * The handler of one event's `Proxy`. The event behaves like the object that `JSON.parse` makes. Single
 * fields are read, set and deleted here; every other operation (listing keys, copying, freezing, a field that
 * exists on a prototype) materialises the whole event, which is used from then on. Some differences cannot be
 * hidden: `structuredClone` and `postMessage`, for example, reject every `Proxy`. Only transforms that ask
 * for lazy events receive them.
 */
export class LazyEvent implements ProxyHandler<Fields>, ExactValue {
  /** The event, for transforms. */
  readonly value: Fields;
  /** A new event has no literals; values that a transform sets may have some. */
  readonly mark = literalCount();
  readonly #target = new LazyObject() as object as Fields;
  readonly #original: ObjectBytes;
  /** The state and the value of each member by its number; undefined for passthrough members. */
  #states: (number | undefined)[] = NONE;
  #values: unknown[] = NONE;
  #added: Fields | undefined;
  #isMaterialised = false;
  /** For {@link writeTo}: the texts of changed members by their number, and of added ones. */
  #texts: (string | undefined)[] = NONE;
  #addedText = '';

  /** @param original on one line, and without non-canonical numbers */
  constructor(original: ObjectBytes) {
    this.#original = original;
    this.value = new Proxy(this.#target, this);
    remember(this);
  }

  /** Materialises the event. The plain object and the `Proxy` share all later changes. */
  plain(): Fields {
    return this.#materialise();
  }

  /** Copies the bytes, so that the event can be read after its record is settled. */
  detach(): void {
    if (!this.#isMaterialised) this.#original.detach();
  }

  /** The {@link plain} event, if it is materialised already. */
  get materialised(): Fields | undefined {
    return this.#isMaterialised ? this.#target : undefined;
  }

  /** The target of the `Proxy`, which holds the fields with symbols for names. */
  get target(): Readonly<Fields> {
    return this.#target;
  }

  get(target: Fields, key: string | symbol, receiver: unknown): unknown {
    if (this.#isMaterialised) return Reflect.get(target, key, receiver);
    if (typeof key === 'symbol') return Object.hasOwn(target, key) ? Reflect.get(target, key) : undefined;
    const at = this.#find(key);
    if (at >= 0) return this.#read(at);
    if (this.#hasAdded(key)) return this.#added?.[key];
    return Reflect.get(Object.prototype, key, receiver);
  }

  set(target: Fields, key: string | symbol, value: unknown, receiver: unknown): boolean {
    if (receiver !== this.value) return Reflect.set(this.#materialise(), key, value, receiver);
    if (this.#isMaterialised || typeof key === 'symbol') return Reflect.set(target, key, value);
    const at = this.#find(key);
    // A function may be a `toJSON`, which determines the JSON of the whole event.
    if (typeof value === 'function' || (at < 0 && !isAppendable(key)))
      return Reflect.set(this.#materialise(), key, value);
    if (at >= 0) this.#note(at, SET, value);
    else (this.#added ??= {})[key] = value;
    return true;
  }

  has(target: Fields, key: string | symbol): boolean {
    if (this.#isMaterialised || typeof key === 'symbol') return Reflect.has(target, key);
    return this.#hasOwn(key) || key in Object.prototype;
  }

  deleteProperty(target: Fields, key: string | symbol): boolean {
    if (this.#isMaterialised || typeof key === 'symbol') return Reflect.deleteProperty(target, key);
    const at = this.#find(key);
    if (at >= 0) this.#note(at, DELETED, undefined);
    else if (this.#hasAdded(key)) delete this.#added?.[key];
    return true;
  }

  getOwnPropertyDescriptor(target: Fields, key: string | symbol): PropertyDescriptor | undefined {
    if (this.#isMaterialised || typeof key === 'symbol') return Reflect.getOwnPropertyDescriptor(target, key);
    if (!this.#hasOwn(key)) return undefined;
    return { value: this.get(target, key, this.value), writable: true, enumerable: true, configurable: true };
  }

  defineProperty(target: Fields, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (typeof key === 'symbol') return Reflect.defineProperty(target, key, descriptor);
    const { writable, enumerable, configurable } = descriptor;
    const isField =
      'value' in descriptor && writable === true && enumerable === true && configurable === true;
    if (isField && !this.#isMaterialised && (this.#hasOwn(key) || isAppendable(key)))
      return this.set(target, key, descriptor.value, this.value);
    return Reflect.defineProperty(this.#materialise(), key, descriptor);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#materialise());
  }

  preventExtensions(): boolean {
    return Reflect.preventExtensions(this.#materialise());
  }

  getPrototypeOf(target: Fields): object | null {
    return this.#isMaterialised ? Reflect.getPrototypeOf(target) : Object.prototype;
  }

  setPrototypeOf(_target: Fields, prototype: object | null): boolean {
    return Reflect.setPrototypeOf(this.#materialise(), prototype);
  }

  /**
   * Sets many fields at once, much faster than one by one, if none of them exists yet and no field was added
   * before.
   *
   * @returns whether the fields were set
   */
  add(fields: Fields): boolean {
    if (this.#isMaterialised || this.#added !== undefined) return false;
    for (const key of Object.keys(fields)) {
      const value = fields[key];
      if (this.#find(key) >= 0 || !isAppendable(key) || typeof value === 'function') return false;
    }
    this.#added = { ...fields };
    return true;
  }

  /**
   * Makes the texts of changed members. Call it before {@link writeTo}, while the event is not materialised.
   *
   * @returns the most bytes that the event may need
   * @throws TypeError if a value is cyclic or has no JSON form
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

  /** Writes the event as JSON; unchanged members are copied. @returns the end position */
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

  /** Fills the target with all fields of the event. */
  #materialise(): Fields {
    const target = this.#target;
    if (this.#isMaterialised) return target;
    const parsed = this.#original.parse();
    for (const [at, key] of Object.keys(parsed).entries()) {
      const state = this.#states[at];
      if (state !== DELETED) define(target, key, state === undefined ? parsed[key] : this.#values[at]);
    }
    for (const [key, value] of Object.entries(this.#added ?? {})) define(target, key, value);
    Object.setPrototypeOf(target, Object.prototype);
    this.#isMaterialised = true;
    return target;
  }
}

/** Most calls of {@link lazyOf} ask for this one. A `WeakMap` would cost a microsecond per event. */
let newest: LazyEvent | undefined;

function remember(lazy: LazyEvent): void {
  newest = lazy;
}

/**
 * The handler of a lazy event, if it is `decoded`; for other lazy events undefined, so callers must work
 * without it. A transform's own `Proxy` around a lazy event is a different object, and not a lazy event.
 *
 * @param decoded the probable source of the event; by default the one that was decoded last
 */
export function lazyOf(event: object, decoded: ExactValue | undefined = newest): LazyEvent | undefined {
  return decoded instanceof LazyEvent && decoded.value === event ? decoded : undefined;
}

/** Whether JavaScript puts a new field of that name after the others, and gives it no special meaning. */
function isAppendable(key: string): boolean {
  const first = key.charCodeAt(0);
  return !(first >= ZERO && first <= NINE) && !(key in Object.prototype);
}

/** Fields as JSON without the outer braces; empty if none of them has a JSON form. */
function textOf(fields: Fields, event: ExactValue): string {
  return stringifyExact(fields, event).slice(1, -1);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
