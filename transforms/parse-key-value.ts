import { defineTransform, deleteAt, fieldAt, mergeInto } from 'logweir';
import { z } from 'zod';
import { parsePairs } from '../src/transform/pairs.ts';

const character = z.string().length(1);

export default defineTransform({
  description:
    'Parses pairs with delimiters of your choice, like `a:1;b:2`, and merges them, as text, into the event.',
  options: z.strictObject({
    field: z.string().min(1).default('message').describe('The field that holds the text.'),
    between: character.default(' ').describe('The character between two pairs.'),
    assign: character.default('=').describe('The character between a key and its value.'),
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
      title: 'Pairs with other delimiters',
      with: { between: ';', assign: ':', target: 'tags', remove: true },
      input: [{ message: 'team:payments;tier:1' }],
      output: [{ tags: { team: 'payments', tier: '1' } }],
    },
  ],
  setup({ field, remove, between, assign, ...options }) {
    return (event) => {
      const text = fieldAt(event, field);
      const parsed = typeof text === 'string' ? parsePairs(text, { between, assign }) : undefined;
      if (parsed === undefined) return event;
      if (remove) deleteAt(event, field);
      return mergeInto(event, parsed, options);
    };
  },
});
