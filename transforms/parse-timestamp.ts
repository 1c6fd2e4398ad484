import { defineTransform, fieldAt, setAt } from 'logweir';
import type { Zone } from 'luxon';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { type EpochUnit, readEpoch } from './lib/time/epoch.ts';
import { formatFault, formatReader } from './lib/time/format.ts';
import { type Instant, instantOfLuxon, isoText } from './lib/time/instant.ts';
import { readIso } from './lib/time/iso8601.ts';
import { zoneOption } from './lib/time/zone.ts';

const EPOCH_UNITS = ['unix', 'unix_ms', 'unix_us', 'unix_ns', 'unix_auto'] as const;
const BUILT_IN = ['iso8601', 'rfc2822', 'http', ...EPOCH_UNITS];

export default defineTransform({
  lazy: true,
  description:
    "Parses a time in a given format and writes it as ISO 8601 in UTC: in milliseconds, or with all digits (nine at most) if the text or the number has more. A missing year or date is taken from the record's timestamp: the result is the last matching time that is at most one day (without a year) or one hour (without a date) after it. A value that matches no format, does not exist (30 February), or is not between 1970 and 9999 is left unchanged.",
  options: z.strictObject({
    field: z.string().min(1).default('timestamp').describe('The field with the time.'),
    target: z.string().min(1).default('@timestamp').describe('The path of the result.'),
    formats: z
      .array(
        z
          .string()
          .min(1)
          .superRefine((format, context) => {
            const message = BUILT_IN.includes(format) ? undefined : formatFault(format);
            if (message !== undefined) context.addIssue({ code: 'custom', message });
          }),
      )
      .min(1)
      .default(['iso8601'])
      .describe(
        `Tried in order: ${BUILT_IN.join(', ')}, or Luxon tokens like \`dd/LLL/yyyy:HH:mm:ss ZZZ\`. \`iso8601\` accepts RFC 3339 and similar notations; \`unix\` is in seconds, and \`unix_auto\` derives the unit from the size of the number.`,
      ),
    zone: zoneOption,
  }),
  examples: [
    {
      title: "Log4j's time, in local time",
      with: { field: 'time', formats: ['yyyy-MM-dd HH:mm:ss,SSS'], zone: 'Europe/Berlin' },
      input: [{ time: '2026-11-22 08:26:42,101' }],
      output: [{ time: '2026-11-22 08:26:42,101', '@timestamp': '2026-11-22T07:26:42.101Z' }],
    },
    {
      title: 'Seconds or milliseconds since 1970',
      with: { field: 'time', formats: ['unix_auto'] },
      input: [{ time: 1_763_800_000 }, { time: 1_763_800_000_123 }],
      output: [
        { time: 1_763_800_000, '@timestamp': '2025-11-22T08:26:40.000Z' },
        { time: 1_763_800_000_123, '@timestamp': '2025-11-22T08:26:40.123Z' },
      ],
    },
    {
      title: 'Without a year, in a record of the first minute of 2026',
      with: { field: 'time', formats: ['LLL d HH:mm:ss.u'] },
      input: [{ time: 'Dec 31 23:59:58.250125' }],
      output: [{ time: 'Dec 31 23:59:58.250125', '@timestamp': '2025-12-31T23:59:58.250125Z' }],
    },
  ],
  setup({ field, target, formats, zone }) {
    const readers = formats.map((format) => readerOf(format, zone));
    return (event, { timestamp }) => {
      const value = fieldAt(event, field);
      for (const read of readers) {
        const instant = read(value, timestamp);
        if (instant === undefined) continue;
        setAt(event, target, isoText(instant));
        break;
      }
      return event;
    };
  },
});

type Reader = (value: unknown, recordTime: number) => Instant | undefined;

function readerOf(format: string, zone: Zone): Reader {
  const unit = EPOCH_UNITS.find((one): one is EpochUnit => one === format);
  if (unit !== undefined) return (value) => readEpoch(value, unit);
  const read = textReader(format, zone);
  return (value, recordTime) =>
    typeof value === 'string' && value.length <= 100 ? read(value.trim(), recordTime) : undefined;
}

function textReader(format: string, zone: Zone): (text: string, recordTime: number) => Instant | undefined {
  const options = { zone, setZone: true, locale: 'en' };
  if (format === 'iso8601') return (text) => readIso(text, zone);
  if (format === 'rfc2822') return (text) => instantOfLuxon(DateTime.fromRFC2822(text, options));
  if (format === 'http') return (text) => instantOfLuxon(DateTime.fromHTTP(text, options));
  return formatReader(format, zone);
}
