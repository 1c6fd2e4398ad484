import type { Component, Step } from '../model.ts';
import { kindOf, textsOf } from '../model.ts';
import { type Context, type Generated, originOf } from '../context.ts';
import { parseProgram, type ProgramOptions, translateProgram } from '../program.ts';
import type { Expression, Program } from '../vrl/ast.ts';
import { VrlSyntaxError } from '../vrl/syntax-error.ts';
import { dotted } from '../vector-template.ts';
import { literalOf } from './condition.ts';
import { writeSkeleton } from './function-file.ts';
import { lookupSteps } from './lookup.ts';
import { onErrorOf, writeProgram } from './remap-file.ts';

/** A program of VRL and what its transform says about it. */
interface Source {
  readonly text: string;
  readonly options: ProgramOptions;
}

function sourceOf({ options, ...component }: Component, context: Context): Source | { problem: string } {
  const timezone = zoneOf({ options, ...component }, context);
  const dropsOnAbort = options['drop_on_abort'] !== false || options['reroute_dropped'] === true;
  const source = options['source'];
  if (typeof source === 'string')
    return { text: source, options: { dropsOnAbort, timezone, hasVariables: true } };
  if (source !== undefined)
    return { problem: `\`source\` must be a text with a program, not ${kindOf(source)}` };
  if (options['file'] === undefined && options['files'] === undefined)
    return { problem: 'it has neither `source` nor `file`' };
  const files = textsOf(options['file'] ?? options['files']);
  const texts = files.map((file) => context.readProgram(file));
  const missing = files.find((_file, index) => texts[index] === null);
  if (missing !== undefined) return { problem: `the program ${missing} cannot be read` };
  return { text: texts.join('\n'), options: { dropsOnAbort, timezone, hasVariables: false } };
}

/** The zone of times without one: of the transform, else of the configuration. */
function zoneOf({ options }: Component, { timezone }: Context): string | undefined {
  const zone = options['timezone'] ?? timezone;
  return typeof zone === 'string' ? zone : undefined;
}

/** The program of a remap; null if it cannot be read or parsed. */
export function programOf(component: Component, context: Context): Program | null {
  const source = sourceOf(component, context);
  if ('problem' in source) return null;
  try {
    return parseProgram(source.text, source.options);
  } catch (error) {
    if (error instanceof VrlSyntaxError) return null;
    throw error;
  }
}

/** `. = parse_json!(.message)` at the start: the payload is the event. */
export function startsWithPayload(program: Program | null): boolean {
  const [first] = program?.body ?? [];
  if (first?.kind !== 'assignment' || first.operator !== '=' || first.error !== undefined) return false;
  return isRoot(first.target) && isParsedMessage(first.value);
}

function isRoot(one: Expression | null): boolean {
  return one?.kind === 'query' && one.target === 'event' && one.path.length === 0;
}

function isParsedMessage(one: Expression): boolean {
  if (one.kind !== 'call' || !one.abortsOnError) return false;
  const [argument] = one.arguments;
  if (argument === undefined || one.arguments.length > 1) return false;
  if (one.name === 'object') return isParsedMessage(argument.value);
  if (one.name !== 'parse_json') return false;
  const { value } = argument;
  const inner =
    value.kind === 'call' && (value.name === 'string' || value.name === 'to_string')
      ? value.arguments[0]?.value
      : value;
  return inner?.kind === 'query' && inner.target === 'event' && inner.path.join('.') === 'message';
}

/** Entries of `transforms:` for a remap. @param isPayload whether its first line became `decoding: json` */
export function remapSteps(component: Component, isPayload: boolean, context: Context): Step[] {
  const source = sourceOf(component, context);
  const plain = 'problem' in source ? null : plainSteps(source, isPayload, component);
  if (plain !== null) {
    if (plain.length > 0)
      context.report.add(
        'done',
        component,
        `is the configuration of \`${plain.map(({ use }) => use).join('`, `')}\`.`,
      );
    return plain;
  }
  const rest = 'problem' in source ? null : lookupSteps(component, source, isPayload, context);
  if (rest !== null) return rest;
  const made = remapFunction(component, context, isPayload);
  const on_error = onErrorOf(component, context);
  return [{ use: `./transforms/${made.file}.ts`, on_error, comment: originOf(component) }];
}

/** A file for a remap. */
export function remapFunction(component: Component, context: Context, isPayload = false): Generated {
  const source = sourceOf(component, context);
  if ('problem' in source)
    return writeSkeleton(
      component,
      { original: `# ${source.problem}`, extension: 'vrl', problems: [source.problem] },
      context,
    );
  let problems: readonly string[];
  try {
    const parsed = parseProgram(source.text, source.options);
    const program = isPayload ? { ...parsed, body: parsed.body.slice(1) } : parsed;
    const translated = translateProgram(program, source.options.dropsOnAbort);
    if (translated.ok) return writeProgram(component, translated.code, context);
    ({ problems } = translated);
  } catch (error) {
    if (!(error instanceof VrlSyntaxError)) throw error;
    problems = [error.message];
  }
  return writeSkeleton(component, { original: source.text, extension: 'vrl', problems }, context);
}

/** A program of nothing but `del(.field)` and `.field = constant`; null for others. */
function plainSteps({ text, options }: Source, isPayload: boolean, component: Component): Step[] | null {
  let body: readonly Expression[];
  try {
    // The texts keep their variables: those of logweir.yaml have the same notation.
    ({ body } = parseProgram(text, { ...options, hasVariables: false }));
  } catch (error) {
    if (error instanceof VrlSyntaxError) return null;
    throw error;
  }
  const steps: { use: 'remove' | 'set'; fields: string[]; values: Record<string, unknown> }[] = [];
  for (const one of isPayload ? body.slice(1) : body) {
    const plain = plainOf(one, options.hasVariables);
    if (plain === null) return null;
    const last = steps.at(-1);
    const step = last?.use === plain.use ? last : { use: plain.use, fields: [], values: {} };
    if (step !== last) steps.push(step);
    step.fields.push(plain.field);
    step.values[plain.field] = plain.value;
  }
  const comment = originOf(component);
  if (steps.length > 2) return null;
  return steps.map(({ use, fields, values }) => ({
    use,
    with: { fields: use === 'set' ? values : fields },
    comment,
  }));
}

interface Plain {
  readonly use: 'remove' | 'set';
  readonly field: string;
  readonly value: unknown;
}

function plainOf(one: Expression, hasVariables: boolean): Plain | null {
  if (one.kind === 'call' && one.name === 'del' && one.arguments.length === 1) {
    const field = plainPath(one.arguments[0]?.value ?? null);
    return field === null ? null : { use: 'remove', field, value: undefined };
  }
  if (one.kind !== 'assignment' || one.operator !== '=' || one.error !== undefined) return null;
  const field = plainPath(one.target);
  const value = literalOf(one.value);
  if (field === null || value === undefined) return null;
  const text = typeof value === 'string' && !hasVariables ? value.replaceAll('$', '$$$$') : value;
  return { use: 'set', field, value: text };
}

/** A dotted path that means the same in both. */
function plainPath(one: Expression | null): string | null {
  if (one?.kind !== 'query' || one.target !== 'event') return null;
  // Logweir expands variables in values, not in names.
  if (one.path.some((segment) => typeof segment !== 'string' || /[.$]/.test(segment))) return null;
  return dotted(one.path);
}
