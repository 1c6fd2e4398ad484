import { type Event, defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';
import { compileLinear } from './lib/linear-regex.ts';
import { type Piece, joinPieces, pieceOf } from './lib/partial-lines.ts';
import { TraceLines } from './lib/traces.ts';

export default defineTransform({
  description:
    'Joins the lines of a stack trace, or of another message of several lines, that came as one record each, into one event. It also joins the pieces of lines that a container runtime has split. Offsets advance only when the whole event is settled. A group ends at the next line that starts one, at a gap in time, at a limit, or at the end of the partition.',
  options: z
    .strictObject({
      field: z.string().min(1).default('message').describe('The field with the line.'),
      key: z
        .array(z.string().min(1))
        .min(1)
        .default(['host', 'file', 'container_id', 'kubernetes.pod_uid', 'stream'])
        .describe(
          'Lines with equal values of all these fields have the same source; a missing field is a value too.',
        ),
      continues: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A line that matches this pattern continues the previous one. By default these are indented lines, and lines of stack traces of Java, Python, Node, Go, .NET, Rust and PHP. An exception without a package (`TypeError: …`) starts an event, unless the previous line ends with a colon. After a Java exception with a message, up to 20 plain lines belong to the message, until the first frame; after a Python exception a plain line starts an event.',
        ),
      starts: z
        .string()
        .min(1)
        .optional()
        .describe('A line that matches this pattern starts an event; all other lines continue it.'),
      begins: z.string().min(1).optional().describe('The old name of `starts`, removed in 0.3.'),
      partial: z
        .enum(['auto', 'docker', 'cri', 'off'])
        .default('auto')
        .describe(
          'The marks of split lines (usually at 16 KB) to use: the fields `_partial` or `partial_message` of docker, the tag `P` of CRI (in `logtag`, or in a raw line, whose header is then removed and kept in `timestamp` and `stream`), or both. Pieces are joined without a line feed, before all other rules.',
        ),
      max_lines: z.int().min(2).max(100_000).default(500),
      max_gap_ms: z
        .int()
        .min(1)
        .max(600_000)
        .default(5000)
        .describe('The longest time between two lines of an event, by the timestamps of their records.'),
    })
    .refine(
      ({ continues, starts, begins }) =>
        [continues, starts, begins].filter((pattern) => pattern !== undefined).length <= 1,
      'give only one of continues and starts',
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
    {
      title: 'A line that docker has split',
      input: [
        { container_id: 'c9', message: '{"order":7,"note":"first ha', _partial: true },
        { container_id: 'c9', message: 'lf"}' },
      ],
      output: [{ container_id: 'c9', message: '{"order":7,"note":"first half"}' }],
    },
  ],
  setup({ field, key, continues, starts: given, begins, partial, max_lines, max_gap_ms }, { log }) {
    if (begins !== undefined)
      log.warn(
        { code: 'deprecated', old: 'begins', use: 'starts', removed_in: '0.3' },
        'deprecated name, use the new one',
      );
    const starts = given ?? begins;
    const own = starts ?? continues;
    const startsLine = own === undefined ? startsTrace() : byPattern(own, starts !== undefined);
    const read = (event: Event): Piece => pieceOf(event, field, partial);
    return {
      maxEvents: max_lines,
      maxGapMs: max_gap_ms,
      mergesOne: partial === 'auto' || partial === 'cri',
      key: (event) => {
        if (typeof fieldAt(event, field) !== 'string') return undefined;
        const stream = read(event).head?.stream;
        const values = key.map((path) => fieldAt(event, path));
        return keyOf(stream === undefined ? values : [...values, stream]);
      },
      starts: (event, group) => {
        const last = group.at(-1);
        if (last !== undefined && read(last).isPartial) return false;
        return startsLine(read(event).text, group, read);
      },
      merge: (events) => joinPieces(events, field, partial),
    };
  },
});

type StartsLine = (line: string, group: readonly Event[], read: (event: Event) => Piece) => boolean;

function byPattern(source: string, startsOne: boolean): StartsLine {
  const pattern = compileLinear(source);
  return (line) => pattern.matcher(line).find() === startsOne;
}

/** The rule for stack traces. It reads each line once, and keeps its state by a group's first event. */
function startsTrace(): StartsLine {
  const known = new WeakMap<Event, { lines: TraceLines; count: number; isInLine: boolean }>();
  return (line, group, read) => {
    const [first] = group;
    if (first === undefined) return true;
    const state = known.get(first) ?? { lines: new TraceLines(), count: 0, isInLine: false };
    known.set(first, state);
    for (; state.count < group.length; state.count++) {
      const piece = read(group[state.count] ?? {});
      if (!state.isInLine) state.lines.add(piece.text);
      state.isInLine = piece.isPartial;
    }
    return !state.lines.isContinuedBy(line);
  };
}
