import { compileLinear, defineTransform, mergeInto, namedGroups, parserOptions, textAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description:
    "Merges the named groups of a pattern's first match into the event. The engine is RE2's: time in proportion to the text, whatever the pattern; no lookaround, no backreferences.",
  options: z.strictObject({
    ...parserOptions,
    pattern: z
      .string()
      .min(1)
      .describe(
        'With named groups, like `user (?<user>\\S+)`. Where it does not fit the event stays as it is.',
      ),
  }),
  examples: [
    {
      title: 'A login',
      with: { pattern: 'for (?<user>\\S+) from (?<ip>\\S+)' },
      input: [{ message: 'Accepted publickey for deploy from 203.0.113.9 port 52514 ssh2' }],
      output: [
        {
          message: 'Accepted publickey for deploy from 203.0.113.9 port 52514 ssh2',
          user: 'deploy',
          ip: '203.0.113.9',
        },
      ],
    },
  ],
  setup({ pattern, ...options }) {
    const compiled = compileLinear(pattern);
    if (Object.keys(compiled.namedGroups()).length === 0)
      throw new Error(`'${pattern}' has no named group, like (?<user>\\S+), and would change nothing`);
    return (event) => {
      const text = textAt(event, options.field);
      const groups = text === undefined ? undefined : namedGroups(compiled, text);
      return groups === undefined ? event : mergeInto(event, groups, options);
    };
  },
});
