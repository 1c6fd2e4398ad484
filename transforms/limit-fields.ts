import {
  type Event,
  carryLiteral,
  define,
  defineBeside,
  defineTransform,
  isFields,
  stringifyExact,
} from 'logweir';
import { z } from 'zod';

export default defineTransform({
  description:
    "Protects the index's mapping against events with too many fields, too long names or too deep nesting: the excess goes into one field, as JSON text with its original nesting. Nothing is lost, and the excess is not mapped.",
  options: z.strictObject({
    max_fields: z.int().min(1).default(200).describe('The most leaf fields of an event, at all depths.'),
    max_depth: z.int().min(1).max(20).default(8),
    max_key_length: z.int().min(1).default(256),
    overflow: z.string().min(1).default('overflow').describe('The field for the excess.'),
  }),
  examples: [
    {
      title: 'Two fields, and the rest as text',
      with: { max_fields: 2 },
      input: [{ a: 1, b: { c: 2, d: 3 } }],
      output: [{ a: 1, b: { c: 2 }, overflow: '{"b":{"d":3}}' }],
    },
  ],
  setup({ max_fields, max_depth, max_key_length, overflow }) {
    return (event) => {
      let fields = 0;
      /** The leaves that Elasticsearch maps; Infinity if a name is too long or the nesting too deep. */
      const leavesIn = (value: unknown, depth: number): number => {
        if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + leavesIn(one, depth), 0);
        if (!isFields(value)) return 0;
        if (depth > max_depth) return Infinity;
        let leaves = 0;
        for (const key of Object.keys(value)) {
          if (key.length > max_key_length) return Infinity;
          const inner = value[key];
          leaves += 1 + leavesIn(inner, depth + 1);
          if (leaves > max_fields) return leaves;
        }
        return leaves;
      };
      /** @returns the excess */
      const limit = (holder: Event, depth: number): Event | undefined => {
        let rest: Event | undefined;
        const moveOut = (key: string, value: unknown): void => {
          rest ??= {};
          define(rest, key, value);
          carryLiteral(holder, key, rest, key);
        };
        for (const key of Object.keys(holder)) {
          const value = holder[key];
          let leaves = 1;
          // Elasticsearch maps the objects in lists too. Lists and frozen objects stay or go as a whole.
          if (Array.isArray(value) || (isFields(value) && Object.isFrozen(value)))
            leaves = Math.max(1, leavesIn(value, depth + 1));
          else if (isFields(value)) leaves = 0;
          const isTooMuch = key.length > max_key_length || depth > max_depth || fields >= max_fields;
          if (isTooMuch || fields + leaves > max_fields) {
            moveOut(key, value);
            delete holder[key];
          } else if (leaves > 0) fields += leaves;
          else {
            const inner = limit(value as Event, depth + 1);
            if (inner !== undefined) moveOut(key, inner);
          }
        }
        return rest;
      };
      const rest = limit(event, 1);
      if (rest === undefined) return event;
      // An existing field of that name becomes part of the excess.
      if (Object.hasOwn(event, overflow)) defineBeside(rest, overflow, event[overflow]);
      return define(event, overflow, stringifyExact(rest));
    };
  },
});
