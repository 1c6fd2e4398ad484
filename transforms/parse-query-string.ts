import { defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { parseField } from './lib/parse-field.ts';
import { parseQuery } from './lib/query.ts';

export default defineTransform({
  lazy: true,
  description:
    'Parses a query string and merges its decoded parameters, as text, into the event. A repeated parameter becomes a list, and one without a value an empty text. Invalid percent-encoding is left unchanged, and bytes that are not UTF-8 become U+FFFD. Clients choose the names of parameters: use a `target` and map it as `flattened`, otherwise each name becomes a field of the index, and some are rejected.',
  options: z.strictObject({
    ...parserOptions,
    field: z
      .string()
      .min(1)
      .default('query')
      .describe('The field with the query string, with or without a leading `?`.'),
    remove: z.boolean().default(false).describe('Whether to remove the text after parsing.'),
  }),
  examples: [
    {
      title: 'Replacing the text',
      with: { target: 'query' },
      input: [{ query: '?q=caf%C3%A9+au+lait&tag=a&tag=b&debug' }],
      output: [{ query: { q: 'café au lait', tag: ['a', 'b'], debug: '' } }],
    },
  ],
  setup(options) {
    return (event) => parseField(event, options, parseQuery);
  },
});
