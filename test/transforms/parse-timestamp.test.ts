import { describe, expect, it } from 'vitest';
import { testTransform } from 'logweir/testing';
import { parseObject } from '../../src/codec/exact-json.ts';
import parseTimestamp from '../../transforms/parse-timestamp.ts';

async function stamp(
  t: unknown,
  options: object = {},
  timestamp = Date.UTC(2026, 5, 1, 12),
): Promise<unknown> {
  const run = await testTransform(parseTimestamp, { field: 't', ...options });
  const [event = {}] = await run({ t }, { timestamp });
  expect(event['t']).toBe(t);
  return event['@timestamp'];
}

describe('the formats', () => {
  it.each([
    ['iso8601', '2026-11-22 08:26:44.123 +0100', '2026-11-22T07:26:44.123Z'],
    ['iso8601', ' 2026-11-22T08:26:44,123456z ', '2026-11-22T08:26:44.123456Z'],
    ['iso8601', '12', undefined],
    ['iso8601', '08:26', undefined],
    ['iso8601', '2359', undefined],
    ['iso8601', 20_261_122, undefined],
    ['rfc2822', 'Sun, 22 Nov 2026 08:26:44 +0100', '2026-11-22T07:26:44.000Z'],
    ['LLL d, yyyy h:mm:ss a', 'Nov 22, 2026 1:26:44\u202FPM', '2026-11-22T13:26:44.000Z'],
    ['LLL d, yyyy h:mm:ss a', 'Nov\u00A022, 2026 1:26:44\u00A0 PM', '2026-11-22T13:26:44.000Z'],
    ['LLL d, yyyy h:mm:ss\u202Fa', 'Nov 22, 2026 1:26:44 PM', '2026-11-22T13:26:44.000Z'],
    ['h:mm:ss a', '1:26:44\u202FPM', '2026-05-31T13:26:44.000Z'],
    ['rfc2822', 'Mon, 31 Nov 2026 08:26:44 +0100', undefined],
    ['http', 'Sun, 22 Nov 2026 08:26:44 GMT', '2026-11-22T08:26:44.000Z'],
    ['http', 'Sunday, 22-Nov-26 08:26:44 GMT', '2026-11-22T08:26:44.000Z'],
    ['http', 'Sun Nov 22 08:26:44 2026', '2026-11-22T08:26:44.000Z'],
    ['unix', 1_763_800_000.123, '2025-11-22T08:26:40.123Z'],
    ['unix_ms', '1763800000123', '2025-11-22T08:26:40.123Z'],
    ['unix_us', 1_763_800_000_123_456, '2025-11-22T08:26:40.123456Z'],
    ['unix_ns', 1_763_800_000_123_999_999n, '2025-11-22T08:26:40.123999999Z'],
    ['unix_auto', 1_763_800_000, '2025-11-22T08:26:40.000Z'],
    ['unix_auto', '1763800000123456', '2025-11-22T08:26:40.123456Z'],
    ['unix_auto', '2026-11-22', undefined],
    ['LLL d HH:mm:ss', 'Jun  1 09:00:00', '2026-06-01T09:00:00.000Z'],
    ['HH:mm:ss', '11:59:58', '2026-06-01T11:59:58.000Z'],
  ])('%s reads %s as %s', async (format, value, expected) => {
    expect(await stamp(value, { formats: [format] })).toBe(expected);
  });

  it('are tried in order', async () => {
    const formats = ['unix_auto', 'iso8601', 'HH:mm'];
    expect(await stamp('1763800000', { formats })).toBe('2025-11-22T08:26:40.000Z');
    expect(await stamp('2026-11-22', { formats })).toBe('2026-11-22T00:00:00.000Z');
    expect(await stamp('08:26', { formats })).toBe('2026-06-01T08:26:00.000Z');
    expect(await stamp('soon', { formats })).toBeUndefined();
  });

  it('that cannot work are rejected at the start', async () => {
    await expect(testTransform(parseTimestamp, { formats: ['iso8601', '%Y-%m-%d'] })).rejects.toThrow(
      'strptime',
    );
    await expect(testTransform(parseTimestamp, { zone: 'Mars/Olympus' })).rejects.toThrow(
      'is not a time zone',
    );
  });
});

it('a JSON number of nineteen digits is read as a number', async () => {
  const { t } = parseObject('{"t":1763800000.123456789}') ?? {};
  expect(await stamp(t, { formats: ['unix'] })).toBe('2025-11-22T08:26:40.123456789Z');
});

it.each(['utc', 'Europe/Berlin', '+01:00', '+0100', '+1', 'UTC+1', 'Africa/Lagos'])(
  'the zone %s applies to times without one, in each format with local times',
  async (zone) => {
    const expected = zone === 'utc' ? '2026-11-22T08:26:44.000Z' : '2026-11-22T07:26:44.000Z';
    expect(await stamp('2026-11-22T08:26:44', { zone })).toBe(expected);
    expect(await stamp('2026-11-22 08:26:44', { zone, formats: ['yyyy-MM-dd HH:mm:ss'] })).toBe(expected);
    expect(
      await stamp('Nov 22 08:26:44', { zone, formats: ['LLL d HH:mm:ss'] }, Date.UTC(2026, 10, 22, 8)),
    ).toBe(expected);
    expect(await stamp('2026-11-22T08:26:44Z', { zone })).toBe('2026-11-22T08:26:44.000Z');
  },
);
