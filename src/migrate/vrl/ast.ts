import type { Comment } from './lexer.ts';
import type { Span } from './syntax-error.ts';

/** A step of a path: the name of a field, or an index, which counts from the end where it is negative. */
export type Segment = string | number;

/** What a path starts at: the event, its metadata, a variable, or the value of an expression. */
export type QueryTarget = 'event' | 'metadata' | Variable | Call | Group | Block | ArrayNode | ObjectNode;

export interface Query extends Span {
  readonly kind: 'query';
  readonly target: QueryTarget;
  readonly path: readonly Segment[];
}

export interface Variable extends Span {
  readonly kind: 'variable';
  readonly name: string;
}

/** `integer` is a string of digits: a 64-bit integer need not fit into a number of JavaScript. */
export interface Literal extends Span {
  readonly kind: 'literal';
  readonly type: 'string' | 'integer' | 'float' | 'boolean' | 'null' | 'regex' | 'timestamp';
  readonly value: string;
}

/** A string with `{{ variable }}` in it. */
export interface Template extends Span {
  readonly kind: 'template';
  readonly parts: readonly (string | { readonly variable: string })[];
}

export interface Group extends Span {
  readonly kind: 'group';
  readonly value: Expression;
}

/** The value is that of the last expression. */
export interface Block extends Span {
  readonly kind: 'block';
  readonly body: readonly Expression[];
}

export interface ArrayNode extends Span {
  readonly kind: 'array';
  readonly items: readonly Expression[];
}

export interface ObjectNode extends Span {
  readonly kind: 'object';
  readonly entries: readonly (readonly [key: string, value: Expression])[];
}

export interface Argument extends Span {
  readonly name: string | null;
  readonly value: Expression;
}

/** `-> |key, value| { … }`. An empty name is `_`. */
export interface Closure extends Span {
  readonly parameters: readonly string[];
  readonly body: Block;
}

export interface Call extends Span {
  readonly kind: 'call';
  readonly name: string;
  /** `name!(…)`: an error ends the program. */
  readonly abortsOnError: boolean;
  readonly arguments: readonly Argument[];
  readonly closure: Closure | null;
}

export interface Not extends Span {
  readonly kind: 'not';
  readonly value: Expression;
}

export type BinaryOperator =
  '??' | '||' | '&&' | '==' | '!=' | '>' | '>=' | '<' | '<=' | '|' | '+' | '-' | '*' | '/';

export interface Binary extends Span {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `null` is `_`: the value is ignored. */
export type AssignmentTarget = Query | Variable | null;

/** `target = value` or `target |= value`; with `error`, `target, error = value`. */
export interface Assignment extends Span {
  readonly kind: 'assignment';
  readonly target: AssignmentTarget;
  /** Undefined in the form without an error. */
  readonly error: AssignmentTarget | undefined;
  readonly operator: '=' | '|=';
  readonly value: Expression;
}

export interface If extends Span {
  readonly kind: 'if';
  /** The value of the last one is the condition. */
  readonly condition: readonly Expression[];
  readonly consequent: Block;
  /** A chain of `else if` is a block with one `if`. */
  readonly otherwise: Block | null;
}

export interface Abort extends Span {
  readonly kind: 'abort';
  readonly message: Expression | null;
}

export interface Return extends Span {
  readonly kind: 'return';
  readonly value: Expression;
}

export type Expression =
  | Query
  | Variable
  | Literal
  | Template
  | Group
  | Block
  | ArrayNode
  | ObjectNode
  | Call
  | Not
  | Binary
  | Assignment
  | If
  | Abort
  | Return;

export interface Program {
  readonly source: string;
  readonly body: readonly Expression[];
  /** In order of their place. */
  readonly comments: readonly Comment[];
}
