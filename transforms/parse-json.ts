import { define, defineTransform, fieldAt, holderOf, lastKey, parseObject } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  description:
    'Parses a field that holds a JSON object as text, as the `message` of a Vector agent often does, and merges what is in it into the event (or puts it under `target`). What is not a JSON object stays as it is, since most logs are a mixture. Integers beyond 2^53 stay exact.',
  options: z.strictObject({
    field: z
      .string()
      .min(1)
      .default('message')
      .describe('The field that holds the text; dots lead into objects.'),
    target: z
      .string()
      .min(1)
      .optional()
      .describe('Where the parsed object goes; the top level of the event if left out.'),
    remove: z.boolean().default(true).describe('Whether the text is removed once it is parsed.'),
    overwrite: z
      .boolean()
      .default(false)
      .describe('Whether a parsed key replaces one that is already there.'),
  }),
  examples: [
    {
      title: 'A line of pino',
      input: [{ message: '{"level":30,"msg":"order processed"}', host: 'web-3' }],
      output: [{ host: 'web-3', level: 30, msg: 'order processed' }],
    },
  ],
  setup({ field, target, remove, overwrite }) {
    return (event) => {
      const text = fieldAt(event, field);
      if (typeof text !== 'string' || !text.trimStart().startsWith('{')) return event;
      const parsed = parseObject(text);
      if (parsed === undefined) return event;
      const holder = holderOf(event, field);
      if (remove && holder !== undefined) delete holder[lastKey(event, field)];
      if (target !== undefined) return define(event, target, parsed);
      for (const key of Object.keys(parsed)) {
        if (overwrite || !Object.hasOwn(event, key)) define(event, key, parsed[key]);
      }
      return event;
    };
  },
});
