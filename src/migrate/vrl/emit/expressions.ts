import { Pattern } from '../../../vrl/pattern.ts';
import type * as ast from '../ast.ts';
import type { Known } from '../functions.ts';
import { contains } from '../walk.ts';
import { binary } from './binary.ts';
import { emitCall } from './calls.ts';
import { isPlainField, member, objectKey, quote, segments } from './names.ts';
import type { ExpressionEmitter } from './port.ts';
import { Scope } from './scope.ts';
import type { Place, Sink, Statements } from './sink.ts';
import { type Code, Level, type Unit, code, within } from './unit.ts';

/** Translates an expression in a place where JavaScript needs one. */
export class Expressions implements ExpressionEmitter {
  readonly unit: Unit;
  readonly #statements: Statements;

  constructor(unit: Unit, statements: Statements) {
    this.unit = unit;
    this.#statements = statements;
  }

  emit(expression: ast.Expression, place: Place): Code {
    switch (expression.kind) {
      case 'literal':
        return this.#literal(expression);
      case 'template':
        return this.#template(expression, place);
      case 'variable':
        return this.#variable(expression, place);
      case 'query':
        return this.#query(expression, place);
      case 'group':
        return this.emit(expression.value, place);
      case 'array': {
        const items = expression.items.map((item) => this.value(item, place).text);
        return code(`[${items.join(', ')}]`, 'array');
      }
      case 'object':
        return this.#object(expression, place);
      case 'not':
        return code(
          `!${within(Level.unary, this.condition(expression.value, place))}`,
          'boolean',
          Level.unary,
        );
      case 'binary':
        return binary(this, expression, place);
      case 'call':
        return emitCall(this, expression, place);
      case 'if':
        return this.#conditional(expression, place);
      case 'block':
      case 'assignment':
        return this.immediate([expression], place);
      case 'abort':
        return this.abort(expression, place);
      case 'return':
        this.unit.problem('return inside an expression', expression);
        return code('null', 'null');
    }
  }

  /** The value for another place: null where it is missing. */
  value(expression: ast.Expression, place: Place): Code {
    return orNull(this.emit(expression, place));
  }

  condition(expression: ast.Expression, place: Place): Code {
    return this.asCondition(this.emit(expression, place));
  }

  asCondition(emitted: Code): Code {
    return emitted.known === 'boolean' ? emitted : this.unit.call('isTrue', [emitted.text], 'boolean');
  }

  later(expression: ast.Expression, place: Place, emitted?: Code): Code {
    const inner: Place = { scope: new Scope(place.scope), isNested: true };
    const unwrapped = expression.kind === 'group' ? expression.value : expression;
    if (!needsStatements(unwrapped)) {
      const { text, known, mayBeShared } = orNull(emitted ?? this.emit(unwrapped, inner));
      return { ...code(returning('() =>', text), known), mayBeShared };
    }
    let known: Known = 'unknown';
    const text = this.#withBody('() =>', [unwrapped], inner, (value) => {
      known = value.known;
    });
    return { ...code(text, isStatement(unwrapped) ? 'unknown' : known), mayBeShared: true };
  }

  /** A function whose value is that of the last expression. */
  arrow(parameters: readonly string[], body: readonly ast.Expression[], inner: Place): string {
    const head = `(${parameters.join(', ')}) =>`;
    const [only] = body;
    if (body.length === 1 && only !== undefined && !needsStatements(only))
      return returning(head, this.value(only, inner).text);
    return this.#withBody(head, body, inner);
  }

  #withBody(
    head: string,
    body: readonly ast.Expression[],
    inner: Place,
    onValue?: (value: Code) => void,
  ): string {
    const sink: Sink = (value) => {
      onValue?.(value);
      return [`return ${value.text};`];
    };
    const lines = this.#statements.lines(body, sink, inner);
    return `${head} {\n${lines.map((line) => `  ${line}`).join('\n')}\n}`;
  }

  /** The value of statements in the midst of an expression. */
  immediate(body: readonly ast.Expression[], place: Place): Code {
    const inner: Place = { scope: new Scope(place.scope), isNested: true };
    return { ...code(`(${this.arrow([], body, inner)})()`, 'unknown'), mayBeShared: true };
  }

  abort({ message }: ast.Abort, place: Place): Code {
    this.unit.throwsAbort = true;
    return this.unit.call('abort', message === null ? [] : [this.emit(message, place).text]);
  }

  #literal(literal: ast.Literal): Code {
    const { type, value } = literal;
    if (type === 'regex') this.#checkPattern(literal);
    switch (type) {
      case 'string':
        return code(quote(value), 'string');
      case 'integer':
        return Number.isSafeInteger(Number(value))
          ? code(String(Number(value)), 'integer', value.startsWith('-') ? Level.unary : Level.primary)
          : code(`${value}n`, 'integer');
      case 'float':
        return code(String(Number(value)), 'float', value.startsWith('-') ? Level.unary : Level.primary);
      case 'boolean':
        return code(value, 'boolean');
      case 'null':
        return code('null', 'null');
      case 'regex':
      case 'timestamp':
        return this.unit.constant(type, value);
    }
  }

  /** The transform would not load. */
  #checkPattern(literal: ast.Literal): void {
    try {
      Pattern.of(literal.value);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.unit.problem(`the regular expression r'${literal.value}': ${why}`, literal);
    }
  }

  #template({ parts, start, end }: ast.Template, place: Place): Code {
    const inner = parts.map((part) => {
      if (typeof part === 'string') return part.replace(/[\\`]|\$(?=\{)/g, '\\$&');
      const variable: ast.Variable = { kind: 'variable', name: part.variable, start, end };
      return `\${${this.unit.call('asString', [this.#variable(variable, place).text]).text}}`;
    });
    return code(`\`${inner.join('')}\``, 'string');
  }

  #variable({ name, start, end }: ast.Variable, place: Place): Code {
    const found = place.scope.find(name);
    if (found !== undefined) return { ...code(found.name, found.known), mayBeShared: true };
    this.unit.problem(`the variable ${name} is read before it is set`, { start, end });
    return code('null', 'null');
  }

  #query(query: ast.Query, place: Place): Code {
    const { target, path } = query;
    if (target === 'metadata') {
      this.unit.problem('metadata (%) of the log namespace', query);
      return code('null', 'null');
    }
    const [first] = path;
    if (target === 'event' && first === undefined) return this.#event();
    const root = target === 'event' ? code('event', 'object') : this.emit(target, place);
    if (first === undefined) return root;
    const isField = target === 'event' && path.length === 1 && typeof first === 'string';
    if (isField && isPlainField(first)) {
      return { ...code(`event${member(first)}`, 'unknown'), mayBeMissing: true, mayBeShared: true };
    }
    const found = this.unit.call('at', [root.text, ...segments(path)]);
    return { ...found, mayBeMissing: true, mayBeShared: true };
  }

  /** The event as a value: it is changed in place, so that a second name needs a copy. */
  #event(): Code {
    return this.unit.changesEvent
      ? code('{ ...event }', 'object')
      : { ...code('event', 'object'), mayBeShared: true };
  }

  #object({ entries }: ast.ObjectNode, place: Place): Code {
    if (entries.length === 0) return code('{}', 'object');
    const fields = entries.map(([key, value]) => `${objectKey(key)}: ${this.value(value, place).text}`);
    return code(`{ ${fields.join(', ')} }`, 'object');
  }

  #conditional(expression: ast.If, place: Place): Code {
    const { condition, consequent, otherwise } = expression;
    const [test] = condition;
    const [first] = consequent.body;
    const second = otherwise?.body[0];
    if (needsStatements(expression) || test === undefined || first === undefined)
      return this.immediate([expression], place);
    const yes = this.value(first, place);
    const no = second === undefined ? code('null', 'null') : this.value(second, place);
    const known: Known = yes.known === no.known ? yes.known : 'unknown';
    const branches = `${within(Level.conditional, yes)} : ${within(Level.conditional, no)}`;
    const text = `${within(Level.or, this.condition(test, place))} ? ${branches}`;
    return { ...code(text, known, Level.conditional), mayBeShared: yes.mayBeShared || no.mayBeShared };
  }
}

function orNull(found: Code): Code {
  if (!found.mayBeMissing) return found;
  const { known, mayBeShared } = found;
  return { ...code(`${within(Level.primary, found)} ?? null`, known, Level.or), mayBeShared };
}

/** A function of one expression. */
function returning(head: string, text: string): string {
  return text.startsWith('{') ? `${head} (${text})` : `${head} ${text}`;
}

/** Whether the value is that of statements, which may have several. */
function isStatement(expression: ast.Expression): boolean {
  if (expression.kind === 'group') return isStatement(expression.value);
  return expression.kind === 'if' || expression.kind === 'block' || expression.kind === 'assignment';
}

/** Whether only statements can say it. */
export function needsStatements(expression: ast.Expression): boolean {
  return contains(expression, ({ kind }) => kind === 'assignment' || kind === 'block' || kind === 'return')
    ? !isSimpleIf(expression)
    : contains(expression, (one) => one.kind === 'call' && one.name === 'for_each');
}

/** An `if` that a conditional operator can say: of expressions only. */
function isSimpleIf(expression: ast.Expression): boolean {
  if (expression.kind !== 'if') return false;
  const { condition, consequent, otherwise } = expression;
  const parts = [condition, consequent.body, ...(otherwise === null ? [] : [otherwise.body])];
  return parts.every(([only, ...more]) => only !== undefined && more.length === 0 && !needsStatements(only));
}
