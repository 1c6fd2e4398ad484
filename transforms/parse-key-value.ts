import { defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { type PairSyntax, parsePairs } from './lib/pairs.ts';
import { parseField } from './lib/parse-field.ts';

const character = z.string().length(1);

export default defineTransform({
  lazy: true,
  description:
    'Parses pairs with given delimiters, like `a:1;b:2`, and merges them, as text, into the event. White space around keys and values is removed. Both may be in double or single quotes, with the escapes of JSON and Go inside. A repeated key becomes a list. Words without a value are skipped; a text without pairs is left unchanged.',
  options: z.strictObject({
    ...parserOptions,
    between: character.default(' ').describe('The character between two pairs.'),
    assign: character.default('=').describe('The character between a key and its value.'),
    remove: z.boolean().default(false).describe('Whether to remove the text after parsing.'),
  }),
  examples: [
    {
      title: 'Pairs with other delimiters',
      with: { between: ';', assign: ':', target: 'tags', remove: true },
      input: [{ message: 'team:payments;tier:1' }],
      output: [{ tags: { team: 'payments', tier: '1' } }],
    },
    {
      title: 'Spaces, quotes, and a repeated key',
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
