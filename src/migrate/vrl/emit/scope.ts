import type { Expression, Program } from '../ast.ts';
import type { Known } from '../functions.ts';
import { children } from '../walk.ts';
import { variableName } from './names.ts';

interface VariableInfo {
  /** Its name in the generated code. */
  readonly name: string;
  readonly known: Known;
}

/** Variables of nested blocks: one that a block declares ends with it. */
export class Scope {
  readonly #outer: Scope | null;
  readonly #variables = new Map<string, VariableInfo>();
  readonly #names: Set<string>;

  /** @param reserved names that no variable may have, of the outermost scope */
  constructor(outer: Scope | null, reserved: Iterable<string> = []) {
    this.#outer = outer;
    this.#names = new Set(reserved);
  }

  find(name: string): VariableInfo | undefined {
    return this.#variables.get(name) ?? this.#outer?.find(name);
  }

  declare(name: string, known: Known): VariableInfo {
    const info = { name: variableName(name, (candidate) => this.#isUsed(candidate)), known };
    this.#names.add(info.name);
    this.#variables.set(name, info);
    return info;
  }

  #isUsed(name: string): boolean {
    if (this.#names.has(name)) return true;
    return this.#outer !== null && this.#outer.#isUsed(name);
  }
}

/**
 * How often each variable is assigned to, also by `del(variable.field)`: one that is assigned once is a
 * constant.
 */
export function countAssignments(program: Program): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (expression: Expression): void => {
    for (const target of changed(expression)) {
      const variable = target?.kind === 'query' ? target.target : target;
      if (typeof variable === 'object' && variable?.kind === 'variable')
        counts.set(variable.name, (counts.get(variable.name) ?? 0) + 1);
    }
    for (const child of children(expression)) count(child);
  };
  for (const expression of program.body) count(expression);
  return counts;
}

/** What an expression itself sets or deletes. */
export function changed(expression: Expression): readonly (Expression | null | undefined)[] {
  if (expression.kind === 'assignment') return [expression.target, expression.error];
  return expression.kind === 'call' && expression.name === 'del' ? [expression.arguments[0]?.value] : [];
}
