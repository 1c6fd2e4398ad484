import { defineTransform, fieldAt, isBlocked, moveAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description:
    'Renames fields. A missing field is skipped; an existing field of the new name is replaced by default.',
  options: z.strictObject({
    fields: z
      .record(z.string().min(1), z.string().min(1))
      .describe('Old path to new path, with dots for nested objects: `{ kubernetes.pod_name: pod }`.'),
    overwrite: z
      .boolean()
      .default(true)
      .describe('If off, a field keeps its old name when another value has, or blocks, the new one.'),
  }),
  examples: [
    {
      title: 'A nested field and one at the top level',
      with: { fields: { 'kubernetes.pod_name': 'pod', source_type: 'log.source' } },
      input: [{ kubernetes: { pod_name: 'cart-7d9c', pod_ip: '10.1.2.3' }, source_type: 'kubernetes_logs' }],
      output: [{ kubernetes: { pod_ip: '10.1.2.3' }, pod: 'cart-7d9c', log: { source: 'kubernetes_logs' } }],
    },
  ],
  setup({ fields, overwrite }) {
    const pairs = Object.entries(fields);
    return (event) => {
      for (const [from, to] of pairs) {
        const value = fieldAt(event, from);
        if (value === undefined || from === to) continue;
        if (!overwrite && (fieldAt(event, to) !== undefined || isBlocked(event, to))) continue;
        moveAt(event, from, event, to);
      }
      return event;
    };
  },
});
