import { defineTransform, fieldAt, keyOf, setAt } from 'logweir';
import { z } from 'zod';
import { compileLinear } from '../src/transform/linear-regex.ts';

/** What goes on with the line before: indented, or one of what a Java or Python trace has. */
const CONTINUES =
  '^(\\s|Caused by:|\\.\\.\\. \\d+ (more|common)|Traceback \\(most recent|[A-Za-z.]+(Error|Exception): )';

export default defineTransform({
  description:
    'Makes one event of the lines of a stack trace, or of any message of several lines, that came as a record each. Offsets move only when the whole event is settled. A group ends with the next line that begins one, at a gap in time, at a limit, or at the end of the partition.',
  options: z
    .strictObject({
      field: z.string().min(1).default('message').describe('The field that holds the line.'),
      key: z
        .array(z.string().min(1))
        .min(1)
        .default(['host', 'file', 'container_id', 'kubernetes.pod_uid', 'stream'])
        .describe(
          'Lines that are the same in all of these are of one source; a field that is missing counts too.',
        ),
      continues: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A line that fits goes on with the one before. By default indented lines and those of Java and Python traces.',
        ),
      begins: z.string().min(1).optional().describe('A line that fits begins an event; all others go on.'),
      max_lines: z.int().min(2).max(100_000).default(500),
      max_gap_ms: z
        .int()
        .min(1)
        .max(600_000)
        .default(5000)
        .describe("How far apart, in the records' time, two lines of an event may be."),
    })
    .refine(
      ({ continues, begins }) => continues === undefined || begins === undefined,
      'give only one of continues and begins',
    ),
  examples: [
    {
      title: 'A Java trace',
      input: [
        { host: 'a', message: 'ERROR Cart - empty' },
        { host: 'a', message: '\tat shop.Cart.total(Cart.java:87)' },
        { host: 'b', message: 'INFO ready' },
        { host: 'a', message: 'Caused by: java.lang.NullPointerException' },
        { host: 'a', message: 'INFO next' },
      ],
      output: [
        {
          host: 'a',
          message:
            'ERROR Cart - empty\n\tat shop.Cart.total(Cart.java:87)\nCaused by: java.lang.NullPointerException',
        },
        { host: 'b', message: 'INFO ready' },
        { host: 'a', message: 'INFO next' },
      ],
    },
  ],
  setup({ field, key, continues, begins, max_lines, max_gap_ms }) {
    const pattern = compileLinear(begins ?? continues ?? CONTINUES);
    return {
      maxEvents: max_lines,
      maxGapMs: max_gap_ms,
      key: (event) =>
        typeof fieldAt(event, field) === 'string'
          ? keyOf(key.map((path) => fieldAt(event, path)))
          : undefined,
      begins: (event) => {
        const fits = pattern.matcher(String(fieldAt(event, field))).find();
        return begins === undefined ? !fits : fits;
      },
      merge(events) {
        const [first = {}] = events;
        setAt(first, field, events.map((event) => fieldAt(event, field)).join('\n'));
        return first;
      },
    };
  },
});
