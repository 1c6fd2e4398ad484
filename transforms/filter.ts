import { defineTransform } from 'logweir';
import { z } from 'zod';
import { fits } from './lib/condition.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export default defineTransform({
  lazy: true,
  description:
    'Keeps the events whose field matches, and drops the others (the reverse with `action: drop`). Dropped events are counted, and their offsets are settled. Give exactly one of `equals`, `in`, `contains` and `exists`.',
  options: z
    .strictObject({
      field: z.string().min(1).describe('A dotted path.'),
      equals: scalar.optional(),
      in: z.array(scalar).min(1).optional(),
      contains: z.string().min(1).optional().describe('Matches a text that contains this text.'),
      exists: z.boolean().optional(),
      action: z.enum(['keep', 'drop']).default('keep'),
    })
    .refine(
      ({ equals, in: list, contains, exists }) =>
        [equals, list, contains, exists].filter((condition) => condition !== undefined).length === 1,
      'give exactly one of equals, in, contains and exists',
    ),
  examples: [
    {
      title: 'Without health probes',
      with: { field: 'path', in: ['/health/live', '/health/ready'], action: 'drop' },
      input: [{ path: '/health/live' }, { path: '/orders' }],
      output: [{ path: '/orders' }],
    },
  ],
  setup({ action, ...condition }) {
    return (event) => (fits(event, condition) === (action === 'keep') ? event : undefined);
  },
});
