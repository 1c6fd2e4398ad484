import { defineTransform, fieldAt, setAt } from 'logweir';
import { DateTime, FixedOffsetZone, IANAZone, type Zone } from 'luxon';
import { z } from 'zod';

const BUILT_IN = ['iso8601', 'rfc2822', 'http', 'unix', 'unix_ms', 'unix_us', 'unix_ns'] as const;
const PER_SECOND: Record<string, number> = { unix: 1, unix_ms: 1e3, unix_us: 1e6, unix_ns: 1e9 };
/** The end of the year 9999, in ms. */
const TIME_MAX = 253_402_300_799_999;

export default defineTransform({
  description:
    'Reads a time in a format of your choice and writes it as ISO 8601 in UTC, in milliseconds. What fits no format stays as it is.',
  options: z.strictObject({
    field: z.string().min(1).default('timestamp').describe('The field that holds the time.'),
    target: z.string().min(1).default('@timestamp').describe('Where the time goes.'),
    formats: z
      .array(z.string().min(1))
      .min(1)
      .default(['iso8601'])
      .describe(
        `Tried in order: ${BUILT_IN.join(', ')}, or tokens of Luxon like \`dd/LLL/yyyy:HH:mm:ss ZZZ\`.`,
      ),
    zone: z
      .string()
      .default('utc')
      .refine(
        (zone) => zone === 'utc' || IANAZone.isValidZone(zone),
        'must be a time zone like Europe/Berlin',
      )
      .describe('Of times that do not say their zone.'),
  }),
  examples: [
    {
      title: "Log4j's time, in the zone of the machine",
      with: { field: 'time', formats: ['yyyy-MM-dd HH:mm:ss,SSS'], zone: 'Europe/Berlin' },
      input: [{ time: '2026-11-22 08:26:42,101' }],
      output: [{ time: '2026-11-22 08:26:42,101', '@timestamp': '2026-11-22T07:26:42.101Z' }],
    },
    {
      title: 'Seconds or milliseconds since 1970',
      with: { field: 'time', formats: ['unix_ms'] },
      input: [{ time: 1_763_800_000_123 }],
      output: [{ time: 1_763_800_000_123, '@timestamp': '2025-11-22T08:26:40.123Z' }],
    },
  ],
  setup({ field, target, formats, zone }) {
    const zoneOf: Zone = zone === 'utc' ? FixedOffsetZone.utcInstance : IANAZone.create(zone);
    const readers = formats.map((format) => readerOf(format, zoneOf));
    return (event) => {
      const value = fieldAt(event, field);
      for (const read of readers) {
        const time = read(value);
        if (time === undefined || !(time >= 0 && time <= TIME_MAX)) continue;
        setAt(event, target, new Date(time).toISOString());
        break;
      }
      return event;
    };
  },
});

type Reader = (value: unknown) => number | undefined;

function readerOf(format: string, zone: Zone): Reader {
  const perSecond = PER_SECOND[format];
  if (perSecond !== undefined) {
    return (value) => {
      const isNumeric = typeof value === 'string' && /^\d{1,20}(\.\d{1,9})?$/.test(value);
      const number =
        typeof value === 'number' || typeof value === 'bigint' || isNumeric ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? Math.trunc((number / perSecond) * 1000) : undefined;
    };
  }
  const options = { zone, locale: 'en' };
  const parse = (text: string): DateTime => {
    if (format === 'iso8601') return DateTime.fromISO(text.trim().replace(' ', 'T'), options);
    if (format === 'rfc2822') return DateTime.fromRFC2822(text, options);
    if (format === 'http') return DateTime.fromHTTP(text, options);
    return DateTime.fromFormat(text, format, options);
  };
  return (value) => {
    if (typeof value !== 'string' || value.length > 100) return undefined;
    const time = parse(value);
    return time.isValid ? time.toMillis() : undefined;
  };
}
