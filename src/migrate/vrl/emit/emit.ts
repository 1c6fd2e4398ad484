import type { Program } from '../ast.ts';
import { exportedNames } from '../functions.ts';
import { changesFields, lastRoot } from './root.ts';
import { countAssignments, Scope } from './scope.ts';
import { indent, StatementEmitter } from './statements.ts';
import { type Code, type Problem, Unit } from './unit.ts';

interface EmitOptions {
  /** Vector's `drop_on_abort`; otherwise an aborted event passes as it came. */
  readonly dropsOnAbort: boolean;
}

/** A program as the body of a transform. */
interface EmittedProgram {
  /** Sorted. */
  readonly imports: readonly string[];
  /** Declarations at the top of the file. */
  readonly constants: readonly string[];
  /** Statements of `(event) => { … }`, which return the event, events or undefined. */
  readonly body: readonly string[];
  /** What cannot be translated; then the body must not be used. */
  readonly problems: readonly Problem[];
  /** What is translated differently on purpose. */
  readonly notes: readonly string[];
}

/** Translates a program of VRL into the body of a transform function. */
export function emitProgram(program: Program, { dropsOnAbort }: EmitOptions): EmittedProgram {
  const unit = new Unit(program.source, { dropsOnAbort, changesEvent: changesFields(program) });
  const statements = new StatementEmitter(unit, countAssignments(program), program.comments);
  const scope = new Scope(null, exportedNames());
  const place = { scope, isNested: false };
  const last = lastRoot(program);
  const body = last === null ? program.body : program.body.slice(0, program.body.indexOf(last));
  const lines = statements.lines(body, null, place);
  if (last === null) lines.push(...statements.remainingComments(), 'return event;');
  else {
    const asEvents = ({ text }: Code): string[] => [`return ${unit.call('asEvents', [text]).text};`];
    lines.push(...statements.lines([last.value], asEvents, place));
  }
  const wrapped = wrap(unit, lines);
  return {
    imports: [...unit.imports].toSorted(),
    constants: unit.constants,
    body: wrapped,
    problems: unique(unit.problems),
    notes: [...unit.notes],
  };
}

function wrap(unit: Unit, lines: string[]): string[] {
  const body = unreachableRemoved(lines);
  if (unit.throwsAbort) {
    unit.imports.add('Aborted');
    if (!unit.dropsOnAbort) unit.needsOriginal = true;
    const result = unit.dropsOnAbort ? 'undefined' : 'original';
    body.unshift('try {');
    body.push(
      '} catch (error) {',
      `  if (error instanceof Aborted) return ${result};`,
      '  throw error;',
      '}',
    );
    const inner = indent(body.slice(1, -4));
    body.splice(1, body.length - 5, ...inner);
  }
  if (unit.needsOriginal) {
    unit.imports.add('copy');
    body.unshift('const original = copy(event);');
  }
  return body;
}

/** A return after a return. */
function unreachableRemoved(lines: readonly string[]): string[] {
  const [last, before] = [lines.at(-1), lines.at(-2)];
  return before?.startsWith('return ') === true && last !== undefined ? lines.slice(0, -1) : [...lines];
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((one) => [`${one.line} ${one.text}`, one])).values()];
}
