import { defineTransform, mergeInto, parseObject, parserOptions, textAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description:
    'Parses a field with a JSON object as text, as often in the `message` of a Vector agent, and merges its fields into the event (or puts them under `target`). Any other text is left unchanged, since most logs are mixed. Integers beyond 2^53 stay exact. A leading byte order mark is ignored.',
  options: z.strictObject({
    ...parserOptions,
    remove: z.boolean().default(true).describe('Whether to remove the text after parsing.'),
  }),
  examples: [
    {
      title: 'A line of pino',
      input: [{ message: '{"level":30,"msg":"order processed"}', host: 'web-3' }],
      output: [{ host: 'web-3', level: 30, msg: 'order processed' }],
    },
    {
      title: 'The time and host of an application, and those of the agent',
      input: [{ message: '{"host":"pay-blue","time":1,"msg":"charged"}', host: 'web-3', time: 2 }],
      output: [{ host: 'web-3', time: 2, msg: 'charged', parsed: { host: 'pay-blue', time: 1 } }],
    },
  ],
  setup(options) {
    return (event) => {
      const text = textAt(event, options.field);
      if (text === undefined || !text.trimStart().startsWith('{')) return event;
      const parsed = parseObject(text);
      return parsed === undefined ? event : mergeInto(event, parsed, options);
    };
  },
});
