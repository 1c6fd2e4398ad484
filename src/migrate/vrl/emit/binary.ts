import type * as ast from '../ast.ts';
import type { Known } from '../functions.ts';
import type { ExpressionEmitter } from './port.ts';
import type { Place } from './sink.ts';
import { type Code, Level, code, within } from './unit.ts';

/** Translates an operator: JavaScript's own where it means the same for what the operands are known to be. */
export function binary(emitter: ExpressionEmitter, node: ast.Binary, place: Place): Code {
  switch (node.operator) {
    case '??':
      return recover(emitter, node, place);
    case '&&':
    case '||':
      return logical(emitter, node, place);
    case '==':
    case '!=':
      return equality(emitter, node, place);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(emitter, node, place);
    case '+':
      return sum(emitter, node, place);
    case '-':
      return arithmetic(emitter, node, place, 'subtract');
    case '*':
      return arithmetic(emitter, node, place, 'multiply');
    case '/':
      return { ...arithmetic(emitter, node, place, 'divide'), known: 'float' };
    case '|': {
      const [left, right] = operands(emitter, node, place);
      return emitter.unit.call('merge', [left.text, right.text], 'object');
    }
  }
}

function operands(emitter: ExpressionEmitter, { left, right }: ast.Binary, place: Place): [Code, Code] {
  return [emitter.emit(left, place), emitter.emit(right, place)];
}

function recover(emitter: ExpressionEmitter, { left, right }: ast.Binary, place: Place): Code {
  const [first, second] = [emitter.later(left, place), emitter.later(right, place)];
  const known = first.known === second.known ? first.known : 'unknown';
  const mayBeShared = first.mayBeShared || second.mayBeShared;
  return { ...emitter.unit.call('recover', [first.text, second.text], known), mayBeShared };
}

function logical(emitter: ExpressionEmitter, node: ast.Binary, place: Place): Code {
  const isAnd = node.operator === '&&';
  const left = emitter.emit(node.left, place);
  const right = isAnd || left.known === 'boolean' ? emitter.emit(node.right, place) : undefined;
  if (right !== undefined && (isAnd || right.known === 'boolean'))
    return ofBooleans(emitter, node, left, right);
  const second = emitter.later(node.right, place, right);
  return { ...emitter.unit.call('or', [left.text, second.text]), mayBeShared: true };
}

function ofBooleans(emitter: ExpressionEmitter, { operator }: ast.Binary, left: Code, right: Code): Code {
  const level = operator === '&&' ? Level.and : Level.or;
  const leftText = within(level, emitter.asCondition(left));
  // `a || b && c` is `(a || b) && c` in VRL: both operators bind equally.
  const rightText = within(level + 1, emitter.asCondition(right));
  return code(`${leftText} ${operator} ${rightText}`, 'boolean', level);
}

const COMPARABLE: ReadonlySet<Known> = new Set(['string', 'boolean', 'integer', 'float']);

function equality(emitter: ExpressionEmitter, node: ast.Binary, place: Place): Code {
  const [left, right] = operands(emitter, node, place);
  const isNegated = node.operator === '!=';
  const compare = (operator: string): Code =>
    code(
      `${within(Level.comparison, left)} ${isNegated ? '!' : '='}${operator} ${within(Level.comparison, right)}`,
      'boolean',
      Level.equality,
    );
  if (left.known === 'null' || right.known === 'null') return compare('=');
  // A text or a boolean is identical to nothing but itself; of a number there may be two types.
  const isText = (one: Code): boolean => one.known === 'string' || one.known === 'boolean';
  const isNumber = (one: ast.Expression): boolean => one.kind === 'literal' && one.type === 'integer';
  if (isText(left) || isText(right) || isNumber(node.left) || isNumber(node.right)) return compare('==');
  if (COMPARABLE.has(left.known) && left.known === right.known) return compare('==');
  const { text } = emitter.unit.call('equals', [left.text, right.text]);
  return isNegated ? code(`!${text}`, 'boolean', Level.unary) : code(text, 'boolean');
}

const COMPARISONS = { '<': 'isLess', '<=': 'isAtMost', '>': 'isGreater', '>=': 'isAtLeast' } as const;

function comparison(emitter: ExpressionEmitter, node: ast.Binary, place: Place): Code {
  const { operator } = node;
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=')
    throw new Error('not a comparison');
  const [left, right] = operands(emitter, node, place);
  return emitter.unit.call(COMPARISONS[operator], [left.text, right.text], 'boolean');
}

function sum(emitter: ExpressionEmitter, node: ast.Binary, place: Place): Code {
  const [left, right] = operands(emitter, node, place);
  if (left.known !== 'string' || right.known !== 'string') {
    const known: Known = left.known === 'string' || right.known === 'string' ? 'string' : 'unknown';
    return emitter.unit.call('add', [left.text, right.text], known);
  }
  return code(`${within(Level.sum, left)} + ${within(Level.sum + 1, right)}`, 'string', Level.sum);
}

function arithmetic(emitter: ExpressionEmitter, node: ast.Binary, place: Place, name: string): Code {
  const [left, right] = operands(emitter, node, place);
  return emitter.unit.call(name, [left.text, right.text]);
}
