import { defineTransform, deleteAt, fieldAt, mergeInto } from 'logweir';
import { z } from 'zod';
import { parsePairs } from '../src/transform/pairs.ts';

export default defineTransform({
  description:
    'Parses a field in logfmt (`level=warn msg="card declined"`) and merges the pairs, as text, into the event. Words without a value are passed over; a field without any pair stays as it is.',
  options: z.strictObject({
    field: z.string().min(1).default('message').describe('The field that holds the text.'),
    target: z
      .string()
      .min(1)
      .optional()
      .describe('Where the pairs go; the top level of the event if left out.'),
    remove: z.boolean().default(false).describe('Whether the text is removed once it is parsed.'),
    overwrite: z.boolean().default(false).describe('Whether a pair replaces a field that is already there.'),
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
  setup({ field, remove, ...options }) {
    return (event) => {
      const text = fieldAt(event, field);
      const parsed = typeof text === 'string' ? parsePairs(text, { between: ' ', assign: '=' }) : undefined;
      if (parsed === undefined) return event;
      if (remove) deleteAt(event, field);
      return mergeInto(event, parsed, options);
    };
  },
});
