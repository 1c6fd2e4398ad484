import { type Event, type MergeOptions, defineTransform, mergeInto, parserOptions, textAt } from 'logweir';
import { z } from 'zod';
import { allNamedGroups, compileLinear, namedGroups } from './lib/linear-regex.ts';
import { parseField } from './lib/parse-field.ts';

/** The most matches of one text, so that the list fits into a document. */
const MATCHES_MAX = 1000;

export default defineTransform({
  lazy: true,
  description:
    "Merges the named groups of a pattern's first match into the event. The engine is RE2: its time is linear in the text for every pattern; it has lookbehind, but no lookahead and no backreferences.",
  options: z
    .strictObject({
      ...parserOptions,
      pattern: z
        .string()
        .min(1)
        .describe(
          'A pattern with named groups, like `user (?<user>\\S+)`. Without a match the event is left unchanged.',
        ),
      all: z
        .boolean()
        .default(false)
        .describe(
          'Whether the groups of all matches (1,000 at most), instead of those of the first, go to `target` as a list of objects.',
        ),
    })
    .refine(({ all, target }) => !all || target !== undefined, {
      path: ['target'],
      message: 'required for the list, as all is on',
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
    {
      title: 'All matches',
      with: { pattern: '(?<name>\\w+)=(?<ms>\\d+)ms', all: true, target: 'timings' },
      input: [{ message: 'db=12ms cache=1ms' }],
      output: [
        {
          message: 'db=12ms cache=1ms',
          timings: [
            { name: 'db', ms: '12' },
            { name: 'cache', ms: '1' },
          ],
        },
      ],
    },
  ],
  setup({ pattern, all, ...options }) {
    const compiled = compileLinear(pattern);
    if (Object.keys(compiled.namedGroups()).length === 0)
      throw new Error(`'${pattern}' has no named group, like (?<user>\\S+), and would change nothing`);
    if (!all) return (event) => parseField(event, options, (text) => namedGroups(compiled, text));
    return (event) => {
      const text = textAt(event, options.field);
      const list = text === undefined ? [] : allNamedGroups(compiled, text, MATCHES_MAX);
      return list.length === 0 ? event : putList(event, list, options);
    };
  },
});

function putList(event: Event, list: Event[], { target = '', ...options }: MergeOptions): Event {
  const dot = target.lastIndexOf('.');
  const holder = dot === -1 ? undefined : target.slice(0, dot);
  const isField = options.field === target;
  return mergeInto(event, { [target.slice(dot + 1)]: list }, { ...options, target: holder, remove: isField });
}
