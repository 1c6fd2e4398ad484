import { defineTransform } from 'logweir';
import { z } from 'zod';
import { parserOptions } from '../src/transform/parser-options.ts';
import { parsePairsIn } from '../src/transform/pairs.ts';

const character = z.string().length(1);

export default defineTransform({
  description:
    'Parses pairs with delimiters of your choice, like `a:1;b:2`, and merges them, as text, into the event.',
  options: z.strictObject({
    ...parserOptions,
    between: character.default(' ').describe('The character between two pairs.'),
    assign: character.default('=').describe('The character between a key and its value.'),
    remove: z.boolean().default(false).describe('Whether the text is removed once it is parsed.'),
  }),
  examples: [
    {
      title: 'Pairs with other delimiters',
      with: { between: ';', assign: ':', target: 'tags', remove: true },
      input: [{ message: 'team:payments;tier:1' }],
      output: [{ tags: { team: 'payments', tier: '1' } }],
    },
  ],
  setup({ between, assign, ...options }) {
    return (event) => parsePairsIn(event, { between, assign }, options);
  },
});
