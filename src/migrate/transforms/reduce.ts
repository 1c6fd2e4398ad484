import type { Component, Step } from '../model.ts';
import { mapOf, textOf, textsOf } from '../model.ts';
import { type Context, namesFor, originOf } from '../context.ts';
import { quoted } from '../names.ts';
import { numberCode, numberImports } from '../quantity.ts';
import type { Condition } from '../program.ts';
import { indented, SourceFile } from '../source-file.ts';
import { pathOf } from '../vector-template.ts';
import { conditionCode } from './condition.ts';
import { optionsText, writeSkeleton } from './function-file.ts';

/** How the generated code merges the values of a field, oldest first. */
const STRATEGIES: Readonly<Record<string, string>> = {
  discard: 'values[0]',
  retain: 'values.findLast((value) => value !== null)',
  sum: 'values.reduce<number>((sum, value) => sum + Number(value), 0)',
  max: 'Math.max(...values.map(Number))',
  min: 'Math.min(...values.map(Number))',
  array: 'values',
  concat: "values.join(' ')",
  concat_newline: String.raw`values.join('\n')`,
  concat_raw: "values.join('')",
  shortest_array: 'values.toSorted((a, b) => lengthOf(a) - lengthOf(b))[0]',
  longest_array: 'values.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]',
  flat_unique: '[...new Set(values.flat())]',
};

/** A file for `reduce`: an aggregating transform. */
export function reduceSteps(component: Component, context: Context): Step[] {
  const { options } = component;
  const starts = optional(options['starts_when'], context);
  const ends = optional(options['ends_when'], context);
  const problems = [starts, ends].flatMap((one) => (one !== null && 'length' in one ? one : []));
  const strategies = Object.entries(mapOf(options['merge_strategies']));
  const unknown = strategies.filter(([, strategy]) => !Object.hasOwn(STRATEGIES, textOf(strategy)));
  if (unknown.length > 0) problems.push(`the merge strategy ${textOf(unknown[0]?.[1])} is not known`);
  for (const name of ['max_events', 'expire_after_ms'])
    if (numberCode(options[name] ?? 0) === null)
      problems.push(`\`${name}: ${textOf(options[name])}\` is no number`);
  if (problems.length > 0 || (starts !== null && 'length' in starts) || (ends !== null && 'length' in ends)) {
    const made = writeSkeleton(
      component,
      { original: optionsText(component), extension: 'txt', problems },
      context,
    );
    return [{ use: `./transforms/${made.file}.ts`, comment: originOf(component) }];
  }
  const { file } = namesFor(component.id, context);
  context.files.set(`transforms/${file}.ts`, render(component, starts, ends));
  context.report.add(
    'check',
    component,
    `is \`transforms/${file}.ts\`, an aggregating transform: groups never span partitions, their time is that of ` +
      'the records, and the offsets of all records of a group advance together.',
  );
  return [{ use: `./transforms/${file}.ts`, comment: originOf(component) }];
}

function optional(value: unknown, { timezone }: Context): Condition | readonly string[] | null {
  return value === undefined ? null : conditionCode(value, timezone);
}

function render(component: Component, starts: Condition | null, ends: Condition | null): string {
  const { options } = component;
  const source = new SourceFile();
  source.use('logweir', 'defineTransform', 'type Event', 'fieldAt', 'keyOf');
  for (const one of [starts, ends]) {
    if (one === null) continue;
    source.use('logweir/vrl', ...one.imports);
    source.constants.push(...one.constants.filter((line) => !source.constants.includes(line)));
  }
  const groups = textsOf(options['group_by']).map(
    (path) => `fieldAt(event, ${quoted(pathOf(path).join('.'))})`,
  );
  if (groups.length === 0) source.use('logweir');
  const max = numberCode(options['max_events'] ?? 1000, { min: 2 });
  const gap = numberCode(options['expire_after_ms'] ?? 30_000);
  source.use('logweir/vrl', ...numberImports([max ?? '', gap ?? '']));
  if (starts !== null)
    source.add(
      "/** Vector's `starts_when`. */",
      'function startsGroup(event: Event): boolean {',
      ...indented(starts.body),
      '}',
    );
  if (ends !== null)
    source.add(
      "/** Vector's `ends_when`. */",
      'function endsGroup(event: Event): boolean {',
      ...indented(ends.body),
      '}',
    );
  source.add(...startRule(starts !== null, ends !== null));
  source.add(
    `/** ${originOf(component)}. */`,
    'export default defineTransform({',
    '  setup: () => ({',
    `    key: (event) => keyOf([${groups.join(', ')}]),`,
    '    starts,',
    '    merge: mergeEvents,',
    `    maxEvents: ${max ?? ''},`,
    `    maxGapMs: ${gap ?? ''},`,
    '  }),',
    '});',
  );
  source.add(...mergeCode(component));
  const code = source.render();
  return groups.length === 0 ? code.replace(', fieldAt', '').replace('fieldAt, ', '') : code;
}

function startRule(hasStarts: boolean, hasEnds: boolean): string[] {
  const parts = [
    hasStarts ? 'startsGroup(event)' : '',
    hasEnds ? '(last !== undefined && endsGroup(last))' : '',
  ];
  const rule = parts.filter((part) => part !== '').join(' || ');
  if (!hasEnds)
    return [
      `function starts(${hasStarts ? 'event' : '_event'}: Event): boolean {`,
      `  return ${rule === '' ? 'false' : rule};`,
      '}',
    ];
  return [
    `function starts(${hasStarts ? 'event' : '_event'}: Event, group: readonly Event[]): boolean {`,
    '  const last = group.at(-1);',
    `  return ${rule.replace(/^\((.*)\)$/, '$1')};`,
    '}',
  ];
}

function mergeCode({ options }: Component): string[] {
  const strategies = Object.entries(mapOf(options['merge_strategies']));
  const usesLength = strategies.some(([, strategy]) => textOf(strategy).endsWith('_array'));
  return [
    'function mergeEvents(events: readonly Event[]): Event {',
    '  const merged: Event = {};',
    '  for (const name of new Set(events.flatMap((event) => Object.keys(event)))) {',
    '    const values = events.map((event) => event[name]).filter((value) => value !== undefined);',
    '    merged[name] = mergeValues(name, values);',
    '  }',
    '  return merged;',
    '}',
    '',
    '/** Numbers are summed by default; of other values the first remains. */',
    'function mergeValues(name: string, values: readonly unknown[]): unknown {',
    '  switch (name) {',
    ...strategies.flatMap(([name, strategy]) => [
      `    case ${quoted(pathOf(name).join('.'))}:`,
      `      return ${STRATEGIES[textOf(strategy)] ?? 'values[0]'};`,
    ]),
    '    default:',
    "      if (values.every((value) => typeof value === 'number'))",
    '        return values.reduce((sum, value) => sum + value, 0);',
    '      return values[0];',
    '  }',
    '}',
    ...(usesLength
      ? [
          '',
          'function lengthOf(value: unknown): number {',
          '  return Array.isArray(value) ? value.length : 0;',
          '}',
        ]
      : []),
  ];
}
