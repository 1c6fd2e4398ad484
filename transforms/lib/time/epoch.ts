import { textOf } from '../text-of.ts';
import { FRACTION_MAX, type Instant, inRange } from './instant.ts';

/** The decimal places between a unit and the second. */
const PLACES = { unix: 0, unix_ms: 3, unix_us: 6, unix_ns: 9 } as const;

/** The unit since 1970; `unix_auto` derives it from the number's size. */
export type EpochUnit = keyof typeof PLACES | 'unix_auto';

/** Each unit covers 1973 to 5138, so no number is ambiguous. */
const UP_TO: readonly (readonly [size: number, unit: keyof typeof PLACES])[] = [
  [1e11, 'unix'],
  [1e14, 'unix_ms'],
  [1e17, 'unix_us'],
  [Number.POSITIVE_INFINITY, 'unix_ns'],
];

const DECIMAL = /^(\d{1,40})(?:\.(\d{1,40}))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * Reads a number as a time since 1970, with at most nine digits after the second. Digits are truncated, not
 * rounded, in decimal, since a double cannot hold all of them.
 *
 * @param value a number, a BigInt, a text of digits, or a number literal
 */
export function readEpoch(value: unknown, unit: EpochUnit): Instant | undefined {
  const text = textOf(value);
  const match = text === undefined ? null : DECIMAL.exec(text);
  if (match === null) return undefined;
  const [whole, integer = '', fraction = '', exponent = '0'] = match;
  const digits = integer + fraction;
  // The position of the decimal point in `digits`, in seconds.
  const point = integer.length + Number(exponent) - PLACES[unit === 'unix_auto' ? unitOf(whole) : unit];
  // Any number of leading zeros is allowed, but no more other digits than in the year 9999.
  if (point > 60) return undefined;
  const seconds = digits.slice(0, Math.max(0, point)).padEnd(point, '0');
  const below = `${'0'.repeat(Math.min(FRACTION_MAX, Math.max(0, -point)))}${digits.slice(Math.max(0, point))}`;
  const kept = below.slice(0, FRACTION_MAX);
  const ms = Number(seconds + kept.slice(0, 3).padEnd(3, '0'));
  return inRange(ms) ? { ms, fraction: kept } : undefined;
}

function unitOf(text: string): keyof typeof PLACES {
  const size = Number(text);
  return UP_TO.find(([below]) => size < below)?.[1] ?? 'unix_ns';
}
