import type * as ast from '../ast.ts';
import { type Expressions, needsStatements } from './expressions.ts';
import { isPlainField, member } from './names.ts';
import type { Place } from './sink.ts';

/** `if is_null(.a) { .a = value }` as `event.a ??= value`; null for any other `if`. */
export function coalesce(
  expressions: Expressions,
  { condition, consequent, otherwise }: ast.If,
  place: Place,
): string | null {
  const [test] = condition;
  const [only] = consequent.body;
  if (condition.length !== 1 || consequent.body.length !== 1 || otherwise !== null) return null;
  const tested = test === undefined ? null : testedForNull(test);
  if (tested === null || only?.kind !== 'assignment' || only.operator !== '=') return null;
  const { target, error, value } = only;
  const [name] = tested.path;
  const isField = target?.kind === 'query' && target.target === 'event' && target.path.length === 1;
  if (!isField || error !== undefined || target.path[0] !== name) return null;
  if (typeof name !== 'string' || !isPlainField(name) || needsStatements(value)) return null;
  return `event${member(name)} ??= ${expressions.value(value, place).text};`;
}

function testedForNull(test: ast.Expression): ast.Query | null {
  const inner = test.kind === 'group' ? test.value : test;
  const value =
    inner.kind === 'call' && inner.name === 'is_null'
      ? inner.arguments[0]?.value
      : inner.kind === 'binary' && inner.operator === '==' && isNull(inner.right)
        ? inner.left
        : undefined;
  return value?.kind === 'query' && value.target === 'event' && value.path.length === 1 ? value : null;
}

function isNull(expression: ast.Expression): boolean {
  return expression.kind === 'literal' && expression.type === 'null';
}
