import { type Matcher, RE2JS } from 're2js';
import { BoundedMap } from '../memory/bounded-map.ts';

const compiled = new BoundedMap<string, Pattern>(1000);

/** Rust's classes contain the letters and digits of all languages; RE2's only those of ASCII. */
const UNICODE: Readonly<Record<string, string>> = {
  w: '\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}',
  d: '\\p{Nd}',
  s: '\\s\\v\\x{85}\\p{Z}',
};

// eslint-disable-next-line no-control-regex -- All of ASCII.
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * A regular expression with the syntax of RE2, which is nearly that of Rust. It takes time linear in the
 * length of the text.
 */
export class Pattern {
  readonly source: string;
  /** Names of groups, and their numbers. */
  readonly groups: readonly (readonly [name: string, number: number])[];
  readonly #ascii: RE2JS;
  #unicode: RE2JS | null = null;

  private constructor(source: string) {
    this.source = source;
    this.#ascii = RE2JS.compile(source);
    this.groups = Object.entries(this.#ascii.namedGroups());
  }

  /** @throws an error of RE2 if the syntax is wrong */
  static of(source: string): Pattern {
    const known = compiled.get(source);
    if (known !== undefined) return known;
    const pattern = new Pattern(source);
    compiled.set(source, pattern);
    return pattern;
  }

  matcher(text: string): Matcher {
    if (ASCII.test(text)) return this.#ascii.matcher(text);
    this.#unicode ??= RE2JS.compile(withUnicodeClasses(this.source));
    return this.#unicode.matcher(text);
  }

  test(text: string): boolean {
    return this.matcher(text).find();
  }

  toJSON(): string {
    return this.source;
  }

  toString(): string {
    return this.source;
  }
}

/** `\w`, `\d` and `\s` outside and inside of brackets; their opposites only outside. */
function withUnicodeClasses(source: string): string {
  let result = '';
  let inBrackets = false;
  for (let at = 0; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '\\') {
      const next = source.charAt(++at);
      const set = UNICODE[next.toLowerCase()];
      const isOpposite = next !== next.toLowerCase();
      if (set === undefined || (isOpposite && inBrackets)) result += char + next;
      else if (inBrackets) result += set;
      else result += `[${isOpposite ? '^' : ''}${set}]`;
      continue;
    }
    if (char === '[' && !inBrackets) {
      inBrackets = true;
      // A bracket that is first in brackets is itself.
      const first = /^\[\^?\]?/.exec(source.slice(at, at + 3))?.[0] ?? char;
      result += first;
      at += first.length - 1;
      continue;
    }
    if (char === ']') inBrackets = false;
    result += char;
  }
  return result;
}

/** A regular expression of VRL: `regex('^a')` is `r'^a'`. */
export function regex(source: string): Pattern {
  return Pattern.of(source);
}
