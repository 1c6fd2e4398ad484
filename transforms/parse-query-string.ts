import { defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { parseField } from './lib/parse-field.ts';
import { parseQuery } from './lib/query.ts';

export default defineTransform({
  lazy: true,
  description:
    'Parses a query string and merges its parameters, decoded and as text, into the event. One that comes again gets a list of its values, one without a value an empty text. What is no percent-encoding stays as it is, and bytes that are no UTF-8 become U+FFFD. The names are whatever a client sends: take a `target` and map it as `flattened`, or each becomes a field of the index, and some are refused.',
  options: z.strictObject({
    ...parserOptions,
    field: z
      .string()
      .min(1)
      .default('query')
      .describe('The field that holds the query string, with or without a `?` before it.'),
    remove: z.boolean().default(false).describe('Whether the text is removed once it is parsed.'),
  }),
  examples: [
    {
      title: 'In the place of the text',
      with: { target: 'query' },
      input: [{ query: '?q=caf%C3%A9+au+lait&tag=a&tag=b&debug' }],
      output: [{ query: { q: 'café au lait', tag: ['a', 'b'], debug: '' } }],
    },
  ],
  setup(options) {
    return (event) => parseField(event, options, parseQuery);
  },
});
