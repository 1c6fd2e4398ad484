import { type Event, define, defineTransform } from 'logweir';
import { z } from 'zod';
import { stringifyExact } from '../src/codec/exact-json.ts';

export default defineTransform({
  description:
    "Guards the index's mapping against events with too many, too long or too deeply nested fields: what is too much goes, as JSON text, into one field. Nothing is lost, and nothing of it is mapped.",
  options: z.strictObject({
    max_fields: z.int().min(1).default(200).describe('Leaves of an event, however deep.'),
    max_depth: z.int().min(1).max(20).default(8),
    max_key_length: z.int().min(1).default(256),
    overflow: z.string().min(1).default('overflow').describe('The field that takes the rest.'),
  }),
  examples: [
    {
      title: 'Two fields, and the rest as text',
      with: { max_fields: 2 },
      input: [{ a: 1, b: { c: 2, d: 3 } }],
      output: [{ a: 1, b: { c: 2 }, overflow: '{"b.d":3}' }],
    },
  ],
  setup({ max_fields, max_depth, max_key_length, overflow }) {
    return (event) => {
      const rest: Event = {};
      let fields = 0;
      const limit = (holder: Event, depth: number, prefix: string): void => {
        for (const key of Object.keys(holder)) {
          const value = holder[key];
          const isTooMuch = key.length > max_key_length || depth > max_depth || fields >= max_fields;
          if (isTooMuch) {
            define(rest, prefix + key, value);
            delete holder[key];
          } else if (isNested(value)) limit(value, depth + 1, `${prefix}${key}.`);
          else if (Array.isArray(value) && value.some(isNested)) {
            // Elasticsearch maps what is in lists too. A list stays whole, or goes whole.
            fields += leavesIn(value);
            if (fields > max_fields) {
              define(rest, prefix + key, value);
              delete holder[key];
            }
          } else fields++;
        }
      };
      limit(event, 1, '');
      // What stands there by that name goes along.
      if (Object.keys(rest).length > 0 && Object.hasOwn(event, overflow))
        define(rest, overflow, event[overflow]);
      if (Object.keys(rest).length > 0) define(event, overflow, stringifyExact(rest));
      return event;
    };
  },
});

function isNested(value: unknown): value is Event {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.isFrozen(value);
}

/** How many leaves the objects in a list have, each counted. */
function leavesIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one: unknown) => sum + leavesIn(one), 0);
  return isNested(value) ? leavesIn(Object.values(value)) + Object.keys(value).length : 0;
}
