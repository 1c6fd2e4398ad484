import { isIPv4, isIPv6 } from 'node:net';
import { isRawJson } from '../codec/raw-json.ts';
import { Pattern } from './pattern.ts';
import { Timestamp } from './timestamp.ts';
import { checked, type Fields, integer, isFields, kindOf, VrlError, wrongType } from './values.ts';

/** `string(value)`: the value, if it is a text. @throws VrlError */
export function asString(value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrongType(value, 'string');
}

export function asInteger(value: unknown): number | bigint {
  if (kindOf(value) === 'integer') return value as number | bigint;
  throw wrongType(value, 'integer');
}

/** A number without a fraction passes too: JavaScript cannot tell `1.0` from `1`. */
export function asFloat(value: unknown): number {
  if (isRawJson(value)) return Number(value.rawJSON);
  if (typeof value === 'number') return value;
  throw wrongType(value, 'float');
}

export function asBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrongType(value, 'boolean');
}

export function asArray(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw wrongType(value, 'array');
}

export function asObject(value: unknown): Fields {
  if (isFields(value)) return value;
  throw wrongType(value, 'object');
}

export function asTimestamp(value: unknown): Timestamp {
  if (value instanceof Timestamp) return value;
  throw wrongType(value, 'timestamp');
}

export function asPattern(value: unknown): Pattern {
  if (value instanceof Pattern) return value;
  throw wrongType(value, 'regex');
}

/** A number as JavaScript computes with it. */
export function asNumber(value: unknown): number {
  const kind = kindOf(value);
  if (kind === 'integer' || kind === 'float') return Number(isRawJson(value) ? value.rawJSON : value);
  throw wrongType(value, 'integer', 'float');
}

/** An argument that counts something. */
export function asCount(value: unknown): number {
  return Number(asInteger(value));
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isInteger(value: unknown): boolean {
  return kindOf(value) === 'integer';
}

export function isFloat(value: unknown): boolean {
  return kindOf(value) === 'float';
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

export function isArray(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

export function isObject(value: unknown): value is Fields {
  return isFields(value);
}

export function isNull(value: unknown): boolean {
  return kindOf(value) === 'null';
}

export function isTimestamp(value: unknown): value is Timestamp {
  return value instanceof Timestamp;
}

export function isRegex(value: unknown): value is Pattern {
  return value instanceof Pattern;
}

/** Null, `-`, or a text of nothing but white space. */
export function isNullish(value: unknown): boolean {
  return isNull(value) || (typeof value === 'string' && (value === '-' || value.trim() === ''));
}

export function isEmpty(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length === 0;
  if (isFields(value)) return Object.keys(value).length === 0;
  throw wrongType(value, 'string', 'array', 'object');
}

export function isIpv4(value: unknown): boolean {
  return isIPv4(asString(value));
}

export function isIpv6(value: unknown): boolean {
  const text = asString(value);
  return isIPv6(text) && !text.includes('%');
}

const JSON_KINDS: Readonly<Record<string, string>> = { number: 'integer', bool: 'boolean' };

/**
 * Whether the text is JSON.
 *
 * @param options.variant `object`, `array`, `string`, `number`, `bool` or `null`
 */
export function isJson(value: unknown, { variant }: { readonly variant?: unknown } = {}): boolean {
  const text = asString(value);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return false;
  }
  if (variant === undefined) return true;
  const kind = kindOf(parsed) === 'float' ? 'integer' : kindOf(parsed);
  return kind === (JSON_KINDS[asString(variant)] ?? variant);
}

/** A text for a value: also of a number, a boolean, a timestamp, and the empty one for null. */
export function toString(value: unknown): string {
  switch (kindOf(value)) {
    case 'string':
      return value as string;
    case 'null':
      return '';
    case 'integer':
    case 'float':
    case 'boolean':
    case 'timestamp':
      return isRawJson(value) ? value.rawJSON : asInRust(String(value));
    default:
      throw new VrlError(`unable to coerce ${kindOf(value)} into string`);
  }
}

/** `1e-7` as `0.0000001`, `1e+21` with all its zeros, and `Infinity` as `inf`, as Rust writes them. */
function asInRust(text: string): string {
  if (text.endsWith('Infinity')) return text.replace('Infinity', 'inf');
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (found === null) return text;
  const [, sign = '', first = '', rest = ''] = found;
  const exponent = Number(found[4]);
  if (exponent > 0) return `${sign}${first}${rest.padEnd(exponent, '0')}`;
  return `${sign}0.${'0'.repeat(-exponent - 1)}${first}${rest}`;
}

/** An integer for a value; the seconds of a timestamp. A text must be an integer in digits. */
export function toInt(value: unknown): number | bigint {
  switch (kindOf(value)) {
    case 'integer':
      return value as number | bigint;
    case 'float':
      return wholeOf(asNumber(value));
    case 'boolean':
      return value === true ? 1 : 0;
    case 'null':
      return 0;
    case 'timestamp':
      return checked((value as Timestamp).seconds);
    case 'string': {
      const text = value as string;
      if (!/^[+-]?\d+$/.test(text))
        throw new VrlError(`Invalid integer "${text}": invalid digit found in string`);
      return checked(BigInt(text.replace('+', '')));
    }
    default:
      throw new VrlError(`unable to coerce ${kindOf(value)} into integer`);
  }
}

/** Without its fraction; the nearest integer of 64 bits for a number beyond them, as in Rust. */
function wholeOf(value: number): number | bigint {
  const [least, greatest] = [-(2n ** 63n), 2n ** 63n - 1n];
  if (value >= Number(greatest)) return greatest;
  return value <= Number(least) ? least : integer(BigInt(Math.trunc(value)));
}

const FLOAT = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|infinity)$/i;

export function parseFloat(value: unknown): number {
  const text = asString(value);
  if (!FLOAT.test(text)) throw new VrlError(`Invalid floating point number "${text}": invalid float literal`);
  return Number(text.replace(/inf(inity)?/i, 'Infinity'));
}

export function toFloat(value: unknown): number {
  switch (kindOf(value)) {
    case 'integer':
    case 'float':
      return asNumber(value);
    case 'boolean':
      return value === true ? 1 : 0;
    case 'null':
      return 0;
    case 'timestamp':
      return Number((value as Timestamp).ns) / 1e9;
    case 'string':
      return parseFloat(value);
    default:
      throw new VrlError(`unable to coerce ${kindOf(value)} into float`);
  }
}

const TRUE = new Set(['true', 't', 'yes', 'y', '1']);
const FALSE = new Set(['false', 'f', 'no', 'n', '0']);

export function toBool(value: unknown): boolean {
  switch (kindOf(value)) {
    case 'boolean':
      return value as boolean;
    case 'integer':
    case 'float':
      return asNumber(value) !== 0;
    case 'null':
      return false;
    case 'string': {
      const text = (value as string).toLowerCase();
      if (TRUE.has(text)) return true;
      if (FALSE.has(text)) return false;
      if (/^[+-]?\d+$/.test(text)) return Number(text) !== 0;
      throw new VrlError(`Invalid boolean value "${value as string}"`);
    }
    default:
      throw new VrlError(`unable to coerce ${kindOf(value)} into boolean`);
  }
}

export function toRegex(value: unknown): Pattern {
  const source = asString(value);
  try {
    return Pattern.of(source);
  } catch (error) {
    throw new VrlError(`unable to parse regex: ${error instanceof Error ? error.message : String(error)}`);
  }
}
