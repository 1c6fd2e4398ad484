import type { Event } from 'logweir';
import { addRepeated } from './repeated.ts';
import { unescapeQuoted } from './unescape.ts';

export interface PairSyntax {
  /** Each of these characters separates two pairs; several in a row count as one. */
  readonly between: string;
  /** The character between a key and its value. */
  readonly assign: string;
  /** Whether white space is allowed around `assign` even if it also separates pairs. @default false */
  readonly spaced?: boolean;
}

/**
 * Reads `key=value "a key"='quoted value'` from left to right, each character a fixed number of times. Words
 * without a value are skipped; the values of a repeated key become a list. Unclosed quotes are text.
 *
 * @returns undefined if there is no pair
 */
export function parsePairs(text: string, syntax: PairSyntax): Event | undefined {
  const reader = new PairReader(text, syntax);
  let found: Event | undefined;
  for (let pair = reader.next(); pair !== undefined; pair = reader.next()) {
    const [key, value] = pair;
    if (key !== '') addRepeated((found ??= {}), key, value);
  }
  return found;
}

class PairReader {
  readonly #text: string;
  readonly #syntax: PairSyntax;
  #at = 0;
  /** The quotes without a further closing one, so that no text is searched twice. */
  #unclosed = '';

  constructor(text: string, syntax: PairSyntax) {
    this.#text = text;
    this.#syntax = syntax;
  }

  /** The key may be empty. */
  next(): [key: string, value: string] | undefined {
    const { assign } = this.#syntax;
    while (this.#at < this.#text.length) {
      this.#at = this.#skip(this.#at, isGap);
      const key = this.#quoted() ?? this.#plainKey();
      const sign = this.#syntax.spaced === true ? this.#skip(this.#at, isGap) : this.#at;
      if (this.#text[sign] !== assign) continue;
      this.#at = sign + 1;
      return [key, this.#value()];
    }
    return undefined;
  }

  #plainKey(): string {
    const { between, assign } = this.#syntax;
    const start = this.#at;
    let at = start;
    while (at < this.#text.length && !between.includes(this.#char(at)) && this.#text[at] !== assign) at++;
    this.#at = at;
    return this.#text.slice(start, at).trim();
  }

  #value(): string {
    this.#at = this.#skip(this.#at, isInner);
    const isAfterGap = this.#syntax.spaced === true && isSpace(this.#text[this.#at]);
    if (isAfterGap) this.#at = this.#skip(this.#at, isGap);
    const start = this.#at;
    const quoted = this.#quoted(true);
    if (quoted !== undefined) return quoted;
    const end = this.#wordEnd(start);
    const word = this.#text.slice(start, end);
    if (isAfterGap && this.#isKey(word, end)) return '';
    this.#at = end;
    return word.trim();
  }

  /** Whether the word after an assignment is the next key, so that the value is empty: `user= id=7`. */
  #isKey(word: string, end: number): boolean {
    const { assign } = this.#syntax;
    // Clocks and URLs contain colons: with another sign than `=`, only a word that ends with the sign is a
    // key.
    if (assign === '=' ? word.includes(assign) : word.endsWith(assign)) return true;
    return this.#text[this.#skip(end, isGap)] === assign;
  }

  /** Reads a quoted key or value, and moves past it. If more text follows the quotes, they are text too. */
  #quoted(isValue = false): string | undefined {
    const start = this.#at;
    const quote = this.#text[start];
    if (quote !== '"' && quote !== "'") return undefined;
    const close = this.#closing(quote, start + 1);
    if (close === -1) return undefined;
    const end = this.#skip(close + 1, isInner);
    if (this.#isEnd(end) || (!isValue && this.#text[end] === this.#syntax.assign)) {
      this.#at = end;
      return unescapeQuoted(this.#text.slice(start + 1, close));
    }
    if (!isValue) return undefined;
    const stray = this.#text[end] === ',' || this.#text[end] === ';';
    this.#at = stray && this.#isEnd(end + 1) ? end + 1 : this.#wordEnd(end);
    if (stray && this.#at === end + 1) return unescapeQuoted(this.#text.slice(start + 1, close));
    return this.#text.slice(start, this.#at).trim();
  }

  #closing(quote: string, from: number): number {
    if (this.#unclosed.includes(quote)) return -1;
    for (let at = from; at < this.#text.length; at++) {
      if (this.#text[at] === '\\') at++;
      else if (this.#text[at] === quote) return at;
    }
    this.#unclosed += quote;
    return -1;
  }

  #isEnd(at: number): boolean {
    return at >= this.#text.length || this.#syntax.between.includes(this.#char(at));
  }

  #wordEnd(from: number): number {
    let at = from;
    while (!this.#isEnd(at)) at++;
    return at;
  }

  #skip(from: number, isSkipped: (char: string, between: string) => boolean): number {
    let at = from;
    while (at < this.#text.length && isSkipped(this.#char(at), this.#syntax.between)) at++;
    return at;
  }

  #char(at: number): string {
    return this.#text.charAt(at);
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

/** White space or a separator of pairs. */
function isGap(char: string, between: string): boolean {
  return isSpace(char) || between.includes(char);
}

/** White space inside a pair. */
function isInner(char: string, between: string): boolean {
  return isSpace(char) && !between.includes(char);
}
