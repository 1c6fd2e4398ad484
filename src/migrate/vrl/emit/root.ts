import type { Assignment, Expression, Program } from '../ast.ts';
import { contains } from '../walk.ts';
import { changed } from './scope.ts';

/**
 * The last statement that changes the event, if it replaces the event by something that may be an array:
 * `. = unnest(.items)`. An array makes several events.
 */
export function lastRoot({ body }: Program): Assignment | null {
  for (const expression of body.toReversed()) {
    if (isRootAssignment(expression)) return mayBeArray(expression.value) ? expression : null;
    if (contains(expression, changesEvent)) return null;
  }
  return null;
}

function isRootAssignment(expression: Expression): expression is Assignment {
  if (expression.kind !== 'assignment' || expression.operator !== '=' || expression.error !== undefined)
    return false;
  const { target } = expression;
  return target?.kind === 'query' && target.target === 'event' && target.path.length === 0;
}

function changesEvent(expression: Expression): boolean {
  if (expression.kind === 'call') return expression.name === 'del';
  if (expression.kind !== 'assignment') return false;
  return [expression.target, expression.error].some((one) => one?.kind === 'query' && one.target === 'event');
}

function mayBeArray(value: Expression): boolean {
  const made = value.kind === 'group' ? value.value : value;
  if (made.kind === 'object') return false;
  return !(made.kind === 'call' && (made.name === 'object' || made.name === 'merge'));
}

/** Whether the program sets or deletes fields of the event, at any depth. */
export function changesFields({ body }: Program): boolean {
  const isField = (one: Expression | null | undefined): boolean =>
    one?.kind === 'query' && one.target === 'event';
  return body.some((expression) => contains(expression, (one) => changed(one).some(isField)));
}
