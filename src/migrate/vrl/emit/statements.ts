import type * as ast from '../ast.ts';
import type { Known } from '../functions.ts';
import type { Comment } from '../lexer.ts';
import { defaultOf } from '../functions.ts';
import { contains, mentions } from '../walk.ts';
import { type Assigned, assign, fallbackOf } from './assignments.ts';
import { isEvent } from './calls.ts';
import { coalesce } from './coalesce.ts';
import { Expressions, needsStatements } from './expressions.ts';
import { isPlainField, member } from './names.ts';
import { Scope } from './scope.ts';
import type { Place, Sink, Statements } from './sink.ts';
import { type Code, type Unit, code } from './unit.ts';

/** Translates expressions in a place where JavaScript has statements. */
export class StatementEmitter implements Statements {
  readonly expressions: Expressions;
  readonly #unit: Unit;
  readonly #assignments: ReadonlyMap<string, number>;
  readonly #comments: Comment[];

  constructor(unit: Unit, assignments: ReadonlyMap<string, number>, comments: readonly Comment[]) {
    this.#unit = unit;
    this.#assignments = assignments;
    this.#comments = [...comments];
    this.expressions = new Expressions(unit, this);
  }

  lines(body: readonly ast.Expression[], sink: Sink, place: Place): string[] {
    return body.flatMap((expression, n) => {
      const before = this.#commentsBefore(expression.start);
      const lines = this.#statement(expression, n === body.length - 1 ? sink : null, place);
      return [...before, ...lines];
    });
  }

  /** The comments that no statement has taken yet, and that stand before this place. */
  #commentsBefore(offset: number): string[] {
    const found: string[] = [];
    while (this.#comments[0] !== undefined && this.#comments[0].start < offset) {
      const text = this.#comments.shift()?.text.trimEnd() ?? '';
      found.push(text === '' || text.startsWith(' ') ? `//${text}` : `// ${text}`);
    }
    return found;
  }

  remainingComments(): string[] {
    return this.#commentsBefore(Infinity);
  }

  #statement(expression: ast.Expression, sink: Sink, place: Place): readonly string[] {
    switch (expression.kind) {
      case 'group':
        return this.#statement(expression.value, sink, place);
      case 'assignment':
        return this.#assignment(expression, sink, place);
      case 'if':
        return this.#if(expression, sink, place);
      case 'block':
        return this.#block(expression, sink, place);
      case 'abort':
        return this.#abort(expression, place);
      case 'return':
        return this.#return(expression, place);
      case 'call':
        if (expression.name === 'for_each') return this.#forEach(expression, sink, place);
        if (sink === null) return this.#call(expression, place);
        break;
      default:
        break;
    }
    if (sink !== null) return sink(this.expressions.value(expression, place));
    // The value is not used: only what fails, ends the program or changes something remains.
    const hasEffect = contains(
      expression,
      ({ kind }) => kind === 'call' || kind === 'abort' || kind === 'assignment',
    );
    if (!hasEffect) return [];
    const { text } = this.expressions.emit(expression, place);
    // A brace would start a block.
    return [text.startsWith('{') ? `(${text});` : `${text};`];
  }

  #call(call: ast.Call, place: Place): string[] {
    const query = call.arguments[0]?.value;
    const isField = query?.kind === 'query' && query.target === 'event' && query.path.length === 1;
    const first = isField ? query.path[0] : undefined;
    if (
      call.name === 'del' &&
      call.arguments.length === 1 &&
      typeof first === 'string' &&
      isPlainField(first)
    )
      return [`delete event${member(first)};`];
    const { text } = this.expressions.emit(call, place);
    return text === 'null' ? [] : [`${text};`];
  }

  #abort(node: ast.Abort, place: Place): string[] {
    if (place.isNested) return [`${this.expressions.abort(node, place).text};`];
    if (!this.#unit.dropsOnAbort) {
      this.#unit.needsOriginal = true;
      return ['return original;'];
    }
    return ['return undefined;'];
  }

  #return(node: ast.Return, place: Place): string[] {
    if (place.isNested) this.#unit.problem('return inside a closure or an expression', node);
    return ['return event;'];
  }

  #block({ body }: ast.Block, sink: Sink, place: Place): string[] {
    const inner = this.lines(body, sink, { ...place, scope: new Scope(place.scope) });
    return ['{', ...indent(inner), '}'];
  }

  #if(node: ast.If, sink: Sink, place: Place): string[] {
    const coalesced = sink === null ? coalesce(this.expressions, node, place) : null;
    if (coalesced !== null) return [coalesced];
    const last = node.condition.at(-1);
    if (last === undefined) throw new Error('an if has a condition');
    const before = this.lines(node.condition.slice(0, -1), null, place);
    const test = this.#test(last, before, place);
    const inner: Place = { ...place, scope: new Scope(place.scope) };
    const lines = [...before, `if (${test}) {`, ...indent(this.lines(node.consequent.body, sink, inner))];
    const { otherwise } = node;
    if (otherwise === null) {
      const none = sink?.(code('null', 'null')) ?? [];
      return none.length === 0 ? [...lines, '}'] : [...lines, '} else {', ...indent(none), '}'];
    }
    const [only] = otherwise.body;
    if (otherwise.body.length === 1 && only?.kind === 'if' && only.condition.length === 1) {
      const chained = this.#if(only, sink, { ...place, scope: new Scope(place.scope) });
      if (chained[0]?.startsWith('if (') === true)
        return [...lines, `} else ${chained[0]}`, ...chained.slice(1)];
      return [...lines, '} else {', ...indent(chained), '}'];
    }
    const rest = this.lines(otherwise.body, sink, { ...place, scope: new Scope(place.scope) });
    return [...lines, '} else {', ...indent(rest), '}'];
  }

  /** The condition; an assignment in it becomes a statement before. */
  #test(condition: ast.Expression, before: string[], place: Place): string {
    const inner = condition.kind === 'group' ? condition.value : condition;
    if (inner.kind !== 'assignment') return this.expressions.condition(condition, place).text;
    before.push(...this.#assignment(inner, null, place));
    const { target } = inner;
    return target === null ? 'true' : this.expressions.condition(target, place).text;
  }

  #forEach(call: ast.Call, sink: Sink, place: Place): string[] {
    const list = call.arguments[0];
    if (list === undefined || call.closure === null) {
      this.#unit.problem('for_each needs a value and a closure', call);
      return [];
    }
    const scope = new Scope(place.scope);
    const { parameters, body: block } = call.closure;
    const [key = '', value = ''] = parameters.map((name) => {
      const variable = name === '' ? '' : scope.declare(name, 'unknown').name;
      return mentions(block, name) ? variable : '';
    });
    const names = value === '' ? key : `${key}, ${value}`;
    const listed = isEvent(list.value) ? 'event' : this.expressions.emit(list.value, place).text;
    const { text } = this.#unit.call('entries', [listed]);
    const isSet = parameters.some((name) => (this.#assignments.get(name) ?? 0) > 0);
    const body = this.lines(block.body, null, { ...place, scope });
    const after = sink?.(code('null', 'null')) ?? [];
    const each = names === '' ? 'const _' : `${isSet ? 'let' : 'const'} [${names}]`;
    return [`for (${each} of ${text}) {`, ...indent(body), '}', ...after];
  }

  #assignment(node: ast.Assignment, sink: Sink, place: Place): readonly string[] {
    if (node.error !== undefined) return this.#infallible(node, sink, place);
    const { target, operator } = node;
    const value = node.value.kind === 'group' ? node.value.value : node.value;
    if (target === null) return this.#statement(value, sink, place);
    if (value.kind === 'assignment') {
      // a = b = 1
      const inner = this.#assignment(value, null, place);
      const read = value.target;
      return read === null ? inner : [...inner, ...this.#assignment({ ...node, value: read }, sink, place)];
    }
    const isList = value.kind === 'if' || value.kind === 'block';
    if (isList && needsStatements(value)) {
      const declared = this.#declare(target, place);
      const inner = this.lines([value], (one) => this.#set(target, operator, one, place), place);
      return [...declared, ...inner, ...this.#read(target, sink, place)];
    }
    const emitted = this.expressions.value(value, place);
    const lines = this.#set(target, operator, emitted, place);
    return [...lines, ...this.#read(target, sink, place)];
  }

  #read(target: ast.Query | ast.Variable, sink: Sink, place: Place): readonly string[] {
    return sink?.(this.expressions.value(target, place)) ?? [];
  }

  #set(target: ast.Query | ast.Variable, operator: '=' | '|=', value: Code, place: Place): string[] {
    return assign(this.#assigned(place), target, operator, value);
  }

  #assigned({ scope }: Place): Assigned {
    return {
      unit: this.#unit,
      scope,
      isConstant: (name) => this.#assignments.get(name) === 1,
    };
  }

  /** Declares a variable that the branches of an `if` set. */
  #declare(target: ast.Query | ast.Variable, { scope }: Place, known: Known = 'unknown'): string[] {
    if (target.kind !== 'variable' || scope.find(target.name) !== undefined) return [];
    return [`let ${scope.declare(target.name, known).name}: unknown;`];
  }

  /** `value, error = expression` */
  #infallible(node: ast.Assignment, sink: Sink, place: Place): string[] {
    const { target, error = null } = node;
    const value = this.expressions.later(node.value, place);
    const kind = node.value.kind === 'call' ? defaultOf(node.value.name) : undefined;
    const fallback = fallbackOf(kind ?? value.known, this.#unit);
    const made = this.#unit.call('attempt', [value.text, fallback]).text;
    const after = sink === null || target === null ? [] : this.#read(target, sink, place);
    if (node.operator === '=' && [target, error].every((one) => this.#isNewConstant(one, place))) {
      const [ok = '', failed = ''] = [target, error].map((one, n) =>
        one?.kind === 'variable' ? place.scope.declare(one.name, n === 0 ? value.known : 'unknown').name : '',
      );
      return [`const ${pair(ok, failed)} = ${made};`, ...after];
    }
    const before: string[] = [];
    const later: string[] = [];
    const ok = this.#receiver(target, node.operator, place, before, later);
    const failed = this.#receiver(error, '=', place, before, later);
    return [...before, `${pair(ok, failed)} = ${made};`, ...later, ...after];
  }

  #isNewConstant(target: ast.AssignmentTarget, { scope }: Place): boolean {
    if (target === null) return true;
    if (target.kind !== 'variable' || scope.find(target.name) !== undefined) return false;
    return this.#assignments.get(target.name) === 1;
  }

  /**
   * Where a destructuring assignment puts a part.
   *
   * @param before gets declarations, `after` what remains to be done with the part
   */
  #receiver(
    target: ast.AssignmentTarget,
    operator: '=' | '|=',
    place: Place,
    before: string[],
    after: string[],
  ): string {
    if (target === null) return '';
    if (operator === '=' && target.kind === 'variable') {
      before.push(...this.#declare(target, place));
      return place.scope.find(target.name)?.name ?? '';
    }
    if (
      operator === '=' &&
      target.kind === 'query' &&
      target.target === 'event' &&
      target.path.length === 1
    ) {
      const [name] = target.path;
      if (typeof name === 'string' && isPlainField(name)) return `event${member(name)}`;
    }
    const { name } = place.scope.declare(`result_${target.start}`, 'unknown');
    before.push(`let ${name}: unknown;`);
    after.push(...this.#set(target, operator, { ...code(name, 'unknown'), mayBeShared: true }, place));
    return name;
  }
}

/** `[ok, error]`, of which either may be left out. */
function pair(ok: string, failed: string): string {
  return failed === '' ? `[${ok}]` : `[${ok}, ${failed}]`;
}

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^(?=.)/gm, '  '));
}
