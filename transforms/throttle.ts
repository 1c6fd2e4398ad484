import { createHash } from 'node:crypto';
import { BoundedMap, defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';

/** The most remembered records: many times the unsettled ones, and only these may be read again. */
const REMEMBERED_MAX = 100_000;
/** Longer keys are hashed. */
const NAME_MAX = 64;

export default defineTransform({
  lazy: true,
  description:
    'Passes up to `threshold` events of a key in each time window and drops the others. Time is the time of the records, not of the clock, and their order does not matter. A record that passed and is read again passes again, and is counted once. After a crash or a reload counting restarts, so more events may pass.',
  options: z.strictObject({
    threshold: z.int().min(1).describe('The most events of one key per window.'),
    window_ms: z.int().min(1).default(1000),
    key: z
      .array(z.string().min(1))
      .default([])
      .describe('The fields of the key; by default all events have the same key.'),
    max_keys: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe('The most keys that are counted at the same time.'),
  }),
  examples: [
    {
      title: 'Two events per second and host',
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
    /** The number of passed records, by key and window. */
    const counts = new BoundedMap<string, number>(max_keys);
    /** By record, key and window. Dropped records are not remembered: their window stays full. */
    const passed = new BoundedMap<string, true>(REMEMBERED_MAX);
    return (event, { topic, partition, offset, timestamp }) => {
      const window = Math.floor(Math.max(0, timestamp) / window_ms);
      const name = shortened(keyOf([window, ...key.map((path) => fieldAt(event, path))]));
      // A replay, or another event of the same record: one record is counted once.
      const id = `${name}${topic}:${partition}:${offset}`;
      if (passed.get(id) === true) return event;
      const count = counts.get(name) ?? 0;
      if (count >= threshold) return undefined;
      counts.set(name, count + 1);
      passed.set(id, true);
      return event;
    };
  },
});

function shortened(name: string): string {
  return name.length <= NAME_MAX ? name : createHash('sha1').update(name).digest('base64');
}
