import type { Spread } from './measure.ts';

/** Median with (lowest–highest), each to the whole number. */
export function whole({ median, min, max }: Spread): string {
  const text = (value: number): string => Math.round(value).toLocaleString('en-GB');
  return `${text(median)} (${text(min)}–${text(max)})`;
}

export function decimal({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
