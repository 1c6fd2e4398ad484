import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoText } from '../../../../transforms/lib/time/instant.ts';
import { readIso } from '../../../../transforms/lib/time/iso8601.ts';
import { zoneOf } from '../../../../transforms/lib/time/zone.ts';

const read = (text: string, zone = 'utc'): string | undefined => {
  const instant = readIso(text, zoneOf(zone) ?? expect.fail(`no zone ${zone}`));
  return instant === undefined ? undefined : isoText(instant);
};

describe('RFC 3339 and its relatives', () => {
  it.each([
    ['2026-11-22T08:26:44Z', '2026-11-22T08:26:44.000Z'],
    ['2026-11-22T08:26:44.1Z', '2026-11-22T08:26:44.100Z'],
    ['2026-11-22t08:26:44.120z', '2026-11-22T08:26:44.120Z'],
    ['2026-11-22 08:26:44.123 +0100', '2026-11-22T07:26:44.123Z'],
    ['2026-11-22 08:26:44 -0330', '2026-11-22T11:56:44.000Z'],
    ['2026-11-22T08:26:44+01', '2026-11-22T07:26:44.000Z'],
    ['2026-11-22T08:26:44,123+01:00', '2026-11-22T07:26:44.123Z'],
    ['2026-11-22 08:26:44 UTC', '2026-11-22T08:26:44.000Z'],
    ['2026-11-22 08:26:44.5 GMT', '2026-11-22T08:26:44.500Z'],
    ['2026-11-22 08:26:44.123456789 +0100 CET', '2026-11-22T07:26:44.123456789Z'],
    ['2026-11-22T08:26:44+01:00[Europe/Berlin]', '2026-11-22T07:26:44.000Z'],
    ['2026-07-22T08:26:44[Europe/Berlin]', '2026-07-22T06:26:44.000Z'],
    ['2026-11-22T08:26Z', '2026-11-22T08:26:00.000Z'],
    ['2026-11-22T08', '2026-11-22T08:00:00.000Z'],
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['20261122T082644Z', '2026-11-22T08:26:44.000Z'],
    ['20261122T082644.25+0100', '2026-11-22T07:26:44.250Z'],
    ['20261122', '2026-11-22T00:00:00.000Z'],
    ['2026-W47-7', '2026-11-22T00:00:00.000Z'],
    ['2026-326', '2026-11-22T00:00:00.000Z'],
    ['2026-11', '2026-11-01T00:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['1969-12-31T23:30:00-01:00', '1970-01-01T00:30:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2026-11-22T24:00:00Z', '2026-11-23T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ['2026-11-22T08:26:44.1234Z', '2026-11-22T08:26:44.1234Z'],
    ['2026-11-22T08:26:44.262668+02:00', '2026-11-22T06:26:44.262668Z'],
    ['2026-11-22T08:26:44.1230000Z', '2026-11-22T08:26:44.1230000Z'],
    ['2026-11-22T08:26:44.000000001Z', '2026-11-22T08:26:44.000000001Z'],
    ['2026-11-22T08:26:44.1234567891234Z', '2026-11-22T08:26:44.123456789Z'],
  ])('%s keeps its digits, nine at most: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ['Europe/Berlin', '2026-07-22 08:26:44', '2026-07-22T06:26:44.000Z'],
    ['Europe/Berlin', '2026-11-22 08:26:44', '2026-11-22T07:26:44.000Z'],
    ['Europe/Berlin', '2026-11-22T08:26:44Z', '2026-11-22T08:26:44.000Z'],
    ['America/New_York', '2026-11-22 20:26:44.123456', '2026-11-23T01:26:44.123456Z'],
    ['Asia/Kathmandu', '2026-11-22T08:26:44', '2026-11-22T02:41:44.000Z'],
    ['+05:30', '2026-11-22T08:26:44', '2026-11-22T02:56:44.000Z'],
    ['-0800', '2026-11-22', '2026-11-22T08:00:00.000Z'],
    ['+1', '2026-326', '2026-11-21T23:00:00.000Z'],
    ['Europe/Berlin', '20260722T082644', '2026-07-22T06:26:44.000Z'],
    // There is no such time on the day that summer time starts, and two on the day that it ends.
    ['Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T01:59:59', '2026-10-24T23:59:59.000Z'],
    ['Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
    ['Europe/Berlin', '2026-298T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
    ['America/New_York', '2026-11-01T01:30:00', '2026-11-01T05:30:00.000Z'],
    ['America/New_York', '2026-03-08T02:30:00', '2026-03-08T07:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00.000Z'],
  ])('in %s, %s is %s', (zone, text, expected) => {
    expect(read(text, zone)).toBe(expected);
  });
});

describe('what is no time', () => {
  it.each([
    ['12', '2359', '2026', '202611', '2026326', '08:26', '08:26:44', 'T08:26', '11-22', '--11-22', ''],
    [
      '2026-02-29',
      '2026-02-30T00:00:00Z',
      '2100-02-29',
      '2026-04-31',
      '2026-13-01',
      '2026-00-10',
      '2026-01-00',
    ],
    ['2026-11-22T25:00:00Z', '2026-11-22T24:00:01Z', '2026-11-22T08:60:00Z', '2026-11-22T08:26:61Z'],
    ['2026-11-22T08:26:44+24:00', '2026-11-22T08:26:44+01:60', '2026-11-22T08:26:44Z+07:00'],
    ['2026-W60-1', '2026-366', '2026-W47-8', '2026-11-22T08:26:44[Not/AZone]'],
    ['0001-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59-01:00', '12026-11-22'],
    ['2026-11-22T', '2026-11-22T8:26', '2026-1-2', '2026-11-22T08:26:44.Z', 'now', '2026-11-22T08:26:44 CET'],
    [`2026-11-22T08:26:44.${'1'.repeat(100)}Z`, ` 2026-11-22`, '２０２６-11-22'],
  ])('%s, %s, %s and their like', (...texts) => {
    expect(texts.map((text) => read(text))).toEqual(texts.map(() => undefined));
  });
});

it('reads what JavaScript writes, at any instant between 1970 and 9999', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date(253_402_300_799_999), noInvalidDate: true }),
      (date) => {
        expect(readIso(date.toISOString(), zoneOf('Europe/Berlin') ?? expect.fail())?.ms).toBe(
          date.getTime(),
        );
      },
    ),
  );
});

it.each(['Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns', 'Africa/Casablanca'])(
  'gives in %s what the zone says, whatever was read before',
  (name) => {
    const remembering = zoneOf(name) ?? expect.fail();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), (seconds) => {
        // Around the hours in which the clocks change, too.
        const ms = seconds * 1000;
        const parts = new Intl.DateTimeFormat('en', {
          timeZone: name,
          timeZoneName: 'longOffset',
        }).formatToParts(ms);
        const offset = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
        const [, sign, hours = 0, minutes = 0] = /([+-])(\d\d):(\d\d)/.exec(offset) ?? [];
        const expected = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
        expect(remembering.offset(ms)).toBe(expected === 0 ? 0 : expected);
      }),
      { numRuns: 200 },
    );
  },
);
