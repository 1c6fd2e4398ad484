import type { Component, Fields, Step } from '../model.ts';
import { mapOf, textOf, textsOf } from '../model.ts';
import { type Context, type Generated, originOf } from '../context.ts';
import { MILLISECONDS, numberCode, numberImports, scaled, variableOf } from '../quantity.ts';
import { quoted } from '../names.ts';
import { dotted, pathOf, splitVectorTemplate } from '../vector-template.ts';
import { conditionCode, filterOptions } from './condition.ts';
import { optionsText, writeFunction, writeSkeleton } from './function-file.ts';

/** The settings of a built-in that does what a transform does; null if there are none. */
type Settings = { readonly use: string; readonly with: Fields };

const IN_MEMORY =
  'time is that of the records, not of the clock, so that a replay gives the same; what it remembers does not ' +
  'outlive the process';

/** Entries of `transforms:` for throttle, dedupe and sample. @returns null if they need a file */
export function statefulSteps(component: Component, context: Context): Step[] | null {
  const { report } = context;
  const settings = settingsOf(component);
  if (settings === null) return null;
  const comment = originOf(component);
  report.add('check', component, `is the built-in \`${settings.use}\`: ${IN_MEMORY}.`);
  const seconds = component.type === 'throttle' ? component.options['window_secs'] : undefined;
  const { problem } = scaled(seconds ?? 1, MILLISECONDS);
  if (problem !== null) report.add('todo', component, `\`window_secs\` is \`window_ms\`: ${problem}`);
  const steps: Step[] = [{ ...settings, comment }];
  const key = sampleKey(component);
  if (key !== null) steps.push({ use: 'set', with: { fields: { [key]: rateText(component) } }, comment });
  return steps;
}

function settingsOf(component: Component): Settings | null {
  if (component.type === 'throttle') return throttle(component);
  if (component.type === 'dedupe') return dedupe(component);
  return component.type === 'sample' ? sample(component) : null;
}

function throttle({ options }: Component): Settings | null {
  if (options['exclude'] !== undefined) return null;
  const { threshold, window_secs: seconds, key_field: key } = options;
  const fields = keyFields(key);
  if (fields === null) return null;
  const window_ms = scaled(seconds ?? 1, MILLISECONDS).value;
  return {
    use: 'throttle',
    with: {
      threshold,
      ...(window_ms !== undefined && { window_ms }),
      ...(fields.length > 0 && { key: fields }),
    },
  };
}

/** The fields of a template, whose other text is the same for all. */
function keyFields(template: unknown): string[] | null {
  if (template === undefined) return [];
  const text = textOf(template);
  const parts = splitVectorTemplate(text.includes('{{') ? text : `{{${text}}}`);
  const fields = parts.flatMap((part) => (part.is === 'field' ? [dotted(part.path)] : []));
  if (parts.some(({ is }) => is === 'date')) return null;
  return fields.some((field) => field === null) ? null : fields.filter((field) => field !== null);
}

function dedupe({ options }: Component): Settings | null {
  const fields = mapOf(options['fields']);
  if (fields['ignore'] !== undefined) return null;
  const list = fields['match'] === undefined ? ['message', 'host', 'timestamp'] : textsOf(fields['match']);
  const paths = list.map((path) => dotted(pathOf(path)));
  if (paths.includes(null)) return null;
  const events = mapOf(options['cache'])['num_events'] ?? 5000;
  const age = mapOf(options['time_settings'])['max_age_ms'];
  return {
    use: 'dedupe',
    with: { fields: paths, max_events: events, ...(age !== undefined && { window_ms: age }) },
  };
}

function sample({ options }: Component): Settings | null {
  const rate = rateOf(options);
  const key = options['key_field'];
  const exclude = options['exclude'];
  if (rate === null || options['group_by'] !== undefined) return null;
  const found = exclude === undefined ? undefined : filterOptions(exclude);
  const list = found?.['in'] ?? (found?.['equals'] === undefined ? undefined : [found['equals']]);
  if (exclude !== undefined && (list === undefined || found?.['action'] !== undefined)) return null;
  return {
    use: 'sample',
    with: {
      rate,
      ...(key !== undefined && { key: dotted(pathOf(textOf(key))) }),
      ...(list !== undefined && { unless: { field: found?.['field'], in: list } }),
    },
  };
}

/** One of how many events is kept; null where the event itself says so. */
function rateOf({ rate, ratio }: Fields): number | string | null {
  const given =
    rate === undefined ? undefined : scaled(rate, { by: 1, min: 1, max: Number.MAX_SAFE_INTEGER });
  if (given?.value !== undefined) return given.value;
  return typeof ratio === 'number' && ratio > 0 ? Math.max(1, Math.round(1 / ratio)) : null;
}

/** Vector writes the rate into each sampled event. */
function sampleKey({ type, options }: Component): string | null {
  if (type !== 'sample') return null;
  const key = options['sample_rate_key'] ?? 'sample_rate';
  return key === '' ? null : dotted(pathOf(textOf(key)));
}

function rateText({ options }: Component): string {
  return textOf(options['rate'] ?? options['ratio']);
}

function rateTextCode(component: Component): string {
  const text = rateText(component);
  return variableOf(text) === null ? quoted(text) : 'String(RATE)';
}

/** A file for throttle, dedupe and sample: in a branch, or with options that the built-in lacks. */
export function statefulFunction(component: Component, context: Context): Generated {
  const { options } = component;
  const exclude =
    options['exclude'] === undefined ? null : conditionCode(options['exclude'], context.timezone);
  const body = bodyOf(component);
  if (body === null || (exclude !== null && 'length' in exclude)) {
    const problems = exclude !== null && 'length' in exclude ? exclude : [missingOf(component)];
    return writeSkeleton(
      component,
      { original: optionsText(component), extension: 'txt', problems },
      context,
    );
  }
  const kept = exclude === null ? [] : [`if (${inline(exclude)}) return event;`];
  const made = writeFunction(
    component,
    {
      imports: {
        ...body.others,
        logweir: body.imports,
        'logweir/vrl': [
          ...(exclude?.imports ?? []),
          ...(body.others['logweir/vrl'] ?? []),
          ...numberImports(body.constants),
        ],
      },
      constants: [...(exclude?.constants ?? []), ...body.constants],
      body: [...kept, ...body.lines],
    },
    context,
  );
  context.report.add('check', component, `is \`transforms/${made.file}.ts\`: ${IN_MEMORY}.`);
  if (mapOf(options['time_settings'])['max_age_ms'] !== undefined)
    context.report.add(
      'todo',
      component,
      `\`time_settings.max_age_ms\`: left out: \`transforms/${made.file}.ts\` compares with all events that it remembers.`,
    );
  return made;
}

/** Why there is no code for a transform. */
function missingOf({ type, options }: Component): string {
  const named = (key: string): string => `\`${key}: ${textOf(options[key])}\``;
  if (type === 'sample' && variableOf(options['ratio']) !== null)
    return `${named('ratio')} is a variable: Logweir needs its number, to write it as a \`rate\`.`;
  const numbers = ['rate', 'ratio', 'threshold', 'window_secs'].filter((key) => options[key] !== undefined);
  const [wrong] = numbers.filter((key) => numberCode(options[key]) === null);
  if (wrong !== undefined) return `${named(wrong)} is no number.`;
  if (type === 'sample') return 'it has neither `rate` nor `ratio` above 0.';
  if (type === 'throttle' && options['threshold'] === undefined) return 'it has no `threshold`.';
  return `${named('key_field')} is no list of fields.`;
}

/** A condition within an expression. */
function inline({ expression, body }: { expression: string | null; body: readonly string[] }): string {
  return (
    expression ?? `((): boolean => { ${body.filter((line) => !line.trim().startsWith('//')).join(' ')} })()`
  );
}

interface Body {
  readonly imports: readonly string[];
  readonly others: Readonly<Record<string, readonly string[]>>;
  readonly constants: readonly string[];
  readonly lines: readonly string[];
}

function bodyOf(component: Component): Body | null {
  const { type, options } = component;
  if (type === 'throttle') return throttleBody(options);
  if (type === 'dedupe') return dedupeBody(options);
  return type === 'sample' ? sampleBody(component) : null;
}

const valuesOf = (fields: readonly string[]): string =>
  `keyOf([${fields.map((field) => `fieldAt(event, ${quoted(field)})`).join(', ')}])`;

function throttleBody(options: Fields): Body | null {
  const fields = keyFields(options['key_field']);
  const threshold = numberCode(options['threshold']);
  const window = numberCode(options['window_secs'] ?? 1, { by: 1000, min: 1 });
  if (fields === null || threshold === null || window === null) return null;
  return {
    imports: ['BoundedMap', 'keyOf', ...(fields.length > 0 ? ['fieldAt'] : [])],
    others: {},
    constants: [
      `const THRESHOLD = ${threshold};`,
      `const WINDOW_MS = ${window};`,
      '/** Passed events by key and window. */',
      'const counts = new BoundedMap<string, number>(10_000);',
    ],
    lines: [
      'const window = Math.floor(Math.max(0, record.timestamp) / WINDOW_MS);',
      `const key = \`\${window} \${${valuesOf(fields)}}\`;`,
      'const count = counts.get(key) ?? 0;',
      'if (count >= THRESHOLD) return undefined;',
      'counts.set(key, count + 1);',
      'return event;',
    ],
  };
}

function dedupeBody(options: Fields): Body | null {
  const { match, ignore } = mapOf(options['fields']);
  const list = (match === undefined ? ['message', 'host', 'timestamp'] : textsOf(match)).map((path) =>
    pathOf(path).join('.'),
  );
  const ignored = textsOf(ignore).map((path) => pathOf(path).join('.'));
  const size = numberCode(mapOf(options['cache'])['num_events'] ?? 5000);
  if (size === null) return null;
  const key =
    ignore === undefined
      ? [`const key = ${valuesOf(list)};`]
      : [
          'const rest = copy(event);',
          ...ignored.map((path) => `deleteAt(rest, ${quoted(path)});`),
          "const key = stringifyExact(rest) ?? '';",
        ];
  return {
    imports: [
      'BoundedMap',
      ...(ignore === undefined ? ['keyOf', 'fieldAt'] : ['deleteAt', 'stringifyExact']),
    ],
    others: ignore === undefined ? {} : { 'logweir/vrl': ['copy'] },
    constants: [
      '/** The record of each event that was seen. */',
      `const seen = new BoundedMap<string, string>(${size});`,
    ],
    lines: [
      ...key,
      'const id = `${record.topic}:${record.partition}:${record.offset}`;',
      'const first = seen.get(key);',
      '// A record that is read again is not its own repeat.',
      'if (first !== undefined && first !== id) return undefined;',
      'seen.set(key, id);',
      'return event;',
    ],
  };
}

function sampleBody(component: Component): Body | null {
  const { options } = component;
  const rate = numberCode(rateOf(options));
  if (rate === null) return null;
  const fields = [options['key_field'], options['group_by']].flatMap((one) => keyFields(one) ?? []);
  const key = sampleKey(component);
  const id = '`${record.topic}:${record.partition}:${record.offset}`';
  return {
    imports: [...(fields.length > 0 ? ['keyOf', 'fieldAt'] : []), ...(key === null ? [] : ['setAt'])],
    others: { 'node:crypto': ['createHash'] },
    constants: [`const RATE = ${rate};`],
    lines: [
      `const text = ${options['key_field'] === undefined ? id : valuesOf(fields)};`,
      "const number = createHash('sha1').update(text).digest().readUInt32BE(0);",
      'if (number % RATE !== 0) return undefined;',
      ...(key === null ? [] : [`setAt(event, ${quoted(key)}, ${rateTextCode(component)});`]),
      'return event;',
    ],
  };
}
