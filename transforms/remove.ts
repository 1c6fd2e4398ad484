import { defineTransform, deleteAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description: 'Removes fields. A missing field is skipped.',
  options: z.strictObject({ fields: z.array(z.string().min(1)).min(1).describe('Dotted paths.') }),
  examples: [
    {
      title: 'A nested field and one at the top level',
      with: { fields: ['kubernetes.pod_uid', 'stream'] },
      input: [{ kubernetes: { pod_uid: '5a9f', pod_name: 'cart' }, stream: 'stdout', message: 'ready' }],
      output: [{ kubernetes: { pod_name: 'cart' }, message: 'ready' }],
    },
  ],
  setup({ fields }) {
    return (event) => {
      for (const path of fields) deleteAt(event, path);
      return event;
    };
  },
});
