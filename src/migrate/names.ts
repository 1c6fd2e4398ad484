/**
 * Words that no function of a module can be called, and names that generated code uses besides its imports:
 * parameters, and globals.
 */
const RESERVED = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally ' +
    'for function if implements import in instanceof interface let new null package private protected public ' +
    'return static super switch this throw true try typeof var void while with yield await async of event ' +
    'record list each undefined eval arguments as from get set type globalThis process console ' +
    'structuredClone require exports module'
  ).split(' '),
);

/** A name of a function for a component: `parse_app` is `parseApp`. */
export function functionName(id: string): string {
  const words = id.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words
    .map((word, index) => (index === 0 ? lowerFirst(word) : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  const safe = /^[A-Za-z_]/.test(name) ? name : `_${name}`;
  return RESERVED.has(safe) ? `${safe}Event` : safe;
}

function lowerFirst(word: string): string {
  return /^[A-Z]+$/.test(word) ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1);
}

/** A name of a file for a component: `parse_app` is `parse-app`. */
export function fileName(id: string): string {
  const name = id
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return name === '' ? 'transform' : name;
}

/** A literal of TypeScript with single quotes. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`);
  return `'${inner}'`;
}

/** A value of JSON, with BigInt for large integers, as a literal of TypeScript. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Date) return quoted(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  const inner = entries.map(([key, one]) => `${keyOf(key)}: ${literal(one)}`);
  return inner.length === 0 ? '{}' : `{ ${inner.join(', ')} }`;
}

function keyOf(key: string): string {
  // As a plain key, it would set the prototype.
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
}

/** Makes names unique, by a number. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** For names inside a function: they hide none of these, and are free again after it. */
  copy(): Names {
    return new Names(this.#taken);
  }

  take(name: string): string {
    let free = name;
    for (let number = 2; this.#taken.has(free); number++) free = `${name}${number}`;
    this.#taken.add(free);
    return free;
  }
}
