import { defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { type PairSyntax, parsePairs } from './lib/pairs.ts';
import { parseField } from './lib/parse-field.ts';

const LOGFMT: PairSyntax = { between: ' \t\r\n', assign: '=' };

export default defineTransform({
  lazy: true,
  description:
    'Parses a field in logfmt (`level=warn msg="card declined"`) and merges the pairs, as text, into the event. Any white space separates pairs. Keys and values may be in double or single quotes, with the escapes of JSON and Go inside. A repeated key becomes a list. Words without a value are skipped; a text without pairs is left unchanged.',
  options: z.strictObject({
    ...parserOptions,
    remove: z.boolean().default(false).describe('Whether to remove the text after parsing.'),
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
