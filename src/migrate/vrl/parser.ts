import type * as ast from './ast.ts';
import { tokenize } from './lexer.ts';
import { TermParser } from './term-parser.ts';
import { KEYWORDS } from './token-stream.ts';

/** Binary operators, the loosest first. */
const LEVELS: readonly (readonly ast.BinaryOperator[])[] = [
  ['??'],
  ['||', '&&'],
  ['==', '!='],
  ['>', '>=', '<', '<='],
  ['|'],
  ['+', '-'],
  ['*', '/'],
];

/**
 * Parses a VRL program. The grammar is that of vrl 0.35 (src/parser/parser.lalrpop of vectordotdev/vrl).
 * Types and functions are not checked here.
 *
 * @throws VrlSyntaxError
 */
export function parseVrl(source: string): ast.Program {
  const { tokens, comments } = tokenize(source);
  return { source, body: new Parser(source, tokens).program(), comments };
}

class Parser extends TermParser {
  program(): ast.Expression[] {
    return this.#expressions(() => this.tokens.token.kind === 'end');
  }

  /** Expressions, each ended by a line feed or a semicolon. */
  #expressions(isEnd: () => boolean): ast.Expression[] {
    const body: ast.Expression[] = [];
    this.tokens.newlines();
    while (!isEnd()) {
      body.push(this.expression());
      if (isEnd()) break;
      if (!this.tokens.skip(';') && this.tokens.token.kind !== 'newline')
        throw this.tokens.unexpected('expected a line feed or ";" after the expression');
      this.tokens.newlines();
    }
    return body;
  }

  protected override expression(): ast.Expression {
    return this.nested(() => {
      const { start } = this.tokens.token;
      if (this.tokens.keyword('if')) return this.#if(start);
      if (this.tokens.keyword('abort')) return this.#abort(start);
      if (!this.tokens.keyword('return')) return this.assignment();
      return { kind: 'return', value: this.expression(), ...this.since(start) };
    });
  }

  #abort(start: number): ast.Abort {
    const { kind, text } = this.tokens.token;
    const ends =
      kind === 'newline' || kind === 'end' || (kind === 'operator' && (text === ';' || text === '}'));
    return { kind: 'abort', message: ends ? null : this.expression(), ...this.since(start) };
  }

  #if(start: number): ast.If {
    const condition = this.#condition();
    this.tokens.newlines();
    const consequent = this.block();
    if (!this.tokens.keyword('else')) {
      return { kind: 'if', condition, consequent, otherwise: null, ...this.since(start) };
    }
    this.tokens.newlines();
    const elseStart = this.tokens.token.start;
    if (!this.tokens.keyword('if')) {
      return { kind: 'if', condition, consequent, otherwise: this.block(), ...this.since(start) };
    }
    const body = [this.#if(elseStart)];
    const otherwise: ast.Block = { kind: 'block', body, ...this.since(elseStart) };
    return { kind: 'if', condition, consequent, otherwise, ...this.since(start) };
  }

  /** One expression, or `(first; second; condition)`. */
  #condition(): ast.Expression[] {
    const { position } = this.tokens;
    if (this.tokens.skip('(')) {
      this.tokens.newlines();
      const first = this.assignment();
      if (this.tokens.is(';') || this.tokens.token.kind === 'newline') {
        const body = [first];
        while (this.tokens.skip(';') || this.tokens.token.kind === 'newline') {
          this.tokens.newlines();
          if (!this.tokens.is(')') && !this.tokens.is(';')) body.push(this.assignment());
        }
        if (this.tokens.skip(')')) return body;
      }
      this.tokens.rewind(position);
    }
    return [this.binary(0)];
  }

  protected override block(): ast.Block {
    const { start } = this.tokens.token;
    this.tokens.expect('{', 'before the block');
    const body = this.#expressions(() => this.tokens.is('}'));
    if (body.length === 0) throw this.tokens.unexpected('a block needs at least one expression');
    this.tokens.expect('}', 'after the block');
    return { kind: 'block', body, ...this.since(start) };
  }

  protected override assignment(): ast.Expression {
    const { position, token } = this.tokens;
    const target = this.#target();
    if (target !== undefined) {
      const error = this.tokens.skip(',') ? this.#target() : undefined;
      const operator = this.tokens.is('=') ? '=' : this.tokens.is('|=') ? '|=' : null;
      if (operator !== null) {
        this.tokens.take();
        this.tokens.newlines();
        const value = this.expression();
        return { kind: 'assignment', target, error, operator, value, ...this.since(token.start) };
      }
      this.tokens.rewind(position);
    }
    return this.binary(0);
  }

  /** A path, a variable, or `_`; undefined if nothing that can be assigned to is next. */
  #target(): ast.AssignmentTarget | undefined {
    if (this.tokens.is('_', 'identifier')) {
      this.tokens.take();
      return null;
    }
    const { kind, text } = this.tokens.token;
    const isPath = kind === 'operator' && (text === '.' || text === '%');
    const isName = kind === 'identifier' && !KEYWORDS.has(text) && !this.isCall();
    if (!isPath && !isName) return undefined;
    const found = this.postfix(this.primary());
    return found.kind === 'variable' || found.kind === 'query' ? found : undefined;
  }

  protected override binary(level: number): ast.Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    const { start } = this.tokens.token;
    let left = this.binary(level + 1);
    for (;;) {
      const operator = operators.find((one) => this.tokens.is(one));
      if (operator === undefined) return left;
      this.tokens.take();
      this.tokens.newlines();
      const right = this.binary(level + 1);
      left = { kind: 'binary', operator, left, right, ...this.since(start) };
    }
  }

  #unary(): ast.Expression {
    return this.nested(() => {
      const { start } = this.tokens.token;
      if (!this.tokens.skip('!')) return this.postfix(this.primary());
      return { kind: 'not', value: this.#unary(), ...this.since(start) };
    });
  }
}
