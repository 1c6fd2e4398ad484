import { type Component, type Fields, mapOf, textOf } from './model.ts';
import type { Context } from './context.ts';
import { dotted, pathOf } from './vector-template.ts';
import type { Expression, Program } from './vrl/ast.ts';
import { children, contains } from './vrl/walk.ts';

/** The built-in's options, and the options of Vector that rename its fields. */
const OPTIONS = {
  topic: 'topic_key',
  partition: 'partition_key',
  offset: 'offset_key',
  message_key: 'key_field',
  headers: 'headers_key',
} as const;

/** Settings of Vector's log schema that matter here. */
interface LogSchema {
  readonly message: string;
  readonly timestamp: string;
  readonly sourceType: string;
}

export function logSchemaOf({ config }: Pick<Context, 'config'>): LogSchema {
  const schema = mapOf(config.globals.get('log_schema')?.value);
  const name = (key: string, otherwise: string): string =>
    typeof schema[key] === 'string' ? (dotted(pathOf(schema[key])) ?? otherwise) : otherwise;
  return {
    message: name('message_key', 'message'),
    timestamp: name('timestamp_key', 'timestamp'),
    sourceType: name('source_type_key', 'source_type'),
  };
}

/**
 * The options of `kafka-fields` for a source: the names of Vector. A field that a program deletes, and that
 * nothing else reads, is left out.
 *
 * @returns null if no field is left
 */
export function kafkaFieldsOptions(
  source: Component,
  programs: readonly Program[],
  context: Context,
): { readonly options: Fields; readonly omitted: readonly string[] } | null {
  const schema = logSchemaOf(context);
  const names: Record<string, string | null> = {
    timestamp: schema.timestamp,
    source_type: schema.sourceType,
  };
  for (const [option, key] of Object.entries(OPTIONS)) {
    const given = source.options[key];
    names[option] = given === '' ? null : given === undefined ? option : dotted(pathOf(textOf(given)));
  }
  const omitted: string[] = [];
  const options: Record<string, string | null> = {};
  for (const [option, name] of Object.entries(names)) {
    const isDeleted = name !== null && isOnlyDeleted(name, programs);
    if (isDeleted) omitted.push(name);
    if (isDeleted || name === null) options[option] = null;
    else if (name !== option) options[option] = name;
  }
  const nulls = Object.values(options).filter((one) => one === null).length;
  return nulls === Object.keys(names).length ? null : { options, omitted };
}

/** Whether a program deletes the field at its top level, and nothing reads it, or the whole event. */
function isOnlyDeleted(name: string, programs: readonly Program[]): boolean {
  const deletes = (one: Expression): boolean =>
    one.kind === 'call' && one.name === 'del' && isField(one.arguments[0]?.value, name);
  const body = programs.flatMap((program) => program.body);
  const isDeleted = body.some(deletes);
  return isDeleted && !body.some((one) => !deletes(one) && reads(one, name));
}

function isField(one: Expression | undefined, name: string): boolean {
  return one?.kind === 'query' && one.target === 'event' && one.path.length === 1 && one.path[0] === name;
}

function reads(one: Expression, name: string): boolean {
  if (one.kind === 'assignment') {
    // `. = merge(., x)` and `. |= x` leave the field to the deletion.
    const { value } = one;
    const isMerge = value.kind === 'call' && value.name === 'merge' && isRootOf(value.arguments[0]?.value);
    const parts = isMerge ? children(value).slice(1) : [value];
    return parts.some((part) => contains(part, (inner) => isReading(inner, name)));
  }
  return contains(one, (inner) => isReading(inner, name));
}

function isReading(one: Expression, name: string): boolean {
  return isRootOf(one) || (one.kind === 'query' && one.target === 'event' && one.path[0] === name);
}

function isRootOf(one: Expression | undefined): boolean {
  return one?.kind === 'query' && one.target === 'event' && one.path.length === 0;
}
