import { defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { type PairSyntax, parsePairs } from './lib/pairs.ts';
import { parseField } from './lib/parse-field.ts';

const LOGFMT: PairSyntax = { between: ' \t\r\n', assign: '=' };

export default defineTransform({
  lazy: true,
  description:
    'Parses a field in logfmt (`level=warn msg="card declined"`) and merges the pairs, as text, into the event. Any white space separates pairs. Keys and values may stand in double or single quotes, with the escapes of JSON and Go in them. A key that comes again gets a list of its values. Words without a value are passed over; a field without any pair stays as it is.',
  options: z.strictObject({
    ...parserOptions,
    remove: z.boolean().default(false).describe('Whether the text is removed once it is parsed.'),
  }),
  examples: [
    {
      title: 'A line of a Go service',
      input: [{ message: 'level=warn msg="card declined" code=51', host: 'node-1' }],
      output: [
        {
          message: 'level=warn msg="card declined" code=51',
          host: 'node-1',
          level: 'warn',
          msg: 'card declined',
          code: '51',
        },
      ],
    },
  ],
  setup(options) {
    return (event) => parseField(event, options, (text) => parsePairs(text, LOGFMT));
  },
});
