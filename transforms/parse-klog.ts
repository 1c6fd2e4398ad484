import type { Zone } from 'luxon';
import { type Event, defineTransform } from 'logweir';
import { z } from 'zod';
import { lineOptions, parseField } from './lib/parse-field.ts';
import { instantNear } from './lib/time/from-record.ts';
import { type Instant, civilTime, instantOf, isoText } from './lib/time/instant.ts';

const LEVELS: Record<string, string> = { I: 'info', W: 'warning', E: 'error', F: 'fatal' };
/** Level, date (klog has no year), clock, thread, source position, message. */
const LINE =
  /^\s*([IWEF])(\d{4})?(\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2})\.(\d{1,9}) +(\d{1,15}) ([^\]\n]{1,500}):(\d{1,9})\](?: |$)(.*)$/s;

export default defineTransform({
  lazy: true,
  description:
    "Parses a line of klog (Kubernetes) or glog and merges its parts into the event. A missing year is taken from the record's timestamp: the result is the last matching time that is at most one day after it. Use `parse-logfmt` for the pairs after klog's message. Any other text, or a line whose time does not exist, is left unchanged.",
  options: z.strictObject(lineOptions),
  examples: [
    {
      title: 'A line of the kubelet from the last day of the year, in a record of the first minute of 2026',
      input: [{ message: 'W1231 23:59:58.692994   28133 kubelet.go:2187] node is not ready' }],
      output: [
        {
          level: 'warning',
          timestamp: '2025-12-31T23:59:58.692994Z',
          id: 28133,
          file: 'kubelet.go',
          line: 2187,
          message: 'node is not ready',
        },
      ],
    },
    {
      title: 'A line of glog, with a year, in local time',
      with: { zone: 'Europe/Berlin' },
      input: [{ message: 'E20260601 11:59:58.262668 15520 main.cc:9] no such shard' }],
      output: [
        {
          level: 'error',
          timestamp: '2026-06-01T09:59:58.262668Z',
          id: 15520,
          file: 'main.cc',
          line: 9,
          message: 'no such shard',
        },
      ],
    },
  ],
  setup({ zone, ...options }) {
    return (event, { timestamp }) => parseField(event, options, (text) => parseKlog(text, timestamp, zone));
  },
});

function parseKlog(text: string, recordTime: number, zone: Zone): Event | undefined {
  const match = LINE.exec(text);
  if (match === null) return undefined;
  const [, letter = '', year, month, day, hour, minute, second, fraction] = match;
  const [id, file, line, message = ''] = match.slice(9);
  const inYear = (one: number): Instant | undefined =>
    instantOf(civilTime([one, month, day], [hour, minute, second, fraction]), zone);
  // 29 February exists in some years; 30 February in none.
  if (inYear(year === undefined ? 2000 : Number(year)) === undefined) return undefined;
  const time = year === undefined ? instantNear(recordTime, 'year', inYear) : inYear(Number(year));
  return {
    level: LEVELS[letter],
    ...(time === undefined ? {} : { timestamp: isoText(time) }),
    id: Number(id),
    file,
    line: Number(line),
    message: message.trimEnd(),
  };
}
