import { type Event, copyTarget, define, defineTransform } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  description:
    'Makes one level of nested objects: `{ a: { b: 1 } }` becomes `{ "a.b": 1 }`. Lists and empty objects stay as they are.',
  options: z.strictObject({
    separator: z.string().min(1).default('.'),
    field: z.string().min(1).optional().describe('Only the object in this top-level field; all if left out.'),
  }),
  examples: [
    {
      title: 'Labels',
      with: { field: 'kubernetes' },
      input: [{ kubernetes: { pod_labels: { app: 'cart' }, pod_ips: ['10.1.2.3'] }, other: { a: 1 } }],
      output: [{ other: { a: 1 }, 'kubernetes.pod_labels.app': 'cart', 'kubernetes.pod_ips': ['10.1.2.3'] }],
    },
  ],
  setup({ separator, field }) {
    return (event) => {
      if (field === undefined) {
        const flat: Event = {};
        copyTarget(event, flat);
        return flattenInto(flat, event, '', separator);
      }
      const value = Object.hasOwn(event, field) ? event[field] : undefined;
      if (!isNested(value)) return event;
      delete event[field];
      return flattenInto(event, value, field + separator, separator);
    };
  },
});

function flattenInto(into: Event, from: Event, prefix: string, separator: string): Event {
  for (const key of Object.keys(from)) {
    const value = from[key];
    if (isNested(value)) flattenInto(into, value, prefix + key + separator, separator);
    // A key that has the dots itself came first, or comes later: neither is written over.
    else if (Object.hasOwn(into, prefix + key) && into !== from)
      define(into, `${prefix}${key}${separator}2`, value);
    else define(into, prefix + key, value);
  }
  return into;
}

function isNested(value: unknown): value is Event {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A number that no double can hold is an object too, without a prototype but with one frozen key.
  return (
    (prototype === Object.prototype || prototype === null) &&
    !Object.isFrozen(value) &&
    Object.keys(value).length > 0
  );
}
