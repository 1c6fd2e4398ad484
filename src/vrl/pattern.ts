import { type Matcher, RE2JS } from 're2js';
import { BoundedMap } from '../memory/bounded-map.ts';
import { fromRust } from './rust-pattern.ts';

const compiled = new BoundedMap<string, Pattern>(1000);

// eslint-disable-next-line no-control-regex -- All of ASCII.
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * A regular expression with the syntax of Rust, for RE2. It takes time linear in the length of the text.
 */
export class Pattern {
  readonly source: string;
  /** Names of groups, and their numbers. */
  readonly groups: readonly (readonly [name: string, number: number])[];
  readonly #ascii: RE2JS;
  #unicode: RE2JS | null = null;

  private constructor(source: string) {
    this.source = source;
    this.#ascii = RE2JS.compile(fromRust(source, true));
    this.groups = Object.entries(this.#ascii.namedGroups());
  }

  /** @throws Error if the syntax is wrong, or has no translation */
  static of(source: string): Pattern {
    const known = compiled.get(source);
    if (known !== undefined) return known;
    const pattern = new Pattern(source);
    compiled.set(source, pattern);
    return pattern;
  }

  matcher(text: string): Matcher {
    if (ASCII.test(text)) return this.#ascii.matcher(text);
    this.#unicode ??= RE2JS.compile(fromRust(this.source, false));
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

/** A regular expression of VRL: `regex('^a')` is `r'^a'`. */
export function regex(source: string): Pattern {
  return Pattern.of(source);
}
