import type * as ast from './vrl/ast.ts';

type Map = (expression: ast.Expression) => ast.Expression;

/** A program with each of its expressions, the innermost first, replaced. Targets of assignments stay. */
export function mapProgram(program: ast.Program, map: Map): ast.Program {
  return { ...program, body: program.body.map((one) => mapped(one, map)) };
}

function mapped(one: ast.Expression, map: Map): ast.Expression {
  return map(inside(one, (child) => mapped(child, map)));
}

function inside(one: ast.Expression, map: Map): ast.Expression {
  const block = (value: ast.Block): ast.Block => ({ ...value, body: value.body.map(map) });
  switch (one.kind) {
    case 'group':
    case 'not':
    case 'return':
      return { ...one, value: map(one.value) };
    case 'block':
      return block(one);
    case 'array':
      return { ...one, items: one.items.map(map) };
    case 'object':
      return { ...one, entries: one.entries.map(([key, value]) => [key, map(value)] as const) };
    case 'call': {
      const { closure } = one;
      return {
        ...one,
        arguments: one.arguments.map((argument) => ({ ...argument, value: map(argument.value) })),
        closure: closure === null ? null : { ...closure, body: block(closure.body) },
      };
    }
    case 'binary':
      return { ...one, left: map(one.left), right: map(one.right) };
    case 'assignment':
      return { ...one, value: map(one.value) };
    case 'if':
      return {
        ...one,
        condition: one.condition.map(map),
        consequent: block(one.consequent),
        otherwise: one.otherwise === null ? null : block(one.otherwise),
      };
    case 'abort':
      return one.message === null ? one : { ...one, message: map(one.message) };
    case 'query':
    case 'variable':
    case 'literal':
    case 'template':
      return one;
  }
}
