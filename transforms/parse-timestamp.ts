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
    "Reads a time in a format of your choice and writes it as ISO 8601 in UTC: in milliseconds, or with all digits (nine at most) where the text or the number has more. A year or a date that the text leaves out comes from the record's timestamp: the last that is not after it, by more than a day without a year, by more than an hour without a date. What fits no format, 30 February, and what is not between 1970 and 9999 stay as they are.",
  options: z.strictObject({
    field: z.string().min(1).default('timestamp').describe('The field that holds the time.'),
    target: z.string().min(1).default('@timestamp').describe('Where the time goes.'),
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
        `Tried in order: ${BUILT_IN.join(', ')}, or tokens of Luxon like \`dd/LLL/yyyy:HH:mm:ss ZZZ\`. \`iso8601\` takes RFC 3339 and its relatives; \`unix\` is in seconds, and \`unix_auto\` tells the unit by the size of the number.`,
      ),
    zone: zoneOption,
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
      with: { field: 'time', formats: ['unix_auto'] },
      input: [{ time: 1_763_800_000 }, { time: 1_763_800_000_123 }],
      output: [
        { time: 1_763_800_000, '@timestamp': '2025-11-22T08:26:40.000Z' },
        { time: 1_763_800_000_123, '@timestamp': '2025-11-22T08:26:40.123Z' },
      ],
    },
    {
      title: 'Without a year: of the record, here of the first minute of 2026',
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
