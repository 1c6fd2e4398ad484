import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatFault, formatReader } from '../../../../transforms/lib/time/format.ts';
import { isoText } from '../../../../transforms/lib/time/instant.ts';
import { zoneOf } from '../../../../transforms/lib/time/zone.ts';

const read = (format: string, text: string, record: string | number, zone = 'utc'): string | undefined => {
  const fault = formatFault(format);
  if (fault !== undefined) return fault;
  const reader = formatReader(format, zoneOf(zone) ?? expect.fail(`no zone ${zone}`));
  const instant = reader(text, typeof record === 'number' ? record : Date.parse(record));
  return instant === undefined ? undefined : isoText(instant);
};

const NO_YEAR = 'LLL d HH:mm:ss';
/** Format, text, the record's time, what it is. */
const RULES: [string, string, string, string | undefined][] = [
  // Without a year: the last that is not more than a day after the record.
  [NO_YEAR, 'Dec 31 23:59:58', '2026-01-01T00:00:05Z', '2025-12-31T23:59:58.000Z'],
  [NO_YEAR, 'Jan 1 00:00:05', '2026-12-31T23:59:50Z', '2027-01-01T00:00:05.000Z'],
  [NO_YEAR, 'Dec 31 23:59:59', '2020-01-01T00:10:00Z', '2019-12-31T23:59:59.000Z'],
  [NO_YEAR, 'Mar 23 10:00:00', '2026-11-29T00:00:00Z', '2026-03-23T10:00:00.000Z'],
  [NO_YEAR, 'Jun 1 12:00:00', '2026-06-01T12:00:00Z', '2026-06-01T12:00:00.000Z'],
  [NO_YEAR, 'Jun 2 12:00:00', '2026-06-01T12:00:00Z', '2026-06-02T12:00:00.000Z'],
  [NO_YEAR, 'Jun 2 12:00:01', '2026-06-01T12:00:00Z', '2025-06-02T12:00:01.000Z'],
  [NO_YEAR, 'Nov 29 10:00:00', '2026-06-01T12:00:00Z', '2025-11-29T10:00:00.000Z'],
  [NO_YEAR, 'Jun  1 09:00:00', '2026-06-01T12:00:00Z', '2026-06-01T09:00:00.000Z'],
  ['LLL d', 'Jun 5', '2026-06-01T12:00:00Z', '2025-06-05T00:00:00.000Z'],
  ['dd.MM. HH:mm', '31.12. 23:59', '1971-01-01T00:00:00Z', '1970-12-31T23:59:00.000Z'],
  ['LLL d HH:mm:ss ZZ', 'Jan 1 05:00:00 +14:00', '2026-12-31T20:00:00Z', '2026-12-31T15:00:00.000Z'],
  ['LLL d HH:mm:ss.u', 'Dec 31 23:59:58.250125', '2026-01-01T00:00:05Z', '2025-12-31T23:59:58.250125Z'],
  // 29 February.
  [NO_YEAR, 'Feb 29 06:46:02', '2024-02-29T06:46:05Z', '2024-02-29T06:46:02.000Z'],
  [NO_YEAR, 'Feb 29 06:46:02', '2024-12-01T00:00:00Z', '2024-02-29T06:46:02.000Z'],
  [NO_YEAR, 'Feb 29 06:46:02', '2025-02-20T00:00:00Z', '2024-02-29T06:46:02.000Z'],
  [NO_YEAR, 'Feb 29 06:46:02', '2025-06-01T00:00:00Z', '2024-02-29T06:46:02.000Z'],
  [NO_YEAR, 'Feb 29 06:46:02', '2027-06-01T00:00:00Z', '2028-02-29T06:46:02.000Z'],
  [NO_YEAR, 'Feb 29 06:46:02', '2102-06-01T00:00:00Z', '2104-02-29T06:46:02.000Z'],
  // The weekday is as good as a year.
  ['EEE LLL d HH:mm', 'Tue Dec 31 10:00', '2025-01-01T10:00:00Z', '2024-12-31T10:00:00.000Z'],
  ['EEE LLL d HH:mm', 'Tue Dec 31 10:00', '2026-06-01T10:00:00Z', '2024-12-31T10:00:00.000Z'],
  // Without a date: the last day on which it is not more than an hour after the record.
  ['HH:mm:ss', '11:59:58', '2026-06-01T12:00:00Z', '2026-06-01T11:59:58.000Z'],
  ['HH:mm:ss', '13:00:00', '2026-06-01T12:00:00Z', '2026-06-01T13:00:00.000Z'],
  ['HH:mm:ss', '13:00:01', '2026-06-01T12:00:00Z', '2026-05-31T13:00:01.000Z'],
  ['HH:mm:ss', '23:59:58', '2026-01-01T00:00:05Z', '2025-12-31T23:59:58.000Z'],
  ['HH:mm:ss', '00:00:03', '2025-12-31T23:59:58Z', '2026-01-01T00:00:03.000Z'],
  ['h:mm a', '11:30 PM', '2026-06-01T12:00:00Z', '2026-05-31T23:30:00.000Z'],
  ['HH:mm:ss ZZZ', '01:30:00 +1400', '2026-06-01T12:00:00Z', '2026-06-01T11:30:00.000Z'],
  ['EEE HH:mm', 'Sat 10:00', '2026-06-01T12:00:00Z', '2026-05-30T10:00:00.000Z'],
  // Without month and year.
  ['d HH:mm', '31 10:00', '2026-06-01T12:00:00Z', '2026-05-31T10:00:00.000Z'],
  ['d HH:mm', '1 13:00', '2026-06-01T12:00:00Z', '2026-06-01T13:00:00.000Z'],
  ['d HH:mm', '30 10:00', '2026-03-01T12:00:00Z', '2026-01-30T10:00:00.000Z'],
  // Days and weeks of a year.
  ['o HH:mm', '152 10:00', '2026-06-01T12:00:00Z', '2026-06-01T10:00:00.000Z'],
  ["'W'WW-E", 'W22-1', '2026-06-01T12:00:00Z', '2026-05-25T00:00:00.000Z'],
  // A leap second, and what does not exist.
  [NO_YEAR, 'Dec 31 23:59:60', '2017-01-01T00:00:05Z', '2017-01-01T00:00:00.000Z'],
  ['yyyy-MM-dd HH:mm:ss.u', '2016-12-31 23:59:60.250', '2017-01-01T00:00:05Z', '2017-01-01T00:00:00.250Z'],
  [NO_YEAR, 'Feb 30 10:00:00', '2026-06-01T12:00:00Z', undefined],
  [NO_YEAR, 'Nov 31 10:00:00', '2026-11-29T00:00:00Z', undefined],
  [NO_YEAR, 'Nov 30 25:00:00', '2026-11-29T00:00:00Z', undefined],
  [NO_YEAR, 'Nov 30 10:00:61', '2026-11-29T00:00:00Z', undefined],
  ['HH:mm:ss', '24:00:01', '2026-06-01T12:00:00Z', undefined],
  ['EEE dd LLL yyyy', 'Mon 02 Jun 2026', '2026-06-01T12:00:00Z', undefined],
];

afterEach(() => {
  vi.useRealTimers();
});

describe.each(['1999-12-31T23:59:59Z', '2026-02-28T12:00:00Z', '2031-07-01T00:00:00Z'])(
  'by a machine whose clock says %s',
  (clock) => {
    it.each(RULES)('%s: "%s", of a record of %s, is %s', (format, text, record, expected) => {
      vi.useFakeTimers({ now: new Date(clock), toFake: ['Date'] });
      expect(read(format, text, record)).toBe(expected);
    });

    it('the hour that comes twice when the clocks go back is the first', () => {
      vi.useFakeTimers({ now: new Date(clock), toFake: ['Date'] });
      const record = '2026-11-22T00:00:00Z';
      const first = '2026-10-25T00:30:00.000Z';
      expect(read('yyyy-MM-dd HH:mm', '2026-10-25 02:30', record, 'Europe/Berlin')).toBe(first);
      expect(read('LLL d HH:mm', 'Oct 25 02:30', record, 'Europe/Berlin')).toBe(first);
      expect(read('yyyy-MM-dd HH:mm z', '2026-10-25 02:30 Europe/Berlin', record)).toBe(first);
      expect(read('yyyy-MM-dd HH:mm ZZ', '2026-10-25 02:30 +01:00', record, 'Europe/Berlin')).toBe(
        '2026-10-25T01:30:00.000Z',
      );
    });
  },
);

it.each([
  ['Europe/Berlin', NO_YEAR, 'Jan 1 00:30:00', '2025-12-31T23:40:00Z', '2025-12-31T23:30:00.000Z'],
  ['Europe/Berlin', NO_YEAR, 'Jun 1 13:59:58', '2026-06-01T12:00:00Z', '2026-06-01T11:59:58.000Z'],
  ['America/New_York', NO_YEAR, 'Dec 31 22:00:00', '2026-01-01T03:00:05Z', '2026-01-01T03:00:00.000Z'],
  ['Pacific/Kiritimati', 'HH:mm:ss', '01:59:58', '2026-06-01T12:00:00Z', '2026-06-01T11:59:58.000Z'],
  ['-11:00', 'HH:mm:ss', '00:59:58', '2026-06-01T12:00:00Z', '2026-06-01T11:59:58.000Z'],
])('in %s, %s: "%s", of a record of %s, is %s', (zone, format, text, record, expected) => {
  expect(read(format, text, record, zone)).toBe(expected);
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e17])(
  'a record without a time (%d) gives none, and no year of the clock',
  (record) => {
    expect(read(NO_YEAR, 'Dec 31 23:59:58', record)).toBeUndefined();
    expect(read('HH:mm', '10:00', record)).toBeUndefined();
    expect(read('yyyy-MM-dd', '2026-06-01', record)).toBe('2026-06-01T00:00:00.000Z');
  },
);

describe('a format', () => {
  it.each([
    ['yyyy-MM-dd HH:mm:ss,SSS', '2026-11-22 08:26:44,123', '2026-11-22T08:26:44.123Z'],
    ['yyyy-MM-dd HH:mm:ss.u ZZ', '2026-11-22 08:26:44.123456 +01:00', '2026-11-22T07:26:44.123456Z'],
    ['ZZZ yyyy-MM-dd HH:mm:ss,u', '+0100 2026-11-22 08:26:44,123456789', '2026-11-22T07:26:44.123456789Z'],
    ['yyyy-MM-dd HH:mm:ss.u z', '2026-07-22 08:26:44.1 Europe/Berlin', '2026-07-22T06:26:44.100Z'],
    ["yyyy-MM-dd'T'HH:mm:ss'Z'", '2026-11-22T08:26:44Z', '2026-11-22T08:26:44.000Z'],
    ['dd/LLL/yyyy:HH:mm:ss ZZZ', '22/nov/2026:08:26:44 +0100', '2026-11-22T07:26:44.000Z'],
    ['MM/dd/yyyy hh:mm:ss a', '11/22/2026 08:26:44 PM', '2026-11-22T20:26:44.000Z'],
    ['EEE LLL  d HH:mm:ss yyyy', 'Sun Nov 22 08:26:44 2026', '2026-11-22T08:26:44.000Z'],
    ['yyyy', '2026', '2026-01-01T00:00:00.000Z'],
    ['yy-MM-dd', '26-11-22', '2026-11-22T00:00:00.000Z'],
    ['D', '11/22/2026', '2026-11-22T00:00:00.000Z'],
  ])('%s reads %s as %s', (format, text, expected) => {
    expect(read(format, text, '2026-06-01T00:00:00Z')).toBe(expected);
  });

  it.each([
    ['%Y-%m-%d', 'strptime'],
    ['yyyy-MM-ddTHH:mm:ss', 'quotes around the letter'],
    ['YYYY-MM-DD', "no token 'YYYY'"],
    ['HH:mm:ss.SSSSSS', 'u reads a fraction'],
    ['x', 'cannot be read'],
    ['yyyy-MM-dd HH:mm a', 'cannot be read'],
    ['yyyy ZZZZ', 'cannot be read'],
  ])('%s is rejected at the start: %s', (format, why) => {
    expect(formatFault(format)).toContain(why);
  });
});
