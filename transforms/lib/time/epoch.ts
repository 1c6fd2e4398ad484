import { textOf } from '../text-of.ts';
import { FRACTION_MAX, type Instant, inRange } from './instant.ts';

/** How many decimal places lie between a unit and the second. */
const PLACES = { unix: 0, unix_ms: 3, unix_us: 6, unix_ns: 9 } as const;

/** Seconds, milliseconds, microseconds, nanoseconds since 1970; or the one that is told by the number's size. */
export type EpochUnit = keyof typeof PLACES | 'unix_auto';

/** Each unit from 1973 to 5138, so that no number can be two. */
const UP_TO: readonly (readonly [size: number, unit: keyof typeof PLACES])[] = [
  [1e11, 'unix'],
  [1e14, 'unix_ms'],
  [1e17, 'unix_us'],
  [Number.POSITIVE_INFINITY, 'unix_ns'],
];

const DECIMAL = /^(\d{1,40})(?:\.(\d{1,40}))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * A time as a number since 1970, with all digits that it has, nine below the second at most: cut, not rounded, in decimal, since a double
 * cannot hold what was meant.
 *
 * @param value a number, a BigInt, a text of digits, or a number as JSON that no double can hold
 */
export function readEpoch(value: unknown, unit: EpochUnit): Instant | undefined {
  const text = textOf(value);
  const match = text === undefined ? null : DECIMAL.exec(text);
  if (match === null) return undefined;
  const [whole, integer = '', fraction = '', exponent = '0'] = match;
  const digits = integer + fraction;
  // Where the point stands in `digits` when the number is one of seconds.
  const point = integer.length + Number(exponent) - PLACES[unit === 'unix_auto' ? unitOf(whole) : unit];
  // Of zeros in front any number may stand; of others no more than the year 9999 has.
  if (point > 60) return undefined;
  const seconds = digits.slice(0, Math.max(0, point)).padEnd(point, '0');
  const below = `${'0'.repeat(Math.min(FRACTION_MAX, Math.max(0, -point)))}${digits.slice(Math.max(0, point))}`;
  const written = below.slice(0, FRACTION_MAX);
  const ms = Number(seconds + written.slice(0, 3).padEnd(3, '0'));
  return inRange(ms) ? { ms, fraction: written } : undefined;
}

function unitOf(text: string): keyof typeof PLACES {
  const size = Number(text);
  return UP_TO.find(([below]) => size < below)?.[1] ?? 'unix_ns';
}
