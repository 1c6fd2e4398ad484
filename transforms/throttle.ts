import { createHash } from 'node:crypto';
import { BoundedMap, defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';

/** Records that passed, of all keys: many times what is taken from Kafka and not yet settled, which is all that may come again. */
const REMEMBERED_MAX = 100_000;
/** A longer key is counted by its hash. */
const NAME_MAX = 64;

export default defineTransform({
  lazy: true,
  description:
    'Lets so many events of a key pass in each window of time and drops the others. Time is that of the records, not of the clock, and their order does not matter. A record that passed and is read again passes again, and is not counted twice. After a crash or a reload counting begins anew: more may pass.',
  options: z.strictObject({
    threshold: z.int().min(1).describe('Events of one key that may pass in a window.'),
    window_ms: z.int().min(1).default(1000),
    key: z
      .array(z.string().min(1))
      .default([])
      .describe('Fields that make the key; all events have one if left out.'),
    max_keys: z.int().min(1).max(1_000_000).default(10_000).describe('Keys that are counted at once.'),
  }),
  examples: [
    {
      title: 'Two events a second of each host',
      with: { threshold: 2, key: ['host'] },
      input: [
        { host: 'a', n: 1 },
        { host: 'a', n: 2 },
        { host: 'a', n: 3 },
        { host: 'b', n: 4 },
      ],
      output: [
        { host: 'a', n: 1 },
        { host: 'a', n: 2 },
        { host: 'b', n: 4 },
      ],
    },
  ],
  setup({ threshold, window_ms, key, max_keys }) {
    /** By key and window, how many records have passed. */
    const counts = new BoundedMap<string, number>(max_keys);
    /** By record, key and window. Those that were dropped need not be known: there is still no room for them. */
    const passed = new BoundedMap<string, true>(REMEMBERED_MAX);
    return (event, { topic, partition, offset, timestamp }) => {
      const window = Math.floor(Math.max(0, timestamp) / window_ms);
      const name = shortened(keyOf([window, ...key.map((path) => fieldAt(event, path))]));
      // Read again, or another event that was made of it: one record is counted once.
      const place = `${name}${topic}:${partition}:${offset}`;
      if (passed.get(place) === true) return event;
      const count = counts.get(name) ?? 0;
      if (count >= threshold) return undefined;
      counts.set(name, count + 1);
      passed.set(place, true);
      return event;
    };
  },
});

function shortened(name: string): string {
  return name.length <= NAME_MAX ? name : createHash('sha1').update(name).digest('base64');
}
