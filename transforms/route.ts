import { compileIndexName, defineTransform, routeTo } from 'logweir';
import { z } from 'zod';
import { fits } from './lib/condition.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const rule = z
  .strictObject({
    field: z.string().min(1).describe('A dotted path.'),
    equals: scalar.optional(),
    in: z.array(scalar).min(1).optional(),
    exists: z.boolean().optional(),
    index: z
      .string()
      .min(1)
      .describe('The index (or data stream); may contain `{{field}}` and `{{@timestamp|yyyy.MM.dd}}`.'),
  })
  .refine(
    ({ equals, in: list, exists }) =>
      [equals, list, exists].filter((condition) => condition !== undefined).length === 1,
    'give exactly one of equals, in and exists',
  );

export default defineTransform({
  lazy: true,
  description:
    'Sends events to other indices (or, with `mode: data_stream`, other data streams) than the configured one. The first matching rule applies; an event without a matching rule goes to the configured index.',
  options: z.strictObject({ rules: z.array(rule).min(1) }),
  examples: [
    {
      title: 'An index for each team, the rest as configured',
      with: { rules: [{ field: 'label.team', exists: true, index: 'logs-{{label.team}}' }] },
      input: [{ label: { team: 'payments' }, message: 'declined' }],
      output: [{ label: { team: 'payments' }, message: 'declined' }],
      indices: ['logs-payments'],
    },
  ],
  setup({ rules }) {
    const compiled = rules.map(({ index, ...condition }) => ({ ...condition, ...compileIndexName(index) }));
    return (event, { timestamp }) => {
      const found = compiled.find((one) => fits(event, one));
      return found === undefined ? event : routeTo(event, found.name(event, timestamp));
    };
  },
});
