import { type Event, define } from 'logweir';
import { compileLinear } from '../linear-regex.ts';
import { grokPatterns } from './patterns.ts';
import type { Patterns } from './patterns/helpers.ts';
import { withoutNeedlessLookbehinds } from './lookbehind.ts';
import { translateGrok } from './syntax.ts';

/** The types of Logstash's grok filter and Elasticsearch's grok processor. */
const TYPES = ['int', 'long', 'float', 'double', 'boolean', 'string'] as const;
type Type = (typeof TYPES)[number];

const DEPTH_MAX = 20;

/** A compiled grok expression. */
export interface Grok {
  /**
   * @param options.keepsEmpty whether an empty capture is a field too
   * @returns the fields by their names; undefined if the text does not match
   */
  match(text: string, options?: { readonly keepsEmpty: boolean }): Event | undefined;
}

/** A capture: the path and the type of its value. */
interface Capture {
  /** The keys of `[a][b]`, or the one key of a plain name. */
  readonly path: readonly string[];
  readonly type: Type;
}

/**
 * Compiles `%{NAME:field:int} (?<field>…) …` for an engine that is linear in the text. As in Logstash, `^`
 * and `$` match the ends of lines, `(?m)` lets a dot match line feeds, `\w` includes letters beyond ASCII, an
 * empty capture is skipped, and a field that is captured twice becomes a list.
 *
 * @param own the user's own patterns, which take precedence
 * @param known the set of known patterns
 * @throws Error if the syntax is invalid, a pattern is unknown, or a pattern refers to itself
 */
export function compileGrok(expression: string, own: Patterns = {}, known: Patterns = grokPatterns): Grok {
  const captures: Capture[] = [];
  const group = (field: string, type: Type = 'string'): string => {
    captures.push({ path: pathOf(field, expression), type });
    // Numbered, because names of groups are more restricted than names of fields, and a field may occur
    // twice.
    return `(?P<f${captures.length - 1}>`;
  };
  const expand = (text: string, depth: number): string => {
    if (depth > DEPTH_MAX) throw new Error(`a grok pattern of '${expression}' refers to itself`);
    return translateGrok(text, {
      group,
      reference(name, field, type) {
        const pattern = patternOf(name, [own, known], expression);
        const open = field === undefined ? '(?:' : group(field, typeOf(type, expression));
        return `${open}${expand(pattern, depth + 1)})`;
      },
    });
  };
  const compiled = compileLinear(withoutNeedlessLookbehinds(`(?m)${expand(expression, 0)}`));
  return {
    match(text, { keepsEmpty } = { keepsEmpty: false }) {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      const found: Event = {};
      for (const [index, { path, type }] of captures.entries()) {
        const value = matcher.group(`f${index}`);
        if (typeof value === 'string' && (keepsEmpty || value !== '')) put(found, path, convert(value, type));
      }
      return found;
    },
  };
}

function patternOf(name: string, sets: readonly Patterns[], expression: string): string {
  const pattern = sets.find((set) => Object.hasOwn(set, name))?.[name];
  if (pattern !== undefined) return pattern;
  throw new Error(
    `there is no grok pattern ${name} (in '${expression}'); your own patterns go under definitions`,
  );
}

function typeOf(type: string | undefined, expression: string): Type {
  const known = TYPES.find((one) => one === (type ?? 'string'));
  if (known !== undefined) return known;
  throw new Error(`'${type}' is not a type (in '${expression}'); known are ${TYPES.join(', ')}`);
}

/** `[a][b]` is a field in an object, as in Logstash; any other name is one key. */
function pathOf(field: string, expression: string): string[] {
  if (!field.startsWith('[')) return [field];
  const keys = /^(?:\[[^[\]]+\])+$/.test(field) ? field.slice(1, -1).split('][') : [];
  if (keys.length === 0)
    throw new Error(
      `'${field}' is not the name of a field (in '${expression}'); write name or [outer][name]`,
    );
  return keys;
}

/** An existing field becomes a list of all its values. */
function put(found: Event, path: readonly string[], value: unknown): void {
  let holder = found;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(holder, key) ? holder[key] : undefined;
    if (typeof next === 'object' && next !== null && !Array.isArray(next)) holder = next as Event;
    else {
      const made: Event = {};
      // An existing value at the path of the object is kept in it, under an empty name.
      if (next !== undefined) define(made, '', next);
      define(holder, key, made);
      holder = made;
    }
  }
  const key = path.at(-1) ?? '';
  const before = Object.hasOwn(holder, key) ? holder[key] : undefined;
  if (before === undefined) define(holder, key, value);
  else define(holder, key, [...(Array.isArray(before) ? (before as unknown[]) : [before]), value]);
}

/** A text that is not a number stays a text, in spite of its type. */
function convert(value: string, type: Type): unknown {
  const number = Number(value);
  switch (type) {
    case 'string':
      return value;
    case 'int':
    case 'long':
      if (/^[+-]?\d+$/.test(value) && !Number.isSafeInteger(number)) return BigInt(value.replace('+', ''));
      return Number.isFinite(number) ? Math.trunc(number) : value;
    case 'float':
    case 'double':
      return Number.isFinite(number) ? number : value;
    case 'boolean':
      return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : value;
  }
}
