import { defineTransform } from 'logweir';
import { z } from 'zod';
import { lineOptions, parseField } from './lib/parse-field.ts';
import { parseSyslog } from './lib/syslog.ts';

export default defineTransform({
  lazy: true,
  description:
    "Parses a syslog line (RFC 5424, RFC 3164, or as the daemons of rsyslog, FreeBSD and BusyBox write it to files) and merges its parts into the event. A missing year is taken from the record's timestamp: the result is the last matching time that is at most one day after it. A repeated parameter of structured data becomes a list. A text that is not syslog, or whose time does not exist, is left unchanged.",
  options: z.strictObject(lineOptions),
  examples: [
    {
      title: 'RFC 5424',
      input: [
        {
          message:
            '<165>1 2026-11-22T08:26:44.003Z fw-1 app 8710 ID47 [exampleSDID@32473 iut="3"] An application event',
        },
      ],
      output: [
        {
          message: 'An application event',
          facility: 'local4',
          severity: 'notice',
          version: 1,
          timestamp: '2026-11-22T08:26:44.003Z',
          hostname: 'fw-1',
          appname: 'app',
          procid: '8710',
          msgid: 'ID47',
          structured_data: { 'exampleSDID@32473': { iut: '3' } },
        },
      ],
    },
    {
      title: 'As rsyslog writes it to files, and with a local time',
      with: { zone: 'Europe/Berlin' },
      input: [
        { message: '2026-06-01T11:59:58.262668+02:00 bastion sshd[4242]: Accepted publickey' },
        { message: '<166>Jun  1 2026 11:59:58 fw-1 : %ASA-6-302013: Built outbound TCP connection' },
      ],
      output: [
        {
          message: 'Accepted publickey',
          timestamp: '2026-06-01T11:59:58.262668+02:00',
          hostname: 'bastion',
          appname: 'sshd',
          procid: '4242',
        },
        {
          message: 'Built outbound TCP connection',
          facility: 'local4',
          severity: 'info',
          timestamp: '2026-06-01T09:59:58.000Z',
          hostname: 'fw-1',
          appname: '%ASA-6-302013',
        },
      ],
    },
    {
      title: 'RFC 3164, which has no year, in a record of the first minute of 2026',
      input: [{ message: '<13>Dec 31 23:59:58 bastion sshd[4242]: Accepted publickey' }],
      output: [
        {
          message: 'Accepted publickey',
          facility: 'user',
          severity: 'notice',
          timestamp: '2025-12-31T23:59:58.000Z',
          hostname: 'bastion',
          appname: 'sshd',
          procid: '4242',
        },
      ],
    },
  ],
  setup({ zone, ...options }) {
    return (event, { timestamp }) => parseField(event, options, (text) => parseSyslog(text, timestamp, zone));
  },
});
