import type { Argument, Binary, Call, Expression, Literal, Program, Template } from './vrl/ast.ts';
import { VrlSyntaxError } from './vrl/syntax-error.ts';
import { contains } from './vrl/walk.ts';
import { mapProgram } from './rewrite.ts';

const VARIABLE = /\$\$|\$\{([A-Za-z_][\w.]*)(?:(:?[-?])([^}]*))?\}|\$([A-Za-z_][\w]*)/g;

/**
 * Vector expands variables in the text of a configuration, also in its programs. Outside of strings they
 * become what their text would be parsed as; inside of them see {@link withEnvironment}.
 */
export function bareVariables(source: string): string {
  return source.replaceAll(
    /("(?:[^"\\]|\\.)*"|[srt]'(?:[^'\\]|\\.)*'|#[^\n]*)|\$\{([A-Za-z_]\w*)\}|(?<![\w.])\$([A-Za-z_]\w*)/g,
    (all, literal: string | undefined, braced: string | undefined, plain: string | undefined) =>
      literal === undefined ? `parse_json!(get_env_var!("${braced ?? plain ?? ''}"))` : all,
  );
}

const CODE = /parse_json!\(get_env_var!\("(\w*)"\)\)/g;
const ONLY_VALUES =
  'Logweir expands variables where a value stands, not in names and other code. Write the name';

/**
 * The error of a program whose variable does not stand for a value, such as `.${FIELD} = 1`.
 *
 * @param text the program with {@link bareVariables}
 * @returns the same error if it is about something else
 */
export function misplacedVariable(error: VrlSyntaxError, text: string, source: string): VrlSyntaxError {
  const line = text.split('\n')[error.line - 1] ?? '';
  for (const { index, 0: code, 1: name = '' } of line.matchAll(CODE)) {
    // What follows the value may be what the parser did not expect.
    if (error.column < index || error.column > index + code.length + 2) continue;
    const start =
      source
        .split('\n')
        .slice(0, error.line - 1)
        .join('\n').length + (error.line > 1 ? 1 : 0);
    const at = source.slice(start).search(new RegExp(String.raw`\$\{?${name}\b`));
    const span = { start: start + Math.max(0, at), end: start + Math.max(0, at) + name.length };
    return new VrlSyntaxError(`the variable ${name} cannot be translated here: ${ONLY_VALUES}`, source, span);
  }
  return error;
}

/** @throws VrlSyntaxError if a name of a field or key has a variable, which would stay text */
export function checkVariables(program: Program): Program {
  const check = (name: string | number, at: Expression): void => {
    const found = typeof name === 'string' ? /\$\{?([A-Za-z_]\w*)/.exec(name.replaceAll('$$', '')) : null;
    if (found === null) return;
    const problem = `the variable ${found[1] ?? ''} cannot be translated here: ${ONLY_VALUES}`;
    throw new VrlSyntaxError(problem, program.source, at);
  };
  for (const one of program.body)
    contains(one, (part) => {
      if (part.kind === 'query') for (const segment of part.path) check(segment, part);
      if (part.kind === 'object') for (const [key] of part.entries) check(key, part);
      return false;
    });
  return program;
}

/** The texts of a program with their variables as calls of `get_env_var`. */
export function withEnvironment(program: Program): Program {
  return mapProgram(program, (one) => {
    if (one.kind === 'template') return ofTemplate(one);
    if (one.kind !== 'literal' || one.type !== 'string' || !one.value.includes('$')) return one;
    const parts = partsOf(one);
    const [first, ...rest] = parts;
    if (first === undefined) return one;
    return rest.reduce<Expression>((left, right) => sum(left, right), first);
  });
}

function ofTemplate(template: Template): Expression {
  if (!template.parts.some((part) => typeof part === 'string' && part.includes('$'))) return template;
  const { start, end } = template;
  const [first = template, ...rest] = template.parts.flatMap((part): Expression[] =>
    typeof part === 'string'
      ? partsOf({ kind: 'literal', type: 'string', value: part, start, end })
      : [{ ...template, parts: [part] }],
  );
  return rest.reduce((left, right) => sum(left, right), first);
}

function partsOf(literal: Literal): Expression[] {
  const parts: Expression[] = [];
  let text = '';
  let end = 0;
  const flush = (): void => {
    if (text !== '') parts.push({ ...literal, value: text });
    text = '';
  };
  for (const match of literal.value.matchAll(VARIABLE)) {
    const [whole, braced, operator, inner = '', plain] = match;
    text += literal.value.slice(end, match.index);
    end = match.index + whole.length;
    if (whole === '$$') {
      text += '$';
      continue;
    }
    flush();
    parts.push(variable(literal, braced ?? plain ?? '', operator, inner));
  }
  text += literal.value.slice(end);
  flush();
  return parts.length === 0 ? [{ ...literal, value: text }] : parts;
}

function variable(at: Literal, name: string, operator: string | undefined, inner: string): Expression {
  const { start, end } = at;
  const hasDefault = operator?.endsWith('-') === true;
  const argument: Argument = { name: null, value: { ...at, value: name }, start, end };
  const call: Call = {
    kind: 'call',
    name: 'get_env_var',
    abortsOnError: !hasDefault,
    arguments: [argument],
    closure: null,
    start,
    end,
  };
  if (!hasDefault) return call;
  const value: Binary = {
    kind: 'binary',
    operator: '??',
    left: call,
    right: { ...at, value: inner },
    start,
    end,
  };
  return { kind: 'group', value, start, end };
}

function sum(left: Expression, right: Expression): Binary {
  return { kind: 'binary', operator: '+', left, right, start: left.start, end: right.end };
}
