import type { Component } from '../model.ts';
import type { Context, Generated } from '../context.ts';
import { type FunctionCode, writeFunction } from './function-file.ts';

/**
 * What `on_error` is for a remap; also says what differs.
 *
 * @param beside null for an entry of the chain; for a part of a graph, the sinks that an event also reaches
 *   without it
 */
export function onErrorOf(
  component: Component,
  { isStrict, report }: Context,
  beside: readonly Component[] | null = null,
): 'dead_letter' | 'drop' | 'keep' {
  const { options } = component;
  const isPart = beside !== null;
  const add = (level: 'done' | 'check', text: string): void => report.add(level, component, text);
  if (options['drop_on_error'] === true && options['reroute_dropped'] !== true) {
    add(
      'done',
      isPart
        ? '`drop_on_error: true`: its branch of the event ends if the program fails; other branches go on. ' +
            `\`transform_custom_total{name="${component.id} failed"}\` counts these events.`
        : '`drop_on_error: true` is `on_error: drop`.',
    );
    return 'drop';
  }
  if (options['reroute_dropped'] === true) {
    add('done', '`reroute_dropped` is `on_error: dead_letter`.');
    const { source } = options;
    if (typeof source !== 'string' || /\babort\b/.test(source))
      add(
        'check',
        '`abort` drops the event. In Vector, `reroute_dropped` sends it to the output `.dropped`, too: throw an ' +
          'error there if it is to become a dead letter.',
      );
  } else if (isStrict) {
    const name = isPart ? '`--strict`' : '`on_error: keep`';
    add('check', `${name}: as in Vector, an event passes unchanged if the program fails on it.`);
    return 'keep';
  } else
    add(
      'check',
      '`drop_on_error: false`: in Vector an event passes unchanged if the program fails on it. Here it ' +
        `becomes a dead letter; ${isPart ? '`--strict`' : '`on_error: keep`, or `--strict`,'} is what Vector does.`,
    );
  if (isPart && beside.length > 0)
    add(
      'check',
      'a dead letter is the whole record: if the program fails, nothing of the record goes to ' +
        `${beside.map(({ id }) => `sinks.${id}`).join(', ')} either, where Vector writes it.`,
    );
  return 'dead_letter';
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
