import type { Component, Step } from '../model.ts';
import { type Context, type Generated, originOf } from '../context.ts';
import { conditionCode, filterOptions } from './condition.ts';
import { optionsText, writeFunction, writeSkeleton } from './function-file.ts';
import { asRemap, isPayloadParser } from './old.ts';
import { reduceSteps } from './reduce.ts';
import { remapFunction, remapSteps } from './remap.ts';
import { statefulFunction, statefulSteps } from './stateful.ts';

/** What to do about a type of transform that is not translated. */
const ADVICE: Readonly<Record<string, string>> = {
  lua: 'Lua is not translated. For dots in names see the built-in `unflatten`',
  aws_ec2_metadata: 'Add the metadata in an agent on the instance',
  log_to_metric: 'Logweir makes no metrics',
  window: 'Logweir has no windows of events: see the API of aggregating transforms',
};

/**
 * Entries of `transforms:` for a transform.
 *
 * @param isPayload whether `decoding: json` does its first line
 */
export function stepsFor(component: Component, isPayload: boolean, context: Context): Step[] {
  const { type, options, ...rest } = component;
  const of = { type, options, ...rest };
  const comment = originOf(of);
  if (isPayload && isPayloadParser(of)) {
    context.report.add('done', of, 'is `decoding: json`.');
    return [];
  }
  const remap = type === 'remap' ? of : asRemap(of);
  if (remap !== null) return remapSteps(remap, isPayload, context);
  if (type === 'filter') {
    const filter = filterOptions(options['condition']);
    if (filter !== null) {
      context.report.add('done', of, 'is the built-in `filter`.');
      return [{ use: 'filter', with: filter, comment }];
    }
  }
  if (type === 'reduce') return reduceSteps(of, context);
  const stateful = statefulSteps(of, context);
  if (stateful !== null) return stateful;
  const made = functionFor(of, context);
  return [{ use: `./transforms/${made.file}.ts`, ...(made.isSkeleton && { on_error: 'hold' }), comment }];
}

/** A file with a function for a transform. */
export function functionFor(component: Component, context: Context): Generated {
  const { type, options } = component;
  const remap = type === 'remap' ? component : asRemap(component);
  if (remap !== null) return remapFunction(remap, context);
  if (type === 'filter') return filterFunction(component, context);
  if (['throttle', 'dedupe', 'sample'].includes(type)) return statefulFunction(component, context);
  const advice =
    type === 'reduce'
      ? 'a branch cannot aggregate: put it before the branches'
      : ((Object.hasOwn(ADVICE, type) ? ADVICE[type] : undefined) ??
        `a transform of type ${type} is not translated`);
  const extension = type === 'lua' ? 'lua' : 'txt';
  const original = typeof options['source'] === 'string' ? options['source'] : optionsText(component);
  return writeSkeleton(component, { original, extension, problems: [`${advice}.`] }, context);
}

function filterFunction(component: Component, context: Context): Generated {
  const condition = conditionCode(component.options['condition'], context.timezone);
  if ('length' in condition)
    return writeSkeleton(
      component,
      { original: String(component.options['condition']), extension: 'vrl', problems: condition },
      context,
    );
  const { imports, constants, body, expression } = condition;
  const lines =
    expression === null
      ? [
          'const isKept = ((): boolean => {',
          ...body.map((line) => `  ${line}`),
          '})();',
          'return isKept ? event : undefined;',
        ]
      : [...body.slice(0, -1), `return ${wrapped(expression)} ? event : undefined;`];
  const made = writeFunction(
    component,
    { imports: { 'logweir/vrl': imports }, constants, body: lines },
    context,
  );
  context.report.add('done', component, `is \`transforms/${made.file}.ts\`.`);
  return made;
}

function wrapped(expression: string): string {
  return /[?]|=>/.test(expression) ? `(${expression})` : expression;
}
