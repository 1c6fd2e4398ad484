import type { Segment } from '../ast.ts';
import { camelCase } from '../functions.ts';

/** Words that no variable of the generated file can be called. */
const TAKEN = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return ' +
    'static super switch this throw true try typeof var void while with yield await async eval arguments undefined ' +
    'event record original Object Array Number String Boolean JSON Math Date Error Map Set Promise process console'
  ).split(' '),
);

const PLAIN = /^[A-Za-z_$][\w$]*$/;

/** Fields that every object of JavaScript seems to have. */
const INHERITED = new Set([...Object.getOwnPropertyNames(Object.prototype), 'length']);

/** Whether `object.name` reads a field of the object, and nothing else. */
export function isPlainField(name: string): boolean {
  return !INHERITED.has(name);
}

/** `.name` or `['a name']`. */
export function member(name: string): string {
  return PLAIN.test(name) ? `.${name}` : `[${quote(name)}]`;
}

/** The key of an object literal. */
export function objectKey(name: string): string {
  if (name === '__proto__') return "['__proto__']";
  return PLAIN.test(name) ? name : quote(name);
}

/** A string literal in single quotes. */
export function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** A name for a variable that is none of `used`. */
export function variableName(name: string, used: (candidate: string) => boolean): string {
  const plain = camelCase(name).replace(/^(\d)/, '_$1');
  let candidate = plain;
  for (let n = 0; TAKEN.has(candidate) || used(candidate); n++)
    candidate = n === 0 ? `${plain}Value` : `${plain}${n + 1}`;
  return candidate;
}

/** The steps of a path as arguments. */
export function segments(path: readonly Segment[]): string[] {
  return path.map((segment) => (typeof segment === 'string' ? quote(segment) : String(segment)));
}
