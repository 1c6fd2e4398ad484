import { defineTransform, mergeInto, parseObject, parserOptions, textAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description:
    'Parses a field that holds a JSON object as text, as the `message` of a Vector agent often does, and merges what is in it into the event (or puts it under `target`). What is not a JSON object stays as it is, since most logs are a mixture. Integers beyond 2^53 stay exact. A byte order mark in front is no part of the text.',
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
    {
      title: "An application's own time and host, beside those of the agent",
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
