import type { Assignment, Expression, Program } from './vrl/ast.ts';
import { emitProgram } from './vrl/emit/emit.ts';
import { parseVrl } from './vrl/parser.ts';
import { VrlSyntaxError } from './vrl/syntax-error.ts';
import { contains } from './vrl/walk.ts';
import { mapProgram } from './rewrite.ts';
import { bareVariables, checkVariables, misplacedVariable, withEnvironment } from './variables.ts';

type EmittedProgram = ReturnType<typeof emitProgram>;

/** A program of VRL, or why it cannot be translated. */
type Translated =
  | { readonly ok: true; readonly code: EmittedProgram }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface ProgramOptions {
  readonly dropsOnAbort: boolean;
  /** Of the transform, or of the configuration; undefined: that of the machine. */
  readonly timezone: string | undefined;
  /** Whether Vector expands variables in the text: not in a file of its own. */
  readonly hasVariables: boolean;
}

/** Functions that read a time of the machine's zone where they name none. */
const OF_ZONE = ['parse_timestamp'];

/** @throws VrlSyntaxError */
export function parseProgram(source: string, { timezone, hasVariables }: ProgramOptions): Program {
  const program = hasVariables ? withEnvironment(parseExpanded(source)) : parseVrl(source);
  return timezone === undefined ? program : inZone(program, timezone);
}

function parseExpanded(source: string): Program {
  const text = bareVariables(source);
  try {
    return checkVariables(parseVrl(text));
  } catch (error) {
    // Its message would cite the code that stands for the variable.
    if (error instanceof VrlSyntaxError && text !== source) throw misplacedVariable(error, text, source);
    throw error;
  }
}

function inZone(program: Program, timezone: string): Program {
  return mapProgram(program, (one) => {
    if (one.kind !== 'call' || !OF_ZONE.includes(one.name)) return one;
    if (one.arguments.some(({ name }) => name === 'timezone') || one.arguments.length > 2) return one;
    const { start, end } = one;
    const value: Expression = { kind: 'literal', type: 'string', value: timezone, start, end };
    return { ...one, arguments: [...one.arguments, { name: 'timezone', value, start, end }] };
  });
}

export function translate(source: string, options: ProgramOptions): Translated {
  try {
    return translateProgram(parseProgram(source, options), options.dropsOnAbort);
  } catch (error) {
    if (error instanceof VrlSyntaxError) return { ok: false, problems: [error.message] };
    throw error;
  }
}

export function translateProgram(program: Program, dropsOnAbort: boolean): Translated {
  const code = emitProgram(program, { dropsOnAbort });
  if (code.problems.length === 0) return { ok: true, code };
  return { ok: false, problems: code.problems.map(({ text, line }) => `line ${line}: ${text}`) };
}

/** A condition as the body of a function that returns a boolean. */
export interface Condition {
  readonly imports: readonly string[];
  readonly constants: readonly string[];
  readonly body: readonly string[];
  /** The body as one expression; null if it is longer. */
  readonly expression: string | null;
}

const RESULT = 'vector_condition';
const RESULT_NAME = 'vectorCondition';

/**
 * A condition of VRL: the value of its last expression. A condition that fails does not hold.
 *
 * @returns the problems if it cannot be translated
 */
export function translateCondition(
  source: string,
  options: ProgramOptions,
  { isTest = false }: { isTest?: boolean } = {},
): Condition | readonly string[] {
  let program: Program;
  try {
    program = parseProgram(source, options);
    if (isTest) program = mapProgram(program, asAssert);
  } catch (error) {
    if (error instanceof VrlSyntaxError) return [error.message];
    throw error;
  }
  const mayFail =
    !isTest &&
    program.body.some((one) =>
      contains(one, (part) => part.kind === 'abort' || (part.kind === 'call' && part.abortsOnError)),
    );
  const translated = translateProgram(withResult(program), true);
  if (!translated.ok) return translated.problems;
  const last = program.body.at(-1);
  return conditionOf(translated.code, { mayFail, isBoolean: last !== undefined && isBoolean(last) });
}

/** `assert_eq!(a, b)` is `assert!(a == b)`. */
function asAssert(one: Expression): Expression {
  if (one.kind !== 'call' || one.name !== 'assert_eq') return one;
  const [left, right, message] = one.arguments;
  if (left === undefined || right === undefined) return one;
  const { start, end } = one;
  const value: Expression = {
    kind: 'binary',
    operator: '==',
    left: left.value,
    right: right.value,
    start,
    end,
  };
  const condition = { name: null, value, start, end };
  return { ...one, name: 'assert', arguments: message === undefined ? [condition] : [condition, message] };
}

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Whether TypeScript knows the translated expression as a boolean. */
function isBoolean(one: Expression): boolean {
  switch (one.kind) {
    case 'group':
      return isBoolean(one.value);
    case 'not':
      return true;
    case 'literal':
      return one.type === 'boolean';
    case 'binary':
      if (one.operator === '&&' || one.operator === '||') return isBoolean(one.left) && isBoolean(one.right);
      return COMPARISONS.has(one.operator);
    case 'call':
      return (
        !one.abortsOnError &&
        ['exists', 'contains', 'starts_with', 'ends_with', 'includes'].includes(one.name)
      );
    default:
      return false;
  }
}

/** The program with its value in a variable, which the emitter then has to make. */
function withResult(program: Program): Program {
  const last = program.body.at(-1);
  if (last === undefined) return program;
  const { start, end } = last;
  const result: Assignment = {
    kind: 'assignment',
    target: { kind: 'variable', name: RESULT, start, end },
    error: undefined,
    operator: '=',
    value: last.kind === 'return' ? last.value : last,
    start,
    end,
  };
  return { ...program, body: [...program.body.slice(0, -1), result] };
}

function conditionOf(
  { imports, constants, body }: EmittedProgram,
  { mayFail, isBoolean: isSure }: { mayFail: boolean; isBoolean: boolean },
): Condition {
  const lines = body.map((line) => line.replace(/\breturn undefined;$/, 'return false;'));
  const last = lines.at(-1) === 'return event;' ? lines.slice(0, -1) : lines;
  const made = new RegExp(`^const ${RESULT_NAME} = (.+);$`).exec(last.at(-1) ?? '')?.[1];
  const before = last.slice(0, -1);
  const isShort = made !== undefined && before.every((line) => line.startsWith('//') || line === '');
  const names = [...new Set([...imports, ...(mayFail && isShort ? ['recover'] : [])])].toSorted();
  if (isShort) {
    const certain = isSure ? made : `(${made}) === true`;
    const expression = mayFail ? `recover(() => ${made}, () => false) === true` : certain;
    return { imports: names, constants, body: [...before, `return ${expression};`], expression };
  }
  const full =
    made === undefined
      ? [...last, `return ${RESULT_NAME} === true;`]
      : [...before, `return (${made}) === true;`];
  if (!mayFail) return { imports: names, constants, body: full, expression: null };
  const wrapped = [
    'try {',
    ...full.map((line) => (line === '' ? line : `  ${line}`)),
    '} catch {',
    '  return false;',
    '}',
  ];
  return { imports: names, constants, body: wrapped, expression: null };
}
