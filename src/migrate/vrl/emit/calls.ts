import type * as ast from '../ast.ts';
import { type FunctionSpec, camelCase, functionSpec } from '../functions.ts';
import { checkLiterals } from './literals.ts';
import type { ExpressionEmitter } from './port.ts';
import { isPlainField, quote, segments } from './names.ts';
import { Scope } from './scope.ts';
import type { Place } from './sink.ts';
import { type Code, Level, code } from './unit.ts';

/** Translates a call of a function of VRL. */
export function emitCall(emitter: ExpressionEmitter, call: ast.Call, place: Place): Code {
  switch (call.name) {
    case 'exists':
      return exists(emitter, call, place);
    case 'del':
      return del(emitter, call, place);
    case 'unnest':
      return unnest(emitter, call, place);
    case 'for_each':
      return emitter.immediate([call], place);
    case 'log':
      emitter.unit.notes.add('log() is left out: the text of an event must not reach the log');
      return code('null', 'null');
    default: {
      const spec = functionSpec(call.name);
      if (spec !== undefined) return plain(emitter, call, spec, place);
      emitter.unit.problem(`the function ${call.name} is not translated`, call);
      return code('null', 'unknown');
    }
  }
}

function plain(emitter: ExpressionEmitter, call: ast.Call, spec: FunctionSpec, place: Place): Code {
  const found = matchArguments(emitter, call, spec);
  checkLiterals(emitter.unit, call, found);
  let mayBeShared = false;
  let mayShareInside = false;
  const positional = spec.positional.map((name) => {
    const argument = found.get(name.replace('?', ''));
    if (argument === undefined) return 'undefined';
    const keepsInside = RETURN_NEW.has(call.name);
    if (isEvent(argument.value) && onlyReads(call.name, spec)) {
      mayShareInside ||= keepsInside;
      return 'event';
    }
    const emitted = emitter.emit(argument.value, place);
    const isShared = emitted.mayBeShared || isEvent(argument.value);
    mayBeShared ||= isShared && RETURN_ARGUMENTS.has(call.name);
    mayShareInside ||= keepsInside && (emitted.mayBeShared || emitted.mayShareInside === true);
    return emitted.text;
  });
  const options = spec.options.flatMap((name) => {
    const argument = found.get(name);
    return argument === undefined ? [] : `${camelCase(name)}: ${emitter.emit(argument.value, place).text}`;
  });
  if (options.length > 0) positional.push(`{ ${options.join(', ')} }`);
  if (call.closure !== null) positional.push(closure(emitter, call.closure, place));
  else while (positional.at(-1) === 'undefined') positional.pop();
  return { ...emitter.unit.call(spec.name, positional, spec.returns), mayBeShared, mayShareInside };
}

/** Functions whose value may be an object that was an argument, or was in one. */
const RETURN_ARGUMENTS = new Set(['object', 'array', 'get', 'set', 'remove']);

/** Functions whose value is a new object. */
const RETURN_NEW = new Set(
  'compact filter flatten keys map_keys map_values merge parse_groks redact to_entries unflatten values'.split(
    ' ',
  ),
);

/** Whether the function keeps no argument in its value: then the event needs no copy. */
function onlyReads(name: string, { returns }: FunctionSpec): boolean {
  return RETURN_NEW.has(name) || !['unknown', 'object', 'array'].includes(returns);
}

export function isEvent(expression: ast.Expression): boolean {
  const inner = expression.kind === 'group' ? expression.value : expression;
  return inner.kind === 'query' && inner.target === 'event' && inner.path.length === 0;
}

/** The arguments by the names of their parameters. */
function matchArguments(
  { unit }: ExpressionEmitter,
  call: ast.Call,
  { positional, options }: FunctionSpec,
): Map<string, ast.Argument> {
  const parameters = [...positional.map((name) => name.replace('?', '')), ...options];
  const found = new Map<string, ast.Argument>();
  for (const argument of call.arguments) {
    if (argument.name !== null) found.set(argument.name, argument);
  }
  for (const argument of call.arguments) {
    const name = argument.name ?? parameters.find((one) => !found.has(one));
    if (name === undefined || !parameters.includes(name)) {
      unit.problem(`${call.name} has no parameter ${argument.name ?? 'for this argument'}`, argument);
    } else found.set(name, argument);
  }
  for (const name of positional) {
    if (!name.endsWith('?') && !found.has(name)) unit.problem(`${call.name} needs ${name}`, call);
  }
  return found;
}

function closure(emitter: ExpressionEmitter, { parameters, body }: ast.Closure, place: Place): string {
  const scope = new Scope(place.scope);
  const names = parameters.map((name, n) => (name === '' ? `_${n}` : scope.declare(name, 'unknown').name));
  return emitter.arrow(names, body.body, { scope, isNested: true });
}

function pathArgument(call: ast.Call): ast.Query | ast.Variable | null {
  const value = call.arguments[0]?.value;
  return value?.kind === 'query' || value?.kind === 'variable' ? value : null;
}

function exists(emitter: ExpressionEmitter, call: ast.Call, place: Place): Code {
  const query = pathArgument(call);
  if (query?.kind !== 'query' || query.target === 'metadata') {
    emitter.unit.problem('exists needs a path of the event or of a variable', call);
    return code('false', 'boolean');
  }
  const [first] = query.path;
  if (first === undefined) return code('true', 'boolean');
  if (query.target === 'event' && query.path.length === 1 && typeof first === 'string' && isPlainField(first))
    return code(`${quote(first)} in event`, 'boolean', Level.comparison);
  return emitter.unit.call('hasPath', [root(emitter, query, place), ...segments(query.path)], 'boolean');
}

function del(emitter: ExpressionEmitter, call: ast.Call, place: Place): Code {
  const query = pathArgument(call);
  if (query?.kind !== 'query' || query.target === 'metadata') {
    emitter.unit.problem('del needs a path of the event or of a variable', call);
    return code('null', 'unknown');
  }
  const compact = call.arguments.find((one, n) => one.name === 'compact' || (n === 1 && one.name === null));
  const args = [rootToChange(emitter, query, place), `[${segments(query.path).join(', ')}]`];
  if (compact !== undefined) args.push(emitter.condition(compact.value, place).text);
  return { ...emitter.unit.call('removeAt', args), mayBeShared: true, isMoved: query.target === 'event' };
}

function unnest(emitter: ExpressionEmitter, call: ast.Call, place: Place): Code {
  const query = pathArgument(call);
  if (query?.kind !== 'query' || query.target === 'metadata') {
    emitter.unit.problem('unnest needs a path of the event or of a variable', call);
    return code('[]', 'array');
  }
  const args = [root(emitter, query, place), `[${segments(query.path).join(', ')}]`];
  return emitter.unit.call('unnest', args, 'array');
}

/** The event itself; a variable gets a copy of its value, which another name may have too. */
function rootToChange(emitter: ExpressionEmitter, query: ast.Query, place: Place): string {
  const text = root(emitter, query, place);
  if (typeof query.target === 'string') return text;
  const copied = emitter.unit.call('shallow', [text]).text;
  return query.target.kind === 'variable' ? `(${text} = ${copied})` : copied;
}

function root(emitter: ExpressionEmitter, { target }: ast.Query, place: Place): string {
  if (target === 'event') return 'event';
  return target === 'metadata' ? 'null' : emitter.emit(target, place).text;
}
