/** A transform of a user's own, with an option of every type. */
export const everyOption = `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({
    rate: z.int().optional(),
    isOn: z.boolean().optional(),
    ratio: z.number().optional(),
    id: z.string().optional(),
    either: z.union([z.string(), z.number()]).optional(),
    nested: z.array(z.strictObject({ n: z.int() })).optional(),
    choice: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a'), n: z.int() })]).optional(),
    pepper: z.string().meta({ secret: true }).optional(),
    region: z.string().meta({ secret: false }).optional(),
    url: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  setup(options) {
    return (event) => ({ ...event, options });
  },
});`;

/** A transform whose setup throws, and names its secret. */
export const failingSetUp = `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({ pepper: z.string().meta({ secret: true }) }),
  setup({ pepper }) { throw new Error('cannot use ' + pepper); },
});`;
