import { BoundedMap, defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';

const PARTITIONS_MAX = 10_000;

export default defineTransform({
  description:
    'Lets so many events of a key pass in each window of time and drops the others. Time is that of the records, not of the clock. After a crash, a reload or a rebalance counting begins anew: more may pass, none is dropped that had passed.',
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
    const counts = new BoundedMap<string, number>(max_keys);
    const counted = new BoundedMap<string, { offset: number; passed: boolean }>(PARTITIONS_MAX);
    return (event, { topic, partition, offset, timestamp }) => {
      const place = `${topic}:${partition}`;
      const last = counted.get(place);
      // Read again, and counted before: it may have passed then, and is not to be dropped now.
      if (last !== undefined && offset < last.offset) return event;
      // The last one again, or another event that was made of it: one record is counted once.
      if (offset === last?.offset) return last.passed ? event : undefined;
      const window = Math.floor(Math.max(0, timestamp) / window_ms);
      const name = keyOf([window, ...key.map((path) => fieldAt(event, path))]);
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const passed = count <= threshold;
      counted.set(place, { offset, passed });
      return passed ? event : undefined;
    };
  },
});
