import { type Event, copyTarget, define, defineTransform, fieldAt, setAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description: 'Keeps the given fields and removes all others.',
  options: z.strictObject({ fields: z.array(z.string().min(1)).min(1).describe('Dotted paths.') }),
  examples: [
    {
      title: 'Two fields of many',
      with: { fields: ['message', 'kubernetes.pod_name'] },
      input: [{ kubernetes: { pod_uid: '5a9f', pod_name: 'cart' }, stream: 'stdout', message: 'ready' }],
      output: [{ message: 'ready', kubernetes: { pod_name: 'cart' } }],
    },
  ],
  setup({ fields }) {
    return (event) => {
      const kept: Event = {};
      copyTarget(event, kept);
      for (const path of fields) {
        const value = fieldAt(event, path);
        if (value === undefined) continue;
        // A key that contains the dots itself stays one key.
        if (Object.hasOwn(event, path)) define(kept, path, value);
        else setAt(kept, path, value);
      }
      return kept;
    };
  },
});
