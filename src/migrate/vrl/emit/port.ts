import type * as ast from '../ast.ts';
import type { Place } from './sink.ts';
import type { Code, Unit } from './unit.ts';

/** What the translations of operators and calls need of the translation of expressions. */
export interface ExpressionEmitter {
  readonly unit: Unit;
  emit(expression: ast.Expression, place: Place): Code;
  /** A boolean, of an expression that VRL knows to be one. */
  condition(expression: ast.Expression, place: Place): Code;
  /** A boolean, of the translation of such an expression. */
  asCondition(emitted: Code): Code;
  /**
   * `() => value`, for a function that decides whether the value is made; `known` is that of the value.
   *
   * @param emitted the translation of the expression, where there is one already
   */
  later(expression: ast.Expression, place: Place, emitted?: Code): Code;
  /** A function whose value is that of the last expression. */
  arrow(parameters: readonly string[], body: readonly ast.Expression[], inner: Place): string;
  /** The value of statements in the midst of an expression. */
  immediate(body: readonly ast.Expression[], place: Place): Code;
}
