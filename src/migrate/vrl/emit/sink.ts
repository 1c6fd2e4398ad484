import type * as ast from '../ast.ts';
import type { Scope } from './scope.ts';
import type { Code } from './unit.ts';

/** What is done with the value of a list of expressions: nothing, or statements that use it. */
export type Sink = null | ((value: Code) => readonly string[]);

/** Where code runs. In a function of its own, it cannot end the program by `return`. */
export interface Place {
  readonly scope: Scope;
  readonly isNested: boolean;
}

/** Translates lists of expressions into lines of statements. */
export interface Statements {
  lines(body: readonly ast.Expression[], sink: Sink, place: Place): string[];
}
