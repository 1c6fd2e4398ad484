import { LogweirError } from '../../errors.ts';
import type { TopicPartition } from '../../record.ts';

/** The new offsets of a replay. */
export type ReplayTarget =
  | { kind: 'earliest' }
  /** Milliseconds since the epoch. */
  | { kind: 'time'; time: number }
  | { kind: 'offset'; offset: number }
  | { kind: 'shift'; by: number };

/** The options of `logweir replay` that name a target. */
export interface TargetOptions {
  toEarliest?: boolean;
  toDatetime?: string;
  byDuration?: string;
  toOffset?: number;
  shiftBy?: number;
}

const UNITS_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses the target from the options.
 *
 * @param now milliseconds since the epoch
 * @throws LogweirError USAGE if none or several are given, or a value is invalid
 */
export function replayTarget(options: TargetOptions, now: number): ReplayTarget {
  const given = [
    options.toEarliest,
    options.toDatetime,
    options.byDuration,
    options.toOffset,
    options.shiftBy,
  ];
  if (given.filter((option) => option !== undefined).length !== 1) {
    throw new LogweirError(
      'USAGE',
      'give exactly one of --to-earliest, --to-datetime, --by-duration, --to-offset and --shift-by',
    );
  }
  if (options.toDatetime !== undefined) return { kind: 'time', time: parseTime(options.toDatetime) };
  if (options.byDuration !== undefined)
    return { kind: 'time', time: now - parseDuration(options.byDuration) };
  if (options.toOffset !== undefined)
    return { kind: 'offset', offset: wholeNumber('--to-offset', options.toOffset, 0) };
  if (options.shiftBy !== undefined) {
    return { kind: 'shift', by: wholeNumber('--shift-by', options.shiftBy, Number.MIN_SAFE_INTEGER) };
  }
  return { kind: 'earliest' };
}

function wholeNumber(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new LogweirError('USAGE', `${name} takes a whole number`);
  return value;
}

/** @returns milliseconds since the epoch. @throws LogweirError USAGE */
export function parseTime(text: string, option = '--to-datetime'): number {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new LogweirError('USAGE', `${option}: '${text}' is not a time like 2026-11-22T08:00:00Z`);
}

/** Whether a text looks like a duration, and not like a time. */
export function isDuration(text: string): boolean {
  return /^(p|(\d+[a-z])+$)/i.test(text);
}

/**
 * Parses `90m`, `1h30m`, `7d`, or ISO 8601 as Kafka's own tool does (`PT1H30M`, `P7D`).
 *
 * @returns milliseconds
 */
export function parseDuration(text: string, option = '--by-duration'): number {
  // In ISO 8601 an M before the T is a month.
  const isMonths = /^p[^t]*m/i.test(text);
  const plain = /^p/i.test(text) && !isMonths ? text.replaceAll(/[pt]/gi, '') : text;
  const parts = [...plain.toLowerCase().matchAll(/(\d+)([smhd])/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== plain.toLowerCase()) {
    throw new LogweirError('USAGE', `${option}: '${text}' is not a duration like 90m, 12h, 7d or PT1H30M`);
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? 's'] ?? 0), 0);
}

/** The state of a partition on the brokers. */
export interface PartitionState extends TopicPartition {
  /** The group's committed offset; -1 if there is none. */
  readonly committed: number;
  readonly low: number;
  readonly high: number;
  /** The first offset at or after the target time; -1 if there is none. Only set for time targets. */
  readonly atTime?: number;
}

/** The new offset of a partition, within the offsets that the broker has. */
export function targetOffset(target: ReplayTarget, { committed, low, high, atTime }: PartitionState): number {
  const within = (offset: number): number => Math.min(high, Math.max(low, offset));
  switch (target.kind) {
    case 'earliest':
      return low;
    case 'time':
      return atTime === undefined || atTime < 0 ? high : within(atTime);
    case 'offset':
      return within(target.offset);
    case 'shift':
      return within((committed < 0 ? low : committed) + target.by);
  }
}
