import type * as ast from '../ast.ts';
import type { Known } from '../functions.ts';
import { isPlainField, member, segments } from './names.ts';
import type { Scope } from './scope.ts';
import { type Code, Level, type Unit, within } from './unit.ts';

/** What an assignment needs to know. */
export interface Assigned {
  readonly unit: Unit;
  readonly scope: Scope;
  /** Whether the variable is set once only. */
  isConstant(name: string): boolean;
}

/** Statements that set a variable, the event, or something in one of them. */
export function assign(
  assigned: Assigned,
  target: ast.Query | ast.Variable,
  operator: '=' | '|=',
  value: Code,
): string[] {
  if (target.kind === 'variable') return assignVariable(assigned, target.name, operator, value);
  const { unit, scope } = assigned;
  const { path } = target;
  if (target.target === 'metadata') {
    unit.problem('metadata (%) of the log namespace', target);
    return [];
  }
  if (target.target === 'event') return assignEvent(unit, path, operator, value);
  if (target.target.kind !== 'variable') {
    unit.problem('an assignment to the value of an expression', target);
    return [];
  }
  const variable = scope.find(target.target.name);
  const name = variable?.name ?? scope.declare(target.target.name, 'unknown').name;
  const current = unitAt(unit, name, path);
  const set = unit.call('put', [
    variable === undefined ? '{}' : unit.call('shallow', [name]).text,
    `[${segments(path).join(', ')}]`,
    merged(unit, operator, current, value),
  ]);
  return variable === undefined ? [`let ${name}: unknown = ${set.text};`] : [`${name} = ${set.text};`];
}

function assignVariable(assigned: Assigned, name: string, operator: '=' | '|=', value: Code): string[] {
  const { unit, scope } = assigned;
  const variable = scope.find(name);
  if (variable !== undefined) return [`${variable.name} = ${merged(unit, operator, variable.name, value)};`];
  if (assigned.isConstant(name)) return [`const ${scope.declare(name, value.known).name} = ${value.text};`];
  return [`let ${scope.declare(name, 'unknown').name}: unknown = ${value.text};`];
}

function assignEvent(unit: Unit, path: readonly ast.Segment[], operator: '=' | '|=', value: Code): string[] {
  const [first] = path;
  if (first === undefined) {
    if (operator === '=' && value.mayBeShared && unit.changesEvent) {
      const { text } = value.known === 'object' ? value : unit.call('asEvent', [value.text]);
      return [`event = ${unit.call('shallow', [text]).text};`];
    }
    const fields = value.known === 'object' ? value.text : unit.call('asObject', [value.text]).text;
    if (operator === '|=') return [`Object.assign(event, ${fields});`];
    return [`event = ${value.known === 'object' ? value.text : unit.call('asEvent', [value.text]).text};`];
  }
  if (path.length === 1 && typeof first === 'string' && isPlainField(first)) {
    const field = `event${member(first)}`;
    return [`${field} = ${merged(unit, operator, field, owned(unit, value))};`];
  }
  const text = merged(unit, operator, unitAt(unit, 'event', path), owned(unit, value));
  return [`${unit.call('put', ['event', `[${segments(path).join(', ')}]`, text]).text};`];
}

const SCALAR: ReadonlySet<Known> = new Set([
  'null',
  'boolean',
  'integer',
  'float',
  'string',
  'timestamp',
  'regex',
]);

/** A copy where another field may have the value too, since later transforms change fields in place. */
function owned(unit: Unit, value: Code): Code {
  const isAlone = !value.mayBeShared && value.mayShareInside !== true;
  if (isAlone || value.isMoved === true || SCALAR.has(value.known)) return value;
  return unit.call('copy', [value.text], value.known);
}

function unitAt(unit: Unit, root: string, path: readonly ast.Segment[]): () => string {
  return () => unit.call('at', [root, ...segments(path)]).text;
}

function merged(unit: Unit, operator: '=' | '|=', current: string | (() => string), value: Code): string {
  if (operator === '=') return within(Level.conditional, value);
  return unit.call('merge', [typeof current === 'string' ? current : current(), value.text]).text;
}

const FALLBACKS: Readonly<Record<Known, string>> = {
  null: 'null',
  boolean: 'false',
  integer: '0',
  float: '0',
  string: "''",
  timestamp: 'EPOCH',
  regex: 'null',
  array: '[]',
  object: '{}',
  unknown: 'null',
};

/** The value that VRL gives to the target of a failed expression. */
export function fallbackOf(known: Known, unit: Unit): string {
  if (known === 'timestamp') unit.imports.add('EPOCH');
  return FALLBACKS[known];
}
