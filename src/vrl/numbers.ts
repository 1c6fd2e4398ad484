import { randomInt as randomBelow } from 'node:crypto';
import { asCount, asInteger, asNumber, asString, isNull } from './types.ts';
import { checked, integer, kindOf, notNaN, VrlError } from './values.ts';

export function round(value: unknown, precision: unknown = 0): number | bigint {
  return rounded(value, precision, (x) => Math.sign(x) * Math.round(Math.abs(x)));
}

export function ceil(value: unknown, precision: unknown = 0): number | bigint {
  return rounded(value, precision, Math.ceil);
}

export function floor(value: unknown, precision: unknown = 0): number | bigint {
  return rounded(value, precision, Math.floor);
}

function rounded(value: unknown, precision: unknown, whole: (x: number) => number): number | bigint {
  if (kindOf(value) === 'integer') return value as number | bigint;
  const factor = 10 ** asCount(precision);
  return whole(asNumber(value) * factor) / factor;
}

export function abs(value: unknown): number | bigint {
  // The opposite of the least integer is none of 64 bits: it stays, as in Rust.
  if (typeof value === 'bigint') return integer(value < 0n ? BigInt.asIntN(64, -value) : value);
  return Math.abs(asNumber(value));
}

/** The remainder, with the sign of `value`. */
export function mod(value: unknown, modulus: unknown): number | bigint {
  if (asNumber(modulus) === 0) throw new VrlError("can't calculate remainder when the divisor is zero");
  if (kindOf(value) === 'integer' && kindOf(modulus) === 'integer')
    return integer(BigInt(asInteger(value)) % BigInt(asInteger(modulus)));
  return notNaN(asNumber(value) % asNumber(modulus));
}

/** @param base 2 to 36; taken from a prefix `0x`, `0o`, `0b` or `0` where it is left out */
export function parseInt(value: unknown, base?: unknown): number | bigint {
  const text = asString(value);
  if (base !== undefined && !isNull(base)) {
    return digits(text, text, radixOf(base));
  }
  const found = /^(0[xob]|0(?=\d))(.+)$/i.exec(text);
  if (found === null) return digits(text, text, 10);
  const radix = { '0x': 16, '0o': 8, '0b': 2, '0': 8 }[(found[1] ?? '').toLowerCase()] ?? 10;
  return digits(text, found[2] ?? '', radix);
}

function digits(text: string, rest: string, radix: number): number | bigint {
  const negative = rest.startsWith('-');
  let value = 0n;
  const body = rest.replace(/^[+-]/, '');
  for (const char of body) {
    const digit = Number.parseInt(char, 36);
    if (Number.isNaN(digit) || digit >= radix) throw invalid(text);
    value = value * BigInt(radix) + BigInt(digit);
  }
  if (body === '') throw invalid(text);
  return checked(negative ? -value : value);
}

function invalid(text: string): VrlError {
  return new VrlError(`could not parse integer: "${text}": invalid digit found in string`);
}

export function formatInt(value: unknown, base: unknown = 10): string {
  return asInteger(value).toString(radixOf(base));
}

function radixOf(base: unknown): number {
  const radix = asCount(base);
  if (radix < 2 || radix > 36)
    throw new VrlError(`invalid base ${radix}: must be be between 2 and 36 (inclusive)`);
  return radix;
}

interface NumberFormat {
  /** Digits after the separator. */
  readonly scale?: unknown;
  readonly decimalSeparator?: unknown;
  readonly groupingSeparator?: unknown;
}

export function formatNumber(value: unknown, options: NumberFormat = {}): string {
  const { scale, decimalSeparator = '.', groupingSeparator } = options;
  const [whole = '', fraction = ''] = String(typeof value === 'bigint' ? value : asNumber(value)).split('.');
  const places = scale === undefined || isNull(scale) ? fraction.length : asCount(scale);
  // Digits beyond the scale are cut off, not rounded.
  const shown = fraction.slice(0, places).padEnd(places, '0');
  const between =
    groupingSeparator === undefined || isNull(groupingSeparator) ? '' : asString(groupingSeparator);
  // As in VRL, a separator comes first if the number of characters is a multiple of three.
  const first = whole.length % 3;
  const grouped = whole.slice(0, first) + whole.slice(first).replace(/.{3}/g, (group) => between + group);
  return shown === '' ? grouped : `${grouped}${asString(decimalSeparator)}${shown}`;
}

/** From `min` to `max` - 1. */
export function randomInt(min: unknown, max: unknown): number {
  const [low, high] = [asCount(min), asCount(max)];
  if (high <= low) throw new VrlError('"max" must be greater than "min"');
  return high - low < 2 ** 47 ? randomBelow(low, high) : low + Math.floor(Math.random() * (high - low));
}

const BYTE_UNITS = ['B', 'K', 'M', 'G', 'T', 'P', 'E'];

/** `12kb` in another unit. @param options.base `2` (1 kB is 1024 B) or `10` */
export function parseBytes(
  value: unknown,
  unit: unknown,
  { base = '2' }: { readonly base?: unknown } = {},
): number {
  const text = asString(value);
  const found = /^(\d+(?:\.\d+)?)\s*([a-zµ]{0,3})$/i.exec(text);
  const from = found === null ? undefined : bytesOf(found[2] || 'B', asString(base));
  if (found === null || from === undefined) throw new VrlError(`unable to parse bytes: '${text}'`);
  const to = bytesOf(asString(unit), asString(base));
  const isTarget = (asString(base) === '10' ? TARGETS_10 : TARGETS_2).test(asString(unit));
  if (to === undefined || !isTarget) throw new VrlError(`unknown unit format: '${asString(unit)}'`);
  return (Number(found[1]) * from) / to;
}

/** Units of the result have one spelling only. */
const TARGETS_2 = /^(?:[KMGTPE]i?)?B$/;
const TARGETS_10 = /^[kMGTPE]?B$/;

function bytesOf(unit: string, base: string): number | undefined {
  const [, prefix = '', binary] = /^([KMGTPE]?)(i?)B?$/i.exec(unit) ?? [];
  if (unit === '' || (prefix === '' && unit.toUpperCase() !== 'B')) return undefined;
  const power = prefix === '' ? 0 : BYTE_UNITS.indexOf(prefix.toUpperCase());
  return (base === '10' && binary === '' ? 1000 : 1024) ** power;
}

/** In nanoseconds. */
const DURATION_UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['ms', 1_000_000n],
  ['cs', 10_000_000n],
  ['ds', 100_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
]);
/** Decimals of a quotient, as in Rust's decimal numbers. */
const DECIMALS = 28;
/** These have no more digits either. */
const NUMBER_MAX = 28;

/** Digits and points, each found once: a pattern that ends with the unit would take quadratic time. */
const DIGITS_AND_POINTS = /[0-9.]+/g;
const DURATION_UNIT = /\s?([µa-z]{1,2})/iuy;

/** The decimal number times `from`, divided by `to`; rounded once, at the end. */
function quotient(number: string, from: bigint, to: bigint): number {
  const [whole = '', fraction = ''] = number.split('.');
  if (whole.length + fraction.length > NUMBER_MAX)
    throw new VrlError('unable to parse number: it has too many digits');
  const scaled = BigInt(whole + fraction) * from * 10n ** BigInt(DECIMALS);
  return Number(`${scaled / (to * 10n ** BigInt(fraction.length))}e-${DECIMALS}`);
}

/** `1m30s` in another unit. As in VRL, whatever stands between two numbers with a unit is skipped. */
export function parseDuration(value: unknown, unit: unknown): number {
  const text = asString(value);
  const to = DURATION_UNITS.get(asString(unit));
  if (to === undefined) throw new VrlError(`unknown unit format: '${asString(unit)}'`);
  let sum = 0;
  let parsed = 0;
  for (const run of text.matchAll(DIGITS_AND_POINTS)) {
    DURATION_UNIT.lastIndex = run.index + run[0].length;
    const [, name] = DURATION_UNIT.exec(text) ?? [];
    if (name === undefined || run[0].endsWith('.')) continue;
    const point = run[0].lastIndexOf('.');
    const number = run[0].slice(point <= 0 ? 0 : run[0].lastIndexOf('.', point - 1) + 1);
    const from = DURATION_UNITS.get(name);
    if (from === undefined) throw new VrlError(`unknown duration unit: '${name}'`);
    sum += quotient(number, from, to);
    parsed = DURATION_UNIT.lastIndex;
  }
  if (parsed < text.length) throw new VrlError(`unable to parse duration: '${text.slice(parsed)}'`);
  return sum;
}
