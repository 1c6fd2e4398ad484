import { type Event, defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';
import { compileLinear } from './lib/linear-regex.ts';
import { type Piece, joinPieces, pieceOf } from './lib/partial-lines.ts';
import { TraceLines } from './lib/traces.ts';

export default defineTransform({
  description:
    'Makes one event of the lines of a stack trace, or of any message of several lines, that came as a record each, and joins the pieces of lines that a container runtime has cut. Offsets move only when the whole event is settled. A group ends with the next line that begins one, at a gap in time, at a limit, or at the end of the partition.',
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
          'A line that fits goes on with the one before. By default indented lines and those of traces of Java, Python, Node, Go, .NET, Rust and PHP. An exception without a package (`TypeError: …`) begins an event, unless the line before ends in a colon. Behind a Java exception with a message plain lines are more of it, up to 20, until the first frame; behind one of Python they begin an event.',
        ),
      begins: z.string().min(1).optional().describe('A line that fits begins an event; all others go on.'),
      partial: z
        .enum(['auto', 'docker', 'cri', 'off'])
        .default('auto')
        .describe(
          'Whose marks of a line that was cut, at 16 KB as a rule, are heeded: the fields `_partial` or `partial_message` of docker, the tag `P` of CRI (in `logtag`, or in a raw line, whose head is then taken off and kept in `timestamp` and `stream`), or both. Pieces are joined without a line feed, before all other rules.',
        ),
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
    {
      title: 'A line that docker has cut',
      input: [
        { container_id: 'c9', message: '{"order":7,"note":"first ha', _partial: true },
        { container_id: 'c9', message: 'lf"}' },
      ],
      output: [{ container_id: 'c9', message: '{"order":7,"note":"first half"}' }],
    },
  ],
  setup({ field, key, continues, begins, partial, max_lines, max_gap_ms }) {
    const own = begins ?? continues;
    const beginsLine = own === undefined ? beginsTrace() : byPattern(own, begins !== undefined);
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
      begins: (event, group) => {
        const last = group.at(-1);
        if (last !== undefined && read(last).isPartial) return false;
        return beginsLine(read(event).text, group, read);
      },
      merge: (events) => joinPieces(events, field, partial),
    };
  },
});

type BeginsLine = (line: string, group: readonly Event[], read: (event: Event) => Piece) => boolean;

function byPattern(source: string, beginsOne: boolean): BeginsLine {
  const pattern = compileLinear(source);
  return (line) => pattern.matcher(line).find() === beginsOne;
}

/** The rule that knows traces. What it knows of a group it has read once, and keeps by the group's first event. */
function beginsTrace(): BeginsLine {
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
    return !state.lines.goesOn(line);
  };
}
