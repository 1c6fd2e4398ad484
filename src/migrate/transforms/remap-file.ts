import type { Component } from '../model.ts';
import type { Context, Generated } from '../context.ts';
import { type FunctionCode, writeFunction } from './function-file.ts';

/** What `on_error` is for a remap; also says what differs. */
export function onErrorOf(
  { options, ...component }: Component,
  { isStrict, report }: Context,
): 'dead_letter' | 'drop' | 'keep' {
  const of = { options, ...component };
  if (options['reroute_dropped'] === true) {
    report.add('done', of, '`reroute_dropped` is `on_error: dead_letter`.');
    return 'dead_letter';
  }
  if (options['drop_on_error'] === true) {
    report.add('done', of, '`drop_on_error: true` is `on_error: drop`.');
    return 'drop';
  }
  report.add(
    'check',
    of,
    isStrict
      ? '`on_error: keep`: as in Vector, an event passes unchanged if the program fails on it.'
      : '`drop_on_error: false`: in Vector an event passes unchanged if the program fails on it. Here it ' +
          'becomes a dead letter; `on_error: keep`, or `--strict`, is what Vector does.',
  );
  return isStrict ? 'keep' : 'dead_letter';
}

interface ProgramCode {
  readonly imports: readonly string[];
  readonly constants: readonly string[];
  readonly body: readonly string[];
  readonly notes: readonly string[];
}

/** A file for a translated program. */
export function writeProgram(component: Component, code: ProgramCode, context: Context): Generated {
  const { imports, constants, body, notes } = code;
  const file: FunctionCode = { imports: { 'logweir/vrl': imports }, constants, body };
  const made = writeFunction(component, file, context);
  context.report.add('done', component, `is \`transforms/${made.file}.ts\`.`);
  for (const note of notes) context.report.add('check', component, `${note}.`.replace(/\.\.$/, '.'));
  return made;
}
