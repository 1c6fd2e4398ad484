import { defineTransform, deleteAt, fieldAt, mergeInto, parseObject } from 'logweir';
import { z } from 'zod';
import { parserOptions } from '../src/transform/parser-options.ts';

export default defineTransform({
  description:
    'Parses a field that holds a JSON object as text, as the `message` of a Vector agent often does, and merges what is in it into the event (or puts it under `target`). What is not a JSON object stays as it is, since most logs are a mixture. Integers beyond 2^53 stay exact.',
  options: z.strictObject({
    ...parserOptions,
    remove: z.boolean().default(true).describe('Whether the text is removed once it is parsed.'),
  }),
  examples: [
    {
      title: 'A line of pino',
      input: [{ message: '{"level":30,"msg":"order processed"}', host: 'web-3' }],
      output: [{ host: 'web-3', level: 30, msg: 'order processed' }],
    },
  ],
  setup({ field, remove, ...options }) {
    return (event) => {
      const text = fieldAt(event, field);
      if (typeof text !== 'string' || !text.trimStart().startsWith('{')) return event;
      const parsed = parseObject(text);
      if (parsed === undefined) return event;
      if (remove) deleteAt(event, field);
      return mergeInto(event, parsed, options);
    };
  },
});
