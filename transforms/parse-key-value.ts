import { defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { type PairSyntax, parsePairs } from './lib/pairs.ts';
import { parseField } from './lib/parse-field.ts';

const character = z.string().length(1);

export default defineTransform({
  lazy: true,
  description:
    'Parses pairs with delimiters of your choice, like `a:1;b:2`, and merges them, as text, into the event. White space around a key and a value is taken off. Both may stand in double or single quotes, with the escapes of JSON and Go in them. A key that comes again gets a list of its values. Words without a value are passed over; a field without any pair stays as it is.',
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
    {
      title: 'Spaces, quotes, and a key that comes twice',
      with: { between: ',', assign: ':', target: 'pairs', remove: true },
      input: [{ message: 'host: a, note: "1, 2", tag: x, tag: y' }],
      output: [{ pairs: { host: 'a', note: '1, 2', tag: ['x', 'y'] } }],
    },
  ],
  setup({ between, assign, ...options }) {
    const syntax: PairSyntax = { between, assign, spaced: between === ' ' };
    return (event) => parseField(event, options, (text) => parsePairs(text, syntax));
  },
});
