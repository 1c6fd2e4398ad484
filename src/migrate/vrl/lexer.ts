import { VrlSyntaxError, type Span } from './syntax-error.ts';

/**
 * Kinds of tokens. `operator` covers brackets, punctuation and operators. A `field` is a name that only a
 * path can contain (`@timestamp`).
 */
export type TokenKind =
  | 'identifier'
  | 'field'
  | 'string'
  | 'raw string'
  | 'regex'
  | 'timestamp'
  | 'integer'
  | 'float'
  | 'operator'
  | 'newline'
  | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  /** The operator, name or literal: strings with their escapes, numbers without underscores. */
  readonly text: string;
  /** Whether white space or a comment precedes it: a path continues only without. */
  readonly isApart: boolean;
}

/** A comment, without its `#`. The translation keeps it. */
export interface Comment extends Span {
  readonly text: string;
}

const IDENTIFIER = /[@\w]+/y;
const NUMBER = /-?\d[\d_]*(?:\.[\d_]*)?/y;
const BLANK = /[^\S\n]+/y;
const COMMENT = /#[^\n]*/y;
const ELSE = /(?:\s|#[^\n]*\n)*else(?![@\w])/y;
const OPERATOR = /->|\|=|\|\||&&|\?\?|==|!=|<=|>=|[-+*/<>=!|&?.%,:;()[\]{}]/y;
const QUOTED: Readonly<Record<string, TokenKind>> = { r: 'regex', s: 'raw string', t: 'timestamp' };

/** Tokens after which a minus is subtraction: it negates a number otherwise. */
const OPERAND_END = new Set([')', ']', '}']);

/** The tokens of a VRL program and its comments. @throws VrlSyntaxError */
export function tokenize(source: string): { tokens: Token[]; comments: Comment[] } {
  const lexer = new Lexer(source);
  lexer.run();
  return { tokens: lexer.tokens, comments: lexer.comments };
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly comments: Comment[] = [];
  readonly #source: string;
  #at = 0;
  #isApart = false;

  constructor(source: string) {
    this.#source = source;
  }

  run(): void {
    while (this.#at < this.#source.length) this.#next();
    this.#push('end', '', this.#at);
  }

  #next(): void {
    if (this.#match(BLANK) !== null) {
      this.#isApart = true;
      return;
    }
    const start = this.#at;
    const comment = this.#match(COMMENT);
    if (comment !== null) {
      this.comments.push({ text: comment.slice(1), start, end: this.#at });
      this.#isApart = true;
      return;
    }
    const char = this.#source.charAt(start);
    if (char === '\n') this.#newline();
    else if (char === '"') this.#string();
    else if (char in QUOTED && this.#source.charAt(start + 1) === "'") this.#quoted(QUOTED[char] ?? 'regex');
    else if (/\d/.test(char) || (char === '-' && this.#isNegative())) this.#number();
    else this.#word();
  }

  /** `else` may follow on a line of its own. */
  #newline(): void {
    const start = this.#at++;
    ELSE.lastIndex = this.#at;
    if (ELSE.test(this.#source)) this.#isApart = true;
    else this.#push('newline', '\n', start);
  }

  #word(): void {
    const start = this.#at;
    const name = this.#match(IDENTIFIER);
    if (name !== null) {
      this.#push(name.includes('@') ? 'field' : 'identifier', name, start);
      return;
    }
    const operator = this.#match(OPERATOR);
    if (operator === null) throw this.#error(`unexpected character ${JSON.stringify(this.#char())}`, start);
    this.#push('operator', operator, start);
  }

  #number(): void {
    const start = this.#at;
    const text = this.#match(NUMBER) ?? '';
    // A name may start with a digit: `.2xx`.
    IDENTIFIER.lastIndex = this.#at;
    const rest = text.includes('.') || text.startsWith('-') ? null : this.#match(IDENTIFIER);
    if (rest !== null) this.#push('identifier', text + rest, start);
    else this.#push(text.includes('.') ? 'float' : 'integer', text.replaceAll('_', ''), start);
  }

  #isNegative(): boolean {
    if (!/\d/.test(this.#source.charAt(this.#at + 1))) return false;
    const last = this.tokens.at(-1);
    if (last === undefined || last.kind === 'newline') return true;
    return last.kind === 'operator' && !OPERAND_END.has(last.text);
  }

  #string(): void {
    const start = this.#at++;
    for (let char = this.#char(); char !== '"'; char = this.#char()) {
      if (char === '') throw this.#error('this string has no closing quote', start);
      this.#at += char === '\\' ? 2 : 1;
    }
    this.#at++;
    this.#push('string', this.#source.slice(start + 1, this.#at - 1), start);
  }

  #quoted(kind: TokenKind): void {
    const start = this.#at;
    this.#at += 2;
    for (let char = this.#char(); char !== "'"; char = this.#char()) {
      if (char === '') throw this.#error(`this ${kind} has no closing quote`, start);
      this.#at += char === '\\' ? 2 : 1;
    }
    this.#at++;
    const text = this.#source.slice(start + 2, this.#at - 1);
    this.#push(kind, kind === 'raw string' ? text : text.replaceAll("\\'", "'"), start);
  }

  #char(): string {
    return this.#source.charAt(this.#at);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #push(kind: TokenKind, text: string, start: number): void {
    this.tokens.push({ kind, text, start, end: this.#at, isApart: this.#isApart });
    this.#isApart = false;
  }

  #error(problem: string, start: number): VrlSyntaxError {
    return new VrlSyntaxError(problem, this.#source, { start, end: Math.max(this.#at, start + 1) });
  }
}
