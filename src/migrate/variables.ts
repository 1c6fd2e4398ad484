import type { Argument, Binary, Call, Expression, Literal, Program } from './vrl/ast.ts';
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

/** The texts of a program with their variables as calls of `get_env_var`. */
export function withEnvironment(program: Program): Program {
  return mapProgram(program, (one) => {
    if (one.kind !== 'literal' || one.type !== 'string' || !one.value.includes('$')) return one;
    const parts = partsOf(one);
    const [first, ...rest] = parts;
    if (first === undefined) return one;
    return rest.reduce<Expression>((left, right) => sum(left, right), first);
  });
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
