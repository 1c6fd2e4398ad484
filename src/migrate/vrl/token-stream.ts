import type { Token, TokenKind } from './lexer.ts';
import { VrlSyntaxError, type Span } from './syntax-error.ts';

/** Names that VRL keeps for later. */
const RESERVED = new Set(
  (
    'array bool boolean break continue do emit float for forall foreach all each any try undefined int integer ' +
    'iter object regex string traverse timestamp duration unless walk while loop'
  ).split(' '),
);
export const KEYWORDS = new Set(['if', 'else', 'true', 'false', 'null', 'abort', 'return']);

/** The tokens of a program with a position, and the errors that name it. */
export class TokenStream {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.peek(0);
  }

  /** End of the last token that was taken. */
  get lastEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  /** For {@link rewind}. */
  get position(): number {
    return this.#at;
  }

  peek(ahead: number): Token {
    const token = this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('a program has at least an end');
    return token;
  }

  rewind(position: number): void {
    this.#at = position;
  }

  take(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  is(text: string, kind: TokenKind = 'operator'): boolean {
    return this.token.kind === kind && this.token.text === text;
  }

  /** The operator, if it is next, and directly after the last token where `isAdjacent`. */
  skip(text: string, isAdjacent = false): boolean {
    if (!this.is(text) || (isAdjacent && this.token.isApart)) return false;
    this.#at++;
    return true;
  }

  keyword(name: string): boolean {
    if (!this.is(name, 'identifier')) return false;
    this.#at++;
    return true;
  }

  newlines(): void {
    while (this.token.kind === 'newline') this.#at++;
  }

  /** @param what named in the error */
  expect(text: string, what: string): void {
    if (!this.skip(text)) throw this.unexpected(`expected ${JSON.stringify(text)} ${what}`);
  }

  /** The name of a variable. */
  variableName(): string {
    const { text } = this.token;
    if (this.token.kind !== 'identifier') throw this.unexpected('expected the name of a variable');
    if (KEYWORDS.has(text) || RESERVED.has(text)) {
      const problem = `${text} is a reserved word of VRL; use a different name`;
      throw this.error(problem, this.token);
    }
    this.#at++;
    return text;
  }

  unexpected(expected: string): VrlSyntaxError {
    const { token } = this;
    const what =
      token.kind === 'end'
        ? 'the program ends here'
        : token.kind === 'newline'
          ? 'the line ends here'
          : `unexpected ${JSON.stringify(this.#source.slice(token.start, token.end))}`;
    return this.error(`${what}; ${expected}`, token);
  }

  error(problem: string, span: Span): VrlSyntaxError {
    return new VrlSyntaxError(problem, this.#source, span);
  }
}
