import { createHash } from 'node:crypto';
import { BoundedMap, type Event, defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';

interface Seen {
  readonly id: string;
  readonly timestamp: number;
}

export default defineTransform({
  lazy: true,
  description:
    'Drops events that repeat an earlier one in the given fields. A record that is read again, for example after a rebalance, never counts as its own repeat. The memory for earlier events is bounded and does not outlive the process: a repeat may pass, but no event is lost.',
  options: z.strictObject({
    fields: z
      .array(z.string().min(1))
      .min(1)
      .describe('Events with equal values of all these fields are repeats.'),
    window_ms: z
      .int()
      .min(1)
      .optional()
      .describe(
        'The longest time between an event and its repeat, by the timestamps of their records; by default unlimited.',
      ),
    max_events: z.int().min(1).max(10_000_000).default(10_000).describe('The most remembered events.'),
  }),
  examples: [
    {
      title: 'The same message from the same host',
      with: { fields: ['host', 'message'] },
      input: [
        { host: 'a', message: 'disk full', n: 1 },
        { host: 'a', message: 'disk full', n: 2 },
        { host: 'b', message: 'disk full', n: 3 },
      ],
      output: [
        { host: 'a', message: 'disk full', n: 1 },
        { host: 'b', message: 'disk full', n: 3 },
      ],
    },
  ],
  setup({ fields, window_ms, max_events }) {
    const seen = new BoundedMap<string, Seen>(max_events);
    const hashOf = (event: Event): string =>
      createHash('sha1')
        .update(keyOf(fields.map((path) => fieldAt(event, path))))
        .digest('base64');
    return (event, { topic, partition, offset, timestamp }) => {
      const key = hashOf(event);
      const id = `${topic}:${partition}:${offset}`;
      const first = seen.get(key);
      if (first === undefined || first.id === id || isTooFar(first.timestamp, timestamp)) {
        seen.set(key, { id, timestamp });
        return event;
      }
      return undefined;
    };
    function isTooFar(a: number, b: number): boolean {
      return window_ms !== undefined && Math.abs(a - b) > window_ms;
    }
  },
});
