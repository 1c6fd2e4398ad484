import { defineTransform, fieldAt, isBlocked, setAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description: 'Sets fields to fixed values.',
  options: z.strictObject({
    fields: z.record(z.string().min(1), z.json()).describe('Path to value; any JSON value.'),
    overwrite: z
      .boolean()
      .default(true)
      .describe(
        'Whether a field that is there already, or a text where an object would have to be, is replaced.',
      ),
  }),
  examples: [
    {
      title: 'What every event of this aggregator has',
      with: { fields: { 'labels.cluster': 'eu-1', environment: 'production' }, overwrite: false },
      input: [{ message: 'ready', environment: 'staging' }],
      output: [{ message: 'ready', environment: 'staging', labels: { cluster: 'eu-1' } }],
    },
  ],
  setup({ fields, overwrite }) {
    const pairs = Object.entries(fields);
    return (event) => {
      for (const [path, value] of pairs) {
        // Each event has its own copy: a later transform may change it.
        const isFree = overwrite || (fieldAt(event, path) === undefined && !isBlocked(event, path));
        if (isFree) setAt(event, path, structuredClone(value));
      }
      return event;
    };
  },
});
