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

/** Characters that paths in front of keys may add to an event: a few long names with thousands of fields below would make gigabytes. */
const ADDED_MAX = 262_144;
/** Elasticsearch takes no deeper fields unless told to. */
const DOTS_MAX = 20;

export default defineTransform({
  lazy: true,
  description:
    'Makes one level of nested objects: `{ a: { b: 1 } }` becomes `{ "a.b": 1 }`. Lists and empty objects stay as they are. Of two fields that would have the same name, or of which one would be the parent of the other, the later one, or the one that holds no fields, gets `_2` behind its name. Objects whose names would add more than 256 KB to an event stay nested.',
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
    {
      title: 'Two fields of one name',
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

/** What an event is made of, by path. */
class Paths {
  readonly #separator: string;
  /** Each with where it stood. */
  readonly #leaves: [path: string, value: unknown, holder: Event, key: string][] = [];
  /** Paths that other paths go through. */
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

  /** @returns whether there was room for the names of what is in it */
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
    // What stands there under the name of a parent is put beside it.
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
