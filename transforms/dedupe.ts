import { createHash } from 'node:crypto';
import { BoundedMap, type Event, defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';

interface Seen {
  readonly place: string;
  readonly timestamp: number;
}

export default defineTransform({
  lazy: true,
  description:
    'Drops events that repeat an earlier one in the given fields. A record that is read again (after a rebalance, for one) is never taken for its own repeat. What is remembered is bounded and does not outlive the process: a repeat may pass, nothing is lost.',
  options: z.strictObject({
    fields: z
      .array(z.string().min(1))
      .min(1)
      .describe('Events that are the same in all of these are the same.'),
    window_ms: z
      .int()
      .min(1)
      .optional()
      .describe("How far apart, in the records' time, a repeat may be; as far as is remembered if left out."),
    max_events: z.int().min(1).max(10_000_000).default(10_000).describe('How many events are remembered.'),
  }),
  examples: [
    {
      title: 'The same message of the same host',
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
      const place = `${topic}:${partition}:${offset}`;
      const first = seen.get(key);
      if (first === undefined || first.place === place || isTooFar(first.timestamp, timestamp)) {
        seen.set(key, { place, timestamp });
        return event;
      }
      return undefined;
    };
    function isTooFar(a: number, b: number): boolean {
      return window_ms !== undefined && Math.abs(a - b) > window_ms;
    }
  },
});
