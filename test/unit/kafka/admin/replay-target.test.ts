import { describe, expect, it } from 'vitest';
import { LogweirError } from '../../../../src/errors.ts';
import {
  type PartitionState,
  type ReplayTarget,
  type TargetOptions,
  parseDuration,
  replayTarget,
  targetOffset,
} from '../../../../src/kafka/admin/replay-target.ts';

const NOW = Date.UTC(2026, 0, 2, 12);
const HOUR = 3_600_000;

function usageError(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LogweirError && error.code === 'USAGE') return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('the options name one target', () => {
  it.each<[TargetOptions, ReplayTarget]>([
    [{ toEarliest: true }, { kind: 'earliest' }],
    [{ toDatetime: '2026-01-01T00:00:00Z' }, { kind: 'time', time: Date.UTC(2026, 0, 1) }],
    [{ toDatetime: '2026-01-01T02:00:00+02:00' }, { kind: 'time', time: Date.UTC(2026, 0, 1) }],
    [{ byDuration: '1h' }, { kind: 'time', time: NOW - HOUR }],
    [{ toOffset: 0 }, { kind: 'offset', offset: 0 }],
    [{ toOffset: 42 }, { kind: 'offset', offset: 42 }],
    [{ shiftBy: -10 }, { kind: 'shift', by: -10 }],
    [{ shiftBy: 10 }, { kind: 'shift', by: 10 }],
    [{ shiftBy: 0 }, { kind: 'shift', by: 0 }],
  ])('%j', (options, target) => {
    expect(replayTarget(options, NOW)).toEqual(target);
  });

  it.each<TargetOptions>([
    {},
    { toEarliest: true, toOffset: 0 },
    { shiftBy: 1, toOffset: 0 },
    { toDatetime: '2026-01-01', byDuration: '1h' },
    { toEarliest: true, toDatetime: '2026-01-01', byDuration: '1h', toOffset: 1, shiftBy: 1 },
  ])('%j names none or several', (options) => {
    expect(usageError(() => replayTarget(options, NOW))).toMatch(/exactly one of --to-earliest/);
  });

  it.each<[TargetOptions, RegExp]>([
    [{ toOffset: Number.NaN }, /--to-offset takes a whole number/],
    [{ toOffset: 1.5 }, /--to-offset/],
    [{ toOffset: -1 }, /--to-offset/],
    [{ toOffset: 2 ** 53 }, /--to-offset/],
    [{ shiftBy: Number.NaN }, /--shift-by takes a whole number/],
    [{ shiftBy: 0.5 }, /--shift-by/],
    [{ shiftBy: Number.NEGATIVE_INFINITY }, /--shift-by/],
    [{ toDatetime: 'yesterday' }, /--to-datetime: 'yesterday' is not a time/],
    [{ toDatetime: '' }, /--to-datetime/],
    [{ byDuration: 'soon' }, /--by-duration: 'soon' is not a duration/],
  ])('%o is invalid', (options, message) => {
    expect(usageError(() => replayTarget(options, NOW))).toMatch(message);
  });
});

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['90m', 90 * 60_000],
    ['12h', 12 * HOUR],
    ['7d', 7 * 24 * HOUR],
    ['1h30m', 1.5 * HOUR],
    ['1d2h3m4s', 26 * HOUR + 184_000],
    ['PT1H30M', 1.5 * HOUR],
    ['P7D', 7 * 24 * HOUR],
    ['P1DT12H', 36 * HOUR],
    ['PT30S', 30_000],
    ['pt5m', 300_000],
    ['0s', 0],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    'P',
    'PT',
    '7',
    'd7',
    '7 d',
    '-7d',
    '1.5h',
    '7days',
    '7w',
    '1h foo',
    'foo 1h',
    '1h-30m',
    'P1M',
    'P1M2D',
    'p2mT1h',
  ])('%j is not a duration', (text) => {
    expect(usageError(() => parseDuration(text))).toMatch(/not a duration like 90m/);
  });
});

describe('the target offset of a partition', () => {
  const state = (partial: Partial<PartitionState> = {}): PartitionState => ({
    topic: 't',
    partition: 0,
    committed: 50,
    low: 10,
    high: 100,
    ...partial,
  });

  it.each<[string, ReplayTarget, Partial<PartitionState>, number]>([
    ['earliest is the lowest available offset', { kind: 'earliest' }, {}, 10],
    ['an offset in the range is kept', { kind: 'offset', offset: 60 }, {}, 60],
    ['an offset below is raised to the lowest', { kind: 'offset', offset: 0 }, {}, 10],
    ['an offset above is lowered to the end', { kind: 'offset', offset: 1000 }, {}, 100],
    ['a shift goes back from the committed offset', { kind: 'shift', by: -5 }, {}, 45],
    ['a shift goes forward', { kind: 'shift', by: 5 }, {}, 55],
    ['a shift stops at the lowest', { kind: 'shift', by: -1000 }, {}, 10],
    ['a shift stops at the end', { kind: 'shift', by: 1000 }, {}, 100],
    [
      'a shift without a committed offset starts from the lowest offset',
      { kind: 'shift', by: 5 },
      { committed: -1 },
      15,
    ],
    [
      'a shift from a deleted offset starts from the lowest offset',
      { kind: 'shift', by: 0 },
      { committed: 3 },
      10,
    ],
    ['a time is the offset that the broker returns', { kind: 'time', time: NOW }, { atTime: 30 }, 30],
    ['a time after the last record is the end', { kind: 'time', time: NOW }, { atTime: -1 }, 100],
    ['a time without an answer is the end', { kind: 'time', time: NOW }, {}, 100],
    ['a time never gives an offset below the lowest', { kind: 'time', time: NOW }, { atTime: 2 }, 10],
    ['an empty partition stays where it is', { kind: 'shift', by: -5 }, { low: 7, high: 7, committed: 7 }, 7],
  ])('%s', (_name, target, partial, offset) => {
    expect(targetOffset(target, state(partial))).toBe(offset);
  });
});
