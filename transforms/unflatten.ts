import { type Event, carryLiteral, define, defineTransform } from 'logweir';
import { z } from 'zod';

const DEPTH_MAX = 20;

export default defineTransform({
  description:
    'Converts keys with dots to nested objects: `{ "a.b": 1 }` becomes `{ a: { b: 1 } }`. A key that conflicts with an existing field is left unchanged.',
  options: z.strictObject({ separator: z.string().min(1).default('.') }),
  examples: [
    {
      title: 'Keys with dots',
      input: [{ 'http.status': 200, 'http.method': 'GET', message: 'ok' }],
      output: [{ message: 'ok', http: { status: 200, method: 'GET' } }],
    },
  ],
  setup({ separator }) {
    return (event) => {
      for (const key of Object.keys(event)) {
        const path = key.split(separator);
        if (path.length < 2 || path.length > DEPTH_MAX || path.includes('')) continue;
        if (nest(event, path, key)) delete event[key];
      }
      return event;
    };
  },
});

/** @returns whether the path was free */
function nest(event: Event, path: readonly string[], from: string): boolean {
  const last = path.at(-1) ?? '';
  let at: Event = event;
  const missing: string[] = [];
  for (const key of path.slice(0, -1)) {
    if (missing.length > 0 || !Object.hasOwn(at, key)) missing.push(key);
    else {
      const next = at[key];
      if (typeof next !== 'object' || next === null || Array.isArray(next) || Object.isFrozen(next))
        return false;
      at = next as Event;
    }
  }
  if (missing.length === 0 && Object.hasOwn(at, last)) return false;
  for (const key of missing) {
    const made: Event = {};
    define(at, key, made);
    at = made;
  }
  define(at, last, event[from]);
  carryLiteral(event, from, at, last);
  return true;
}
