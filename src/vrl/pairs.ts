import { type Fields, fieldOf, setField } from './values.ts';

export interface PairOptions {
  readonly assign: string;
  readonly between: string;
  /** Blanks around `assign` are ignored. */
  readonly isLenient: boolean;
  /** A key without a value is true. */
  readonly acceptsKeys: boolean;
}

/** The fields of `key=value` pairs, as VRL reads them; null if a part of the text is no pair. */
export function parsePairs(text: string, options: PairOptions): Fields | null {
  const reader = new PairReader(text, options);
  const fields: Fields = {};
  for (;;) {
    const pair = reader.pair();
    if (pair === null) return null;
    add(fields, pair[0], pair[1]);
    if (reader.isAtEnd) return fields;
    if (!reader.skipBetween()) return null;
    if (reader.isAtEnd) return options.between === ' ' ? fields : null;
  }
}

/** A key that occurs again makes an array. */
function add(fields: Fields, key: string, value: unknown): void {
  const before = fieldOf(fields, key);
  if (before === undefined || before === true) setField(fields, key, value);
  else if (value === true) return;
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
    this.#text = text.trimEnd();
    this.#options = options;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** @returns whether there was a delimiter */
  skipBetween(): boolean {
    const { between } = this.#options;
    const start = this.#at;
    while (this.#text.charAt(this.#at) === ' ') this.#at++;
    if (between === ' ') return this.#at > start;
    if (!this.#text.startsWith(between, this.#at)) return false;
    this.#at += between.length;
    return true;
  }

  pair(): readonly [string, unknown] | null {
    const { assign, between, isLenient, acceptsKeys } = this.#options;
    this.#blanks();
    const key = this.#key();
    if (key === '') return null;
    const end = this.#at;
    if (isLenient) this.#blanks();
    const isAssigned = this.#text.startsWith(assign, this.#at);
    if (isAssigned) {
      this.#at += assign.length;
      if (isLenient) this.#blanks();
    } else if (acceptsKeys) this.#at = end;
    else return null;
    const value = this.#quoted(between) ?? this.#until(between);
    return [key, isAssigned ? value : true];
  }

  /** Empty if there is none. */
  #key(): string {
    const { assign, between, acceptsKeys } = this.#options;
    const quoted = this.#quoted(assign) ?? (acceptsKeys ? this.#quoted(between) : null);
    if (quoted !== null) return quoted;
    if (acceptsKeys && this.#isAlone()) return this.#until(between);
    return this.#until(assign);
  }

  /** Whether something stands between the key and `assign`: other keys, or nothing is before it. */
  #isAlone(): boolean {
    const [assigned, ended] = [this.#find(this.#options.assign), this.#find(this.#options.between)];
    if (assigned === this.#at) return true;
    let at = ended;
    while (at < assigned && /\s/.test(this.#text.charAt(at))) at++;
    return at < assigned;
  }

  /** What stands in quotes, if the delimiter or the end follows. */
  #quoted(delimiter: string): string | null {
    const quote = this.#text.charAt(this.#at);
    if (quote !== '"' && quote !== "'") return null;
    let value = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === '\\') {
        const next = this.#text.charAt(++at);
        value += ESCAPES[next] ?? `\\${next}`;
      } else if (char === quote) {
        if (!this.#isFollowedBy(at + 1, delimiter)) return null;
        this.#at = at + 1;
        return value;
      } else value += char;
    }
    return null;
  }

  #isFollowedBy(start: number, delimiter: string): boolean {
    let at = start;
    while (this.#text.charAt(at) === ' ') at++;
    if (at >= this.#text.length) return true;
    return delimiter === ' ' ? at > start : this.#text.startsWith(delimiter, at);
  }

  #until(delimiter: string): string {
    const end = this.#find(delimiter);
    const found = this.#text.slice(this.#at, end);
    this.#at = end;
    return found.trim();
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
    while (' \t'.includes(this.#text.charAt(this.#at) || 'x')) this.#at++;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n' };
