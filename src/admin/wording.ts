/** Numbers and times as people read them. */

/** For a value that is not known, or that this version of the instance does not send. */
export const UNKNOWN = '–';

const NUMBERS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** `12,345`. Below 10 with one decimal. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return (Math.abs(value) < 10 ? SMALL : NUMBERS).format(value);
}

/** `1 record`, `1,234 records`. */
export function counted(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `250 ms`, `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function durationText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  if (seconds > 0 && seconds < 0.0995) return `${SMALL.format(seconds * 1000)} ms`;
  if (seconds < 10) return `${SMALL.format(seconds)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return joined(hours, 'h', minutes % 60, 'min');
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joined(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/** The time of day in UTC, `12:03:10 UTC`, with the date if that is another day than today. */
export function timeText(iso: string | null | undefined, now: number): string {
  if (iso === null || iso === undefined || Number.isNaN(Date.parse(iso))) return UNKNOWN;
  const text = new Date(iso).toISOString();
  const isToday = text.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  return `${isToday ? '' : `${text.slice(0, 10)} `}${text.slice(11, 19)} UTC`;
}

/** `since 12:03:10 UTC (4 min)`; empty if unknown. */
export function sinceText(iso: string | null | undefined, now: number): string {
  if (iso === null || iso === undefined || Number.isNaN(Date.parse(iso))) return '';
  return `since ${timeText(iso, now)} (${durationText(Math.max(0, now - Date.parse(iso)) / 1000)})`;
}

export function bytesText(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return UNKNOWN;
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${SMALL.format(bytes / 1024)} KiB`;
  return `${SMALL.format(bytes / 1_048_576)} MiB`;
}
