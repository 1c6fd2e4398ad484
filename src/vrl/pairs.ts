import { type Fields, fieldOf, setField } from './values.ts';

export interface PairOptions {
  readonly assign: string;
  readonly between: string;
  /** White space around both delimiters is ignored. */
  readonly isLenient: boolean;
  /** A key without a value is true. */
  readonly acceptsKeys: boolean;
}

/** The fields of `key=value` pairs, as VRL reads them; null if a part of the text is no pair. */
export function parsePairs(text: string, options: PairOptions): Fields | null {
  const reader = new PairReader(text, options);
  const fields: Fields = {};
  if (text.trim() === '') return null;
  for (reader.skipBetween(); !reader.isAtEnd; reader.skipBetween()) {
    const pair = reader.pair();
    if (pair === null) return null;
    add(fields, pair[0], pair[1]);
  }
  return fields;
}

/** A key that occurs again makes an array. */
function add(fields: Fields, key: string, value: unknown): void {
  const before = fieldOf(fields, key);
  if (before === undefined || (before === true && value === true)) setField(fields, key, value);
  else if (Array.isArray(before)) before.push(value);
  else setField(fields, key, [before, value]);
}

class PairReader {
  readonly #text: string;
  readonly #options: PairOptions;
  /** Where each delimiter occurs next; a text of keys alone is not searched to its end for each of them. */
  readonly #next = new Map<string, number>();
  #at = 0;

  constructor(text: string, options: PairOptions) {
    this.#text = text.trim();
    this.#options = options;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skipBetween(): void {
    const { between } = this.#options;
    for (;;) {
      this.#blanks();
      if (between === '' || between === ' ' || !this.#text.startsWith(between, this.#at)) return;
      this.#at += between.length;
    }
  }

  pair(): readonly [string, unknown] | null {
    const start = this.#at;
    const key =
      this.#quoted(this.#options.assign, this.#options.between) ??
      this.#until([this.#options.assign, this.#options.between]);
    if (this.#options.isLenient) this.#blanksBefore(this.#options.assign);
    if (!this.#text.startsWith(this.#options.assign, this.#at)) {
      if (!this.#options.acceptsKeys || key === '' || this.#at === start) return null;
      return [key.trim(), true];
    }
    this.#at += this.#options.assign.length;
    if (this.#options.isLenient) this.#blanks();
    const quoted = this.#quoted(this.#options.between);
    const value = quoted ?? this.#until([this.#options.between]);
    return [key.trim(), quoted === null && this.#options.isLenient ? value.trim() : value];
  }

  /** What stands in quotes, if a delimiter or the end follows. */
  #quoted(...delimiters: readonly string[]): string | null {
    const quote = this.#text.charAt(this.#at);
    if (quote !== '"' && quote !== "'") return null;
    let value = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === '\\' && quote === '"') {
        const next = this.#text.charAt(++at);
        value += ESCAPES[next] ?? `\\${next}`;
      } else if (char === quote) {
        if (!this.#isFollowedBy(at + 1, delimiters)) return null;
        this.#at = at + 1;
        return value;
      } else value += char;
    }
    return null;
  }

  #isFollowedBy(at: number, delimiters: readonly string[]): boolean {
    if (at >= this.#text.length || delimiters.some((one) => this.#text.startsWith(one, at))) return true;
    if (!this.#options.isLenient) return false;
    const after = this.#text.slice(at, at + 1024);
    const rest = after.trimStart();
    return rest !== after && (rest === '' || delimiters.some((one) => rest.startsWith(one)));
  }

  #until(delimiters: readonly string[]): string {
    const end = Math.min(...delimiters.map((one) => this.#find(one)));
    const found = this.#text.slice(this.#at, end);
    this.#at = end;
    return found;
  }

  /** The next place of a delimiter; the end of the text if there is none. */
  #find(delimiter: string): number {
    const known = this.#next.get(delimiter);
    if (known !== undefined && known >= this.#at) return known;
    const found = delimiter === '' ? -1 : this.#text.indexOf(delimiter, this.#at);
    const place = found < 0 ? this.#text.length : found;
    this.#next.set(delimiter, place);
    return place;
  }

  #blanks(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  /** White space is skipped only where the delimiter follows. */
  #blanksBefore(delimiter: string): void {
    const start = this.#at;
    this.#blanks();
    if (!this.#text.startsWith(delimiter, this.#at)) this.#at = start;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n', t: '\t', r: '\r' };
