import { defineTransform, mergeInto } from 'logweir';
import { z } from 'zod';
import { parserOptions, textAt } from '../src/transform/parser-options.ts';
import { parseSyslog } from '../src/transform/syslog.ts';

export default defineTransform({
  description:
    'Parses a syslog line, RFC 5424 or RFC 3164, and merges its parts into the event. A text that is neither stays as it is.',
  options: z.strictObject({
    ...parserOptions,
    overwrite: z
      .boolean()
      .default(true)
      .describe(
        "Whether a part replaces a field that is there already, as the line's message does with the line.",
      ),
  }),
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
      title: 'RFC 3164, which knows no year: the nearest to the record',
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
  setup(options) {
    return (event, { timestamp }) => {
      const text = textAt(event, options.field);
      const parsed = text === undefined ? undefined : parseSyslog(text, timestamp);
      return parsed === undefined ? event : mergeInto(event, parsed, options);
    };
  },
});
