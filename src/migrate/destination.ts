import { compileIndexName } from '../elasticsearch/index-name.ts';
import { messageOf } from '../errors.ts';
import { bulkAction, idField } from './bulk-settings.ts';
import type { Context } from './context.ts';
import { type Component, mapOf, textOf } from './model.ts';
import { quoted } from './names.ts';
import {
  atCode,
  type DestinationCode,
  fieldLines,
  type FieldsRule,
  fieldsRule,
  isHidden,
  reportFields,
  result,
  templateLiteral,
} from './target-code.ts';
import { sampleText, textCode, withoutVariables } from './text-code.ts';
import { fieldsOf, logweirTemplate, splitVectorTemplate, type TemplatePart } from './vector-template.ts';

/** Where the documents of a sink go. */
export interface Destination {
  readonly sink: Component;
  /** Of `elasticsearch:` in logweir.yaml, if this is the main sink. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Fields that a built-in `remove` or `keep` handles. */
  readonly fields: { readonly use: 'remove' | 'keep'; readonly list: readonly string[] } | null;
  /** The body of `(event, record) => { … }`, if the settings do not say all; it ends with a return. */
  readonly code: DestinationCode | null;
  /** The same for a sink that is not the main one: its target must be set. */
  readonly route: DestinationCode;
}

const CREATED = 'Logweir creates documents with ids of their own, so that a repeated record is no second one';

function isDataStream({ options }: Component): boolean {
  return options['mode'] === 'data_stream';
}

/** The destination of a sink, with what it says in the report. */
export function destinationOf(sink: Component, timeField: string, context: Context): Destination {
  reportFields(sink, context.report);
  return isDataStream(sink) ? dataStream(sink, timeField, context) : index(sink, timeField, context);
}

function index(sink: Component, timeField: string, context: Context): Destination {
  const { report } = context;
  const { options } = sink;
  const bulk = { ...mapOf(options['normal']), ...mapOf(options['bulk']) };
  const text = textOf(bulk['index'] ?? options['index'] ?? 'vector-%Y.%m.%d');
  reportAction(sink, bulkAction(sink), context);
  const parts = splitVectorTemplate(text);
  const template = logweirTemplate(parts, timeField);
  const problem = template === null ? null : problemOf(template);
  reportTemplate(sink, text, parts, timeField, context);
  if (problem !== null) report.add('todo', sink, `the index \`${text}\`: ${problem}`);
  const fallback = bulk['template_fallback_index'];
  if (fallback !== undefined)
    report.add('done', sink, '`bulk.template_fallback_index`: for an event without a field of the name.');
  const fields = fieldsRule(sink, idField(sink, context));
  const hidesField = fields !== null && fieldsOf(parts).some((name) => isHidden(name, fields));
  const usable = template !== null && problem === null ? template : null;
  const needsCode = usable === null || hidesField || fallback !== undefined;
  const route = indexCode(parts, { template: usable, fallback, timeField }, fields, context);
  return {
    sink,
    settings: { index: needsCode ? literalOr(parts) : usable },
    fields: needsCode ? null : fields,
    code: needsCode ? route : null,
    route,
  };
}

/** The name for events that the generated transform does not name; it names all of them. */
function literalOr(parts: readonly TemplatePart[]): string {
  const text = parts.map((part) => (part.is === 'text' ? withoutVariables(part.text) : '')).join('');
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'app-logs' : name;
}

function problemOf(template: string): string | null {
  try {
    compileIndexName(sampleText(template));
    return null;
  } catch (error) {
    return `${messageOf(error)}.`;
  }
}

function reportAction(sink: Component, action: string, { report }: Context): void {
  if (action === 'index' || action === 'create')
    report.add(
      'done',
      sink,
      sink.options['id_key'] === undefined
        ? `\`bulk.action: ${action}\`: ${CREATED}.`
        : `\`bulk.action: ${action}\`: see \`id_key\`.`,
    );
  else
    report.add(
      'todo',
      sink,
      `\`bulk.action: ${action}\`: ${CREATED}. It does not update or delete: leave this sink in Vector.`,
    );
}

function reportTemplate(
  sink: Component,
  text: string,
  parts: readonly TemplatePart[],
  timeField: string,
  { report }: Context,
): void {
  report.add('done', sink, `the index \`${text}\`.`);
  if (parts.some(({ is }) => is === 'date'))
    report.add(
      'check',
      sink,
      `the date in \`${text}\` is that of \`${timeField}\`, else of the record. In Vector it is now, unless ` +
        `\`${timeField}\` is of type timestamp.`,
    );
  if (parts.some(({ is }) => is === 'field'))
    report.add(
      'check',
      sink,
      `a field of \`${text}\` that is missing: Vector drops the event, Logweir writes \`unknown\`.`,
    );
}

function indexCode(
  parts: readonly TemplatePart[],
  { template, fallback, timeField }: { template: string | null; fallback: unknown; timeField: string },
  fields: FieldsRule | null,
  context: Context,
): DestinationCode {
  const imports: Record<string, string[]> = { logweir: ['routeTo'] };
  const constants: string[] = [];
  const before: string[] = [];
  const only = parts.length === 1 ? parts[0] : undefined;
  let name: string;
  if (parts.every((part) => part.is === 'text')) {
    name = textCode(parts.map((part) => part.text).join(''), imports);
    if (name.startsWith('`')) {
      const constant = context.functionNames.take('indexName');
      constants.push(`const ${constant} = ${name};`);
      name = constant;
    }
  } else if (template !== null && !(only?.is === 'field')) {
    const constant = context.functionNames.take('indexName');
    imports['logweir']?.push('compileIndexName');
    constants.push(`const ${constant} = compileIndexName(${textCode(template, imports)});`);
    name = `${constant}.name(event, record.timestamp)`;
  } else name = templateLiteral(parts, timeField, imports);
  if (fallback !== undefined) before.push(...fallbackLines(parts, textOf(fallback), imports, fields));
  const last = [`const index = ${name};`, ...fieldLines(fields, imports)];
  const body =
    fields === null
      ? [`return routeTo(event, ${name});`]
      : [...last, `return routeTo(${result(fields)}, index);`];
  return { imports, constants, body: [...before, ...body] };
}

function fallbackLines(
  parts: readonly TemplatePart[],
  fallback: string,
  imports: Record<string, string[]>,
  fields: FieldsRule | null,
): string[] {
  imports['logweir/vrl'] = [...(imports['logweir/vrl'] ?? []), 'at'];
  const tests = parts.flatMap((part) => (part.is === 'field' ? [`${atCode(part.path)} == null`] : []));
  if (tests.length === 0) return [];
  return [
    `if (${tests.join(' || ')}) {`,
    ...fieldLines(fields, imports).map((line) => `  ${line}`),
    `  return routeTo(${fields === null ? 'event' : result(fields)}, ${textCode(fallback, imports)});`,
    '}',
  ];
}

function dataStream(sink: Component, timeField: string, context: Context): Destination {
  const { report } = context;
  const stream = mapOf(sink.options['data_stream']);
  const parts = {
    type: textOf(stream['type'] ?? 'logs'),
    dataset: textOf(stream['dataset'] ?? 'generic'),
    namespace: textOf(stream['namespace'] ?? 'default'),
  };
  const routes = stream['auto_routing'] !== false;
  const syncs = stream['sync_fields'] !== false;
  const fields = fieldsRule(sink, idField(sink, context));
  const isLiteral = Object.values(parts).every((text) =>
    splitVectorTemplate(text).every(({ is }) => is === 'text'),
  );
  const route = streamCode(parts, { routes, syncs, timeField }, fields);
  report.add('done', sink, `the data stream \`${parts.type}-${parts.dataset}-${parts.namespace}\`.`);
  if (routes)
    report.add('done', sink, "`auto_routing`: the event's own `data_stream.*` decides, as in Vector.");
  if (syncs) report.add('done', sink, '`sync_fields`: the generated transform writes `data_stream.*`.');
  if (!isLiteral)
    report.add(
      'check',
      sink,
      'a field of the data stream that is missing: Vector drops the event, Logweir writes `unknown`.',
    );
  const literal = (text: string, otherwise: string): string => (text.includes('{{') ? otherwise : text);
  return {
    sink,
    settings: {
      mode: 'data_stream',
      data_stream: {
        type: literal(parts.type, 'logs'),
        dataset: literal(parts.dataset, 'generic'),
        namespace: literal(parts.namespace, 'default'),
      },
    },
    fields: null,
    code: route,
    route,
  };
}

function streamCode(
  parts: Readonly<Record<'type' | 'dataset' | 'namespace', string>>,
  { routes, syncs, timeField }: { routes: boolean; syncs: boolean; timeField: string },
  fields: FieldsRule | null,
): DestinationCode {
  const imports: Record<string, string[]> = { logweir: ['routeTo'] };
  const lines: string[] = [];
  for (const [name, text] of Object.entries(parts)) {
    const split = splitVectorTemplate(text);
    const isText = split.every(({ is }) => is === 'text');
    const value = isText ? textCode(text, imports) : templateLiteral(split, timeField, imports);
    if (routes || syncs) imports['logweir']?.push('fieldAt');
    const own = `fieldAt(event, 'data_stream.${name}')`;
    const otherwise = value.includes(' || ') && !value.startsWith('`') ? `(${value})` : value;
    lines.push(routes ? `const ${name} = ${own} ?? ${otherwise};` : `const ${name} = ${value};`);
  }
  if (syncs) {
    imports['logweir']?.push('setAt', 'fieldAt');
    for (const name of Object.keys(parts))
      lines.push(
        routes
          ? `setAt(event, 'data_stream.${name}', ${name});`
          : `if (fieldAt(event, 'data_stream.${name}') === undefined) setAt(event, 'data_stream.${name}', ${name});`,
      );
  }
  if (timeField !== '@timestamp') {
    imports['logweir']?.push('moveAt', 'fieldAt');
    lines.push(
      '// Vector renames the time of an event for a data stream.',
      `if (fieldAt(event, ${quoted(timeField)}) !== undefined) moveAt(event, ${quoted(timeField)}, event, '@timestamp');`,
    );
  }
  lines.push("const stream = [type, dataset, namespace].filter((part) => part !== '').join('-');");
  lines.push(...fieldLines(fields, imports));
  lines.push(`return routeTo(${fields === null ? 'event' : result(fields)}, stream);`);
  return { imports, constants: [], body: lines };
}
