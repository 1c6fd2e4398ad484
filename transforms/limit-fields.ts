import { type Event, define, defineTransform } from 'logweir';
import { z } from 'zod';

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
          else fields++;
        }
      };
      limit(event, 1, '');
      if (Object.keys(rest).length > 0) define(event, overflow, textOf(rest));
      return event;
    };
  },
});

function isNested(value: unknown): value is Event {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.isFrozen(value);
}

/** A BigInt has no JSON form but its digits. */
function textOf(rest: Event): string {
  return JSON.stringify(rest, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
