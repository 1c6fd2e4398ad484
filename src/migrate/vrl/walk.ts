import type { Expression } from './ast.ts';

/** The expressions that an expression consists of, in the order of the program. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'variable':
    case 'literal':
    case 'template':
      return [];
    case 'query':
      return typeof expression.target === 'string' ? [] : [expression.target];
    case 'group':
    case 'not':
    case 'return':
      return [expression.value];
    case 'block':
      return expression.body;
    case 'array':
      return expression.items;
    case 'object':
      return expression.entries.map(([, value]) => value);
    case 'call': {
      const closure = expression.closure === null ? [] : [expression.closure.body];
      return [...expression.arguments.map(({ value }) => value), ...closure];
    }
    case 'binary':
      return [expression.left, expression.right];
    case 'assignment': {
      const targets = [expression.target, expression.error].filter(
        (one) => one !== null && one !== undefined,
      );
      return [...targets, expression.value];
    }
    case 'if': {
      const otherwise = expression.otherwise === null ? [] : [expression.otherwise];
      return [...expression.condition, expression.consequent, ...otherwise];
    }
    case 'abort':
      return expression.message === null ? [] : [expression.message];
  }
}

/** Whether the test holds for the expression or for one that it contains. */
export function contains(expression: Expression, test: (one: Expression) => boolean): boolean {
  return test(expression) || children(expression).some((child) => contains(child, test));
}

/** Whether the expression reads or sets the variable of that name. */
export function mentions(expression: Expression, name: string): boolean {
  return contains(expression, (one) => {
    if (one.kind === 'template')
      return one.parts.some((part) => typeof part === 'object' && part.variable === name);
    return one.kind === 'variable' && one.name === name;
  });
}
