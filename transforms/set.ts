import { defineTransform, fieldAt, isBlocked, setAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description: 'Sets fields to fixed values.',
  options: z.strictObject({
    fields: z.record(z.string().min(1), z.json()).describe('Path to value. A value is any JSON value.'),
    overwrite: z
      .boolean()
      .default(true)
      .describe(
        'Whether to replace an existing field, or another value on the path where an object is needed.',
      ),
  }),
  examples: [
    {
      title: 'Fields for all events of this aggregator',
      with: { fields: { 'labels.cluster': 'eu-1', environment: 'production' }, overwrite: false },
      input: [{ message: 'ready', environment: 'staging' }],
      output: [{ message: 'ready', environment: 'staging', labels: { cluster: 'eu-1' } }],
    },
  ],
  setup({ fields, overwrite }) {
    const pairs = Object.entries(fields);
    return (event) => {
      for (const [path, value] of pairs) {
        // A copy for each event, as later transforms may change it.
        const isFree = overwrite || (fieldAt(event, path) === undefined && !isBlocked(event, path));
        if (isFree) setAt(event, path, structuredClone(value));
      }
      return event;
    };
  },
});
