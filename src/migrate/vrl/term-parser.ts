import type * as ast from './ast.ts';
import type { Token } from './lexer.ts';
import { BadEscape, type StringPart, stringParts } from './string-literal.ts';
import { KEYWORDS, TokenStream } from './token-stream.ts';

/** Blocks in blocks, so that no program exhausts the stack. */
const DEPTH_MAX = 200;

/** Parses what operators connect: literals, paths, calls, and what stands in brackets. */
export abstract class TermParser {
  protected readonly tokens: TokenStream;
  #depth = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.tokens = new TokenStream(source, tokens);
  }

  /** Any expression, also `if`, `abort` and `return`. */
  protected abstract expression(): ast.Expression;
  /** An assignment, or operators. */
  protected abstract assignment(): ast.Expression;
  /** Operators from that level on, the loosest is 0. */
  protected abstract binary(level: number): ast.Expression;
  protected abstract block(): ast.Block;

  /** Parses something that may contain itself. */
  protected nested<T>(parse: () => T): T {
    if (++this.#depth > DEPTH_MAX)
      throw this.tokens.error('the program is nested too deeply', this.tokens.token);
    const parsed = parse();
    this.#depth--;
    return parsed;
  }

  protected primary(): ast.Expression {
    const { token } = this.tokens;
    const literal = this.#literal(token);
    if (literal !== null) {
      this.tokens.take();
      return literal;
    }
    if (token.kind === 'operator') return this.#bracketed(token);
    if (token.kind !== 'identifier' || KEYWORDS.has(token.text)) {
      if (token.text === 'if') return this.expression();
      throw this.tokens.unexpected('expected an expression');
    }
    if (this.isCall()) return this.#call();
    return { kind: 'variable', name: this.tokens.variableName(), ...this.since(token.start) };
  }

  #literal(token: Token): ast.Literal | ast.Template | null {
    const literal = (type: ast.Literal['type'], value = token.text): ast.Literal => ({
      kind: 'literal',
      type,
      value,
      start: token.start,
      end: token.end,
    });
    switch (token.kind) {
      case 'string':
        return this.#stringOf(token);
      case 'raw string':
        return literal('string');
      case 'regex':
      case 'timestamp':
      case 'integer':
      case 'float':
        return literal(token.kind);
      case 'identifier':
        if (token.text === 'true' || token.text === 'false') return literal('boolean');
        return token.text === 'null' ? literal('null') : null;
      default:
        return null;
    }
  }

  #stringOf(token: Token): ast.Literal | ast.Template {
    const { start, end } = token;
    const parts = this.#partsOf(token);
    const [first] = parts;
    return parts.length === 1 && typeof first === 'string'
      ? { kind: 'literal', type: 'string', value: first, start, end }
      : { kind: 'template', parts, start, end };
  }

  #partsOf({ text, start }: Token): StringPart[] {
    try {
      return stringParts(text);
    } catch (error) {
      if (!(error instanceof BadEscape)) throw error;
      const at = start + 1 + error.at;
      throw this.tokens.error(error.message, { start: at, end: at + 2 });
    }
  }

  /** A group, a block or an object, an array, or a path of the event or its metadata. */
  #bracketed({ text, start }: Token): ast.Expression {
    switch (text) {
      case '.':
      case '%':
        return this.#root(text === '.' ? 'event' : 'metadata');
      case '(': {
        this.tokens.take();
        this.tokens.newlines();
        const value = this.assignment();
        this.tokens.newlines();
        this.tokens.expect(')', 'after the group');
        return { kind: 'group', value, ...this.since(start) };
      }
      case '[': {
        this.tokens.take();
        const items = this.#list(']', () => this.binary(0));
        return { kind: 'array', items, ...this.since(start) };
      }
      case '{':
        return this.#isObject() ? this.#object() : this.block();
      default:
        throw this.tokens.unexpected('expected an expression');
    }
  }

  #isObject(): boolean {
    let ahead = 1;
    while (this.tokens.peek(ahead).kind === 'newline') ahead++;
    const first = this.tokens.peek(ahead);
    if (first.kind === 'operator' && first.text === '}') return true;
    const second = this.tokens.peek(ahead + 1);
    return first.kind === 'string' && second.kind === 'operator' && second.text === ':';
  }

  #object(): ast.ObjectNode {
    const { start } = this.tokens.take();
    const entries = this.#list('}', () => {
      const { token } = this.tokens;
      if (token.kind !== 'string')
        throw this.tokens.unexpected('expected a key, which is a string in quotes');
      const key = this.#partsOf(token)
        .map((part) => (typeof part === 'string' ? part : `{{ ${part.variable} }}`))
        .join('');
      this.tokens.take();
      this.tokens.expect(':', 'after the key');
      this.tokens.newlines();
      return [key, this.binary(0)] as const;
    });
    return { kind: 'object', entries, ...this.since(start) };
  }

  /** Items with commas between them, over any number of lines, up to the closing bracket. */
  #list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    this.tokens.newlines();
    while (!this.tokens.skip(close)) {
      items.push(item());
      this.tokens.newlines();
      if (this.tokens.skip(close)) break;
      this.tokens.expect(',', `or ${JSON.stringify(close)} after the item`);
      this.tokens.newlines();
    }
    return items;
  }

  #root(target: 'event' | 'metadata'): ast.Query {
    const { start } = this.tokens.take();
    const path: ast.Segment[] = [];
    const { token } = this.tokens;
    if (!token.isApart) {
      if (token.kind === 'string') path.push(this.#fieldName());
      else if (token.kind === 'identifier' || token.kind === 'field' || token.kind === 'integer')
        path.push(this.#fieldName());
      else if (token.kind === 'float') return this.#floatField(target, start);
    }
    path.push(...this.#segments());
    return { kind: 'query', target, path, ...this.since(start) };
  }

  /** `.1.2`: the fields `1` and `2`. */
  #floatField(target: 'event' | 'metadata', start: number): ast.Query {
    const path: ast.Segment[] = this.tokens.take().text.split('.');
    path.push(...this.#segments());
    return { kind: 'query', target, path, ...this.since(start) };
  }

  #fieldName(): string {
    const { token } = this.tokens;
    if (token.kind === 'string') {
      const parts = this.#partsOf(token);
      this.tokens.take();
      return parts.map((part) => (typeof part === 'string' ? part : `{{ ${part.variable} }}`)).join('');
    }
    if (!['identifier', 'field', 'integer'].includes(token.kind))
      throw this.tokens.unexpected('expected the name of a field; in quotes if it is not a plain name');
    return this.tokens.take().text;
  }

  /** `.name`, `."a name"` and `[index]`, each directly after the one before. */
  #segments(): ast.Segment[] {
    const path: ast.Segment[] = [];
    for (;;) {
      if (this.tokens.skip('.', true)) path.push(this.#fieldName());
      else if (this.tokens.is('[') && !this.tokens.token.isApart) path.push(this.#index());
      else return path;
    }
  }

  #index(): number {
    this.tokens.take();
    const { token } = this.tokens;
    if (token.kind !== 'integer')
      throw this.tokens.unexpected(
        'an index is a whole number; get(value, [index]) takes one that is computed',
      );
    this.tokens.take();
    this.tokens.expect(']', 'after the index');
    return Number(token.text);
  }

  protected postfix(value: ast.Expression): ast.Expression {
    if (value.kind === 'query' || !isTarget(value)) return value;
    const path = this.#segments();
    if (path.length === 0) return value;
    return { kind: 'query', target: value, path, ...this.since(value.start) };
  }

  /** A name directly before `(` or `!(`. */
  protected isCall(): boolean {
    const next = this.tokens.peek(1);
    if (next.kind !== 'operator' || next.isApart) return false;
    if (next.text === '(') return true;
    const after = this.tokens.peek(2);
    return next.text === '!' && after.kind === 'operator' && after.text === '(' && !after.isApart;
  }

  #call(): ast.Call {
    const { text: name, start } = this.tokens.take();
    const abortsOnError = this.tokens.skip('!');
    this.tokens.take();
    const args = this.#list(')', () => this.#argument());
    const closure = this.tokens.is('->') ? this.#closure() : null;
    return { kind: 'call', name, abortsOnError, arguments: args, closure, ...this.since(start) };
  }

  #argument(): ast.Argument {
    const { token } = this.tokens;
    const colon = this.tokens.peek(1);
    let name: string | null = null;
    if (token.kind === 'identifier' && colon.kind === 'operator' && colon.text === ':') {
      name = this.tokens.take().text;
      this.tokens.take();
      this.tokens.newlines();
    }
    return { name, value: this.binary(0), ...this.since(token.start) };
  }

  #closure(): ast.Closure {
    const { start } = this.tokens.take();
    const parameters: string[] = [];
    if (!this.tokens.skip('||')) {
      this.tokens.expect('|', 'before the parameters of the closure');
      parameters.push(
        ...this.#list('|', () => {
          if (!this.tokens.is('_', 'identifier')) return this.tokens.variableName();
          this.tokens.take();
          return '';
        }),
      );
    }
    this.tokens.newlines();
    return { parameters, body: this.block(), ...this.since(start) };
  }

  protected since(start: number): { start: number; end: number } {
    return { start, end: this.tokens.lastEnd };
  }
}

function isTarget(
  value: ast.Expression,
): value is ast.Variable | ast.Call | ast.Group | ast.Block | ast.ArrayNode | ast.ObjectNode {
  return ['variable', 'call', 'group', 'block', 'array', 'object'].includes(value.kind);
}
