import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseObject } from '../../../../src/codec/exact-json.ts';
import { isoText } from '../../../../transforms/lib/time/instant.ts';
import { type EpochUnit, readEpoch } from '../../../../transforms/lib/time/epoch.ts';

const MS = 1_763_800_000_123;
/** As a transform is given it. */
const inJson = (digits: string): unknown => parseObject(`{"t":${digits}}`)?.['t'];

describe('a number since 1970', () => {
  it.each<[EpochUnit, unknown, number]>([
    ['unix', 1_763_800_000, 1_763_800_000_000],
    ['unix', 1_763_800_000.123, MS],
    ['unix', 1_763_800_000.1239, MS],
    ['unix', '1763800000.123456789', MS],
    ['unix', inJson('1763800000.123456789'), MS],
    ['unix', inJson('1.763800000123456789e9'), MS],
    ['unix', inJson('1763800000.1230000000'), MS],
    ['unix', '0001763800000', 1_763_800_000_000],
    ['unix', 0, 0],
    ['unix', 0.0009, 0],
    ['unix', 1e-7, 0],
    ['unix', 253_402_300_799.999, 253_402_300_799_999],
    ['unix_ms', MS, MS],
    ['unix_ms', MS + 0.999, MS],
    ['unix_ms', `${MS}`, MS],
    ['unix_ms', BigInt(MS), MS],
    ['unix_us', 1_763_800_000_123_999, MS],
    ['unix_us', '1763800000123999.9', MS],
    ['unix_ns', 1_763_800_000_123_999_999n, MS],
    ['unix_ns', '1763800000123999999', MS],
    ['unix_ns', inJson('1763800000123999999'), MS],
    ['unix_auto', 1_763_800_000, 1_763_800_000_000],
    ['unix_auto', 1_763_800_000.123, MS],
    ['unix_auto', MS, MS],
    ['unix_auto', 1_763_800_000_123_456, MS],
    ['unix_auto', inJson('1763800000123456789'), MS],
    ['unix_auto', '99999999999', 99_999_999_999_000],
    ['unix_auto', '100000000000', 100_000_000_000],
    ['unix_auto', 1e14, 100_000_000_000],
    ['unix_auto', 10n ** 17n, 100_000_000_000],
    ['unix_auto', 5, 5000],
  ])('%s %s is %d ms', (unit, value, expected) => {
    expect(readEpoch(value, unit)?.ms).toBe(expected);
  });

  it.each<[EpochUnit, unknown, string]>([
    ['unix', 1_763_800_000, '2025-11-22T08:26:40.000Z'],
    ['unix', 1_763_800_000.25, '2025-11-22T08:26:40.250Z'],
    ['unix', '1763800000.1234567890123', '2025-11-22T08:26:40.123456789Z'],
    ['unix', inJson('1.763800000123456789e9'), '2025-11-22T08:26:40.123456789Z'],
    ['unix', 1e-7, '1970-01-01T00:00:00.0000001Z'],
    ['unix', 1e9, '2001-09-09T01:46:40.000Z'],
    ['unix_ms', MS, '2025-11-22T08:26:40.123Z'],
    ['unix_ms', `${MS}.25`, '2025-11-22T08:26:40.12325Z'],
    ['unix_us', 7, '1970-01-01T00:00:00.000007Z'],
    ['unix_us', 1_763_800_000_123_456, '2025-11-22T08:26:40.123456Z'],
    ['unix_ns', '1763800000123456789.9', '2025-11-22T08:26:40.123456789Z'],
    ['unix_ns', 7n, '1970-01-01T00:00:00.000000007Z'],
    ['unix_auto', 1_763_800_000_123_456_789n, '2025-11-22T08:26:40.123456789Z'],
  ])('%s %s is %s, with its digits', (unit, value, expected) => {
    const instant = readEpoch(value, unit);
    expect(instant && isoText(instant)).toBe(expected);
  });

  it.each<[unknown]>([
    [-1],
    ['-5'],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [253_402_300_800],
    [1e300],
    [inJson('1e400')],
    ['1e99'],
    [''],
    [' 5'],
    ['0x5'],
    ['5.'],
    ['.5'],
    ['1763800000,5'],
    ['9'.repeat(1000)],
    [true],
    [null],
    [{ rawJSON: '5' }],
    [['5']],
    [undefined],
  ])('%s is none', (value) => {
    expect(readEpoch(value, 'unix')).toBeUndefined();
  });

  it('is the same instant in every unit, as a number, a BigInt or a text', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100_000_000_000, max: 253_402_300_799_999 }),
        fc.nat(999_999),
        (ms, more) => {
          const ns = BigInt(ms) * 1_000_000n + BigInt(more);
          const us = ns / 1000n;
          const read = [
            readEpoch(ns, 'unix_ns'),
            readEpoch(String(ns), 'unix_ns'),
            readEpoch(us, 'unix_us'),
            readEpoch(ms, 'unix_ms'),
            readEpoch(ms / 1000, 'unix'),
            readEpoch(`${Math.floor(ms / 1000)}.${String(ns).slice(-9)}`, 'unix'),
          ];
          expect(read.map((instant) => instant?.ms)).toEqual(read.map(() => ms));
        },
      ),
    );
  });
});
