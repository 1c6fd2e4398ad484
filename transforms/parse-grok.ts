import { type Event, defineTransform, mergeInto } from 'logweir';
import { z } from 'zod';
import { parserOptions, textAt } from '../src/transform/parser-options.ts';
import { compileGrok } from '../src/transform/grok.ts';

export default defineTransform({
  lazy: true,
  description:
    'Parses a text with grok expressions as known from Logstash and merges the fields into the event. The engine is linear in the text, whatever the pattern.',
  options: z.strictObject({
    ...parserOptions,
    patterns: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .transform((value) => (typeof value === 'string' ? [value] : value))
      .describe(
        'Like `%{IP:client} %{NUMBER:bytes:int}`; `%{IP:[source][ip]}` and `(?<name>…)` are fields too. Tried in order; where none fits the event stays as it is.',
      ),
    definitions: z.record(z.string(), z.string()).default({}).describe('Patterns of your own, by name.'),
  }),
  examples: [
    {
      title: 'Numbers as numbers',
      with: { patterns: '%{IP:client} %{WORD:verb} %{NUMBER:ms:float}ms' },
      input: [{ message: '203.0.113.7 GET 12.5ms' }],
      output: [{ message: '203.0.113.7 GET 12.5ms', client: '203.0.113.7', verb: 'GET', ms: 12.5 }],
    },
  ],
  setup({ patterns, definitions, ...options }) {
    const compiled = patterns.map((pattern) => compileGrok(pattern, definitions));
    return (event) => {
      const text = textAt(event, options.field);
      if (text === undefined) return event;
      for (const grok of compiled) {
        const found: Event | undefined = grok.match(text);
        if (found !== undefined) return mergeInto(event, found, options);
      }
      return event;
    };
  },
});
