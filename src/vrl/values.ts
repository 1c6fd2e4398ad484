import { noteCopy } from '../codec/exact-json.ts';
import { isRawJson } from '../codec/raw-json.ts';
import { Pattern } from './pattern.ts';
import { Timestamp } from './timestamp.ts';

/** Names of VRL's types, as its error messages have them. */
type Kind = 'null' | 'boolean' | 'integer' | 'float' | 'string' | 'timestamp' | 'regex' | 'array' | 'object';

export type Fields = Record<string, unknown>;

/** An expression that failed. VRL calls its text the error message. */
export class VrlError extends Error {
  override readonly name = 'VrlError';
}

/** `abort`: the program ends, and the event is dropped. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/**
 * The type of a value. A missing field is null. A number without a fraction is an integer, even if its text
 * was `1.0`: JavaScript has one type for both. Beyond 2^53 it is a float: integers are `bigint` there.
 */
export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'integer';
    case 'number':
      return Number.isSafeInteger(value) ? 'integer' : 'float';
    case 'object':
      break;
    default:
      return 'null';
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Timestamp) return 'timestamp';
  if (value instanceof Pattern) return 'regex';
  return isRawJson(value) ? 'float' : 'object';
}

export function isFields(value: unknown): value is Fields {
  return kindOf(value) === 'object';
}

/** The error of a value that has another type. */
export function wrongType(value: unknown, ...expected: readonly Kind[]): VrlError {
  const names =
    expected.length < 2
      ? expected.join('')
      : `${expected.slice(0, -1).join(', ')} or ${expected.at(-1) ?? ''}`;
  return new VrlError(`expected ${names}, got ${kindOf(value)}`);
}

/** The result of a calculation: infinite numbers may have none. @throws VrlError */
export function notNaN(result: number): number {
  if (Number.isNaN(result)) throw new VrlError('operation would produce NaN');
  return result;
}

/** A number of JavaScript, where it is exact; else a bigint. */
export function integer(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/**
 * A copy of an object or an array, with copies of what it contains: values of VRL are never shared. Other
 * values are returned as they are.
 */
export function copy<T>(value: T): T;
export function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value) && !isFields(value)) return value;
  const copied: unknown[] | Fields = Array.isArray(value) ? value.map((item) => copy<unknown>(item)) : {};
  if (!Array.isArray(value))
    for (const key of Object.keys(value)) setField(copied as Fields, key, copy(value[key]));
  // Numbers keep their text: `1.0` stays `1.0`.
  noteCopy(value, copied);
  return copied;
}

/**
 * A copy of an object or an array, which shares what it contains. Nothing in it may be changed in place:
 * `put` and `removeAt` copy what they change.
 */
export function shallow<T>(value: T): T;
export function shallow(value: unknown): unknown {
  if (!Array.isArray(value) && !isFields(value)) return value;
  const copied = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
  // Numbers keep their text: `1.0` stays `1.0`.
  noteCopy(value, copied);
  return copied;
}

/** Own fields only: `constructor` is no field of an object. */
export function fieldOf(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function setField(fields: Fields, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
  } else fields[name] = value;
}

const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;

/** The integer, within 64 bits. @throws VrlError */
export function checked(value: bigint): number | bigint {
  if (value < INTEGER_MIN || value > INTEGER_MAX) throw new VrlError('integer overflow');
  return integer(value);
}
