import { createHash } from 'node:crypto';
import { defineTransform, fieldAt, keyOf } from 'logweir';
import { z } from 'zod';
import { isOneOf } from './lib/condition.ts';

export default defineTransform({
  lazy: true,
  description:
    'Keeps one of `rate` events. The choice is a pure function of the record (or of a field), so a replay keeps the same events.',
  options: z.strictObject({
    rate: z.int().min(1).describe('On average, one event of this many is kept.'),
    key: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Events with the same value of this field, such as a trace id, are kept or dropped together.',
      ),
    unless: z
      .strictObject({
        field: z.string().min(1),
        in: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
      })
      .optional()
      .describe('Events that are always kept: `{ field: level, in: [error, fatal] }`.'),
  }),
  examples: [
    {
      title: 'Errors are always kept',
      with: { rate: 1_000_000, unless: { field: 'level', in: ['error'] } },
      input: [{ level: 'info' }, { level: 'error' }],
      output: [{ level: 'error' }],
    },
  ],
  setup({ rate, key, unless }) {
    return (event, { topic, partition, offset }) => {
      if (unless !== undefined && isOneOf(unless.in, fieldAt(event, unless.field))) return event;
      const value = key === undefined ? undefined : fieldAt(event, key);
      const text = value === undefined ? `${topic}:${partition}:${offset}` : keyOf([value]);
      return createHash('sha1').update(text).digest().readUInt32BE(0) % rate === 0 ? event : undefined;
    };
  },
});
