import {
  type Event,
  FreeNames,
  carryLiteral,
  copyTarget,
  define,
  defineTransform,
  hasKey,
  isFields,
} from 'logweir';
import { z } from 'zod';

/** The most characters that paths add to an event: long names of many fields would make gigabytes. */
const ADDED_MAX = 262_144;
/** Elasticsearch's default limit for the depth of fields. */
const DOTS_MAX = 20;

export default defineTransform({
  lazy: true,
  description:
    'Converts nested objects to one level: `{ a: { b: 1 } }` becomes `{ "a.b": 1 }`. Lists and empty objects are left unchanged. If two fields get the same name, the later one gets the suffix `_2`; if one is the parent of the other, the one without fields gets it. Objects whose names add more than 256 KB to an event stay nested.',
  options: z.strictObject({
    separator: z.string().min(1).default('.'),
    field: z
      .string()
      .min(1)
      .optional()
      .describe('Flattens only the object in this top-level field; by default all objects.'),
  }),
  examples: [
    {
      title: 'Labels',
      with: { field: 'kubernetes' },
      input: [{ kubernetes: { pod_labels: { app: 'cart' }, pod_ips: ['10.1.2.3'] }, other: { a: 1 } }],
      output: [{ other: { a: 1 }, 'kubernetes.pod_labels.app': 'cart', 'kubernetes.pod_ips': ['10.1.2.3'] }],
    },
    {
      title: 'Two fields with the same name',
      input: [{ a: { b: 1 }, 'a.b': 2 }],
      output: [{ 'a.b': 1, 'a.b_2': 2 }],
    },
  ],
  setup({ separator, field }) {
    return (event) => {
      const paths = new Paths(separator);
      if (field === undefined) {
        const flat: Event = {};
        copyTarget(event, flat);
        paths.collect(event, Object.keys(event), '');
        return paths.putInto(flat);
      }
      const value = hasKey(event, field) ? event[field] : undefined;
      if (!isNested(value)) return event;
      if (!paths.add(field, value)) return event;
      delete event[field];
      return paths.putInto(event);
    };
  },
});

/** The fields of an event, by path. */
class Paths {
  readonly #separator: string;
  /** Each leaf with its original position. */
  readonly #leaves: [path: string, value: unknown, holder: Event, key: string][] = [];
  /** Paths that are prefixes of other paths. */
  readonly #parents = new Set<string>();
  #added = 0;

  constructor(separator: string) {
    this.#separator = separator;
  }

  collect(from: Event, keys: readonly string[], prefix: string): void {
    for (const key of keys) {
      const value = from[key];
      const path = prefix + key;
      this.#noteParents(path, prefix.length);
      if (!isNested(value) || !this.add(path, value)) this.#leaves.push([path, value, from, key]);
    }
  }

  /** @returns whether the names of its fields fit into {@link ADDED_MAX} */
  add(path: string, value: Event): boolean {
    const keys = Object.keys(value);
    const prefix = path + this.#separator;
    const added = this.#added + prefix.length * keys.length;
    if (added > ADDED_MAX) return false;
    this.#added = added;
    if (this.#separator === '.') this.#parents.add(path);
    this.collect(value, keys, prefix);
    return true;
  }

  putInto(event: Event): Event {
    // An existing field with the name of a parent gets a suffix.
    for (const path of this.#parents) {
      if (!hasKey(event, path) || !this.#isParent(path, event[path])) continue;
      this.#leaves.push([path, event[path], event, path]);
      delete event[path];
    }
    const names = new FreeNames();
    for (const [path, value, holder, key] of this.#leaves) {
      const isTaken = (name: string): boolean => hasKey(event, name) || this.#isParent(name, value);
      const name = names.nameFor(path, isTaken);
      define(event, name, value);
      carryLiteral(holder, key, event, name);
    }
    return event;
  }

  /** To Elasticsearch a key with dots is an object too. */
  #noteParents(path: string, from: number): void {
    if (this.#separator !== '.') return;
    let at = path.indexOf('.', from);
    for (let dots = 0; at !== -1 && dots < DOTS_MAX; dots++) {
      this.#parents.add(path.slice(0, at));
      at = path.indexOf('.', at + 1);
    }
  }

  #isParent(path: string, value: unknown): boolean {
    return !isFields(value) && this.#parents.has(path);
  }
}

function isNested(value: unknown): value is Event {
  if (!isFields(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.keys(value).length > 0;
}
