import type { IdField } from './bulk-settings.ts';
import { type Component, mapOf, textsOf } from './model.ts';
import { quoted } from './names.ts';
import type { Report } from './report.ts';
import { templateText } from './text-code.ts';
import { dotted, pathOf, type TemplatePart } from './vector-template.ts';

/** A piece of a transform that names the target of an event. */
export interface DestinationCode {
  readonly imports: Readonly<Record<string, readonly string[]>>;
  readonly constants: readonly string[];
  readonly body: readonly string[];
}

export interface FieldsRule {
  readonly use: 'remove' | 'keep';
  readonly list: readonly string[];
}

/** @param id the field of the ids: it must be there until the document is made, which lacks it in any case */
export function fieldsRule({ options }: Component, id: IdField | null): FieldsRule | null {
  const encoding = mapOf(options['encoding']);
  const only = encoding['only_fields'];
  const except = encoding['except_fields'];
  const needed = id === null || id.isRandom ? [] : [id.path];
  if (only !== undefined) {
    // Of a list, all of it: more than Vector writes, but nothing is lost.
    const kept = textsOf(only).map((path) => expressible(path) ?? dotted(beforeIndex(path)));
    return { use: 'keep', list: [...new Set([...kept.filter((path) => path !== null), ...needed])] };
  }
  const excepted = textsOf(except)
    .map(expressible)
    .filter((path) => path !== null);
  const removed = [...excepted, ...(id?.isRandom === true ? [id.path] : [])];
  const list = [...new Set(removed)].filter((path) => !needed.includes(path));
  return list.length === 0 ? null : { use: 'remove', list };
}

/** A path of Vector as one of Logweir; null for one with an index. */
function expressible(path: string): string | null {
  return dotted(pathOf(path));
}

function beforeIndex(path: string): readonly (string | number)[] {
  const segments = pathOf(path);
  const index = segments.findIndex((segment) => typeof segment === 'number');
  return index < 0 ? segments : segments.slice(0, index);
}

/** Names the fields that documents have or lack, and what Logweir cannot express. */
export function reportFields(sink: Component, report: Report): void {
  const encoding = mapOf(sink.options['encoding']);
  for (const name of ['only_fields', 'except_fields']) {
    const paths = textsOf(encoding[name]);
    if (paths.length === 0) continue;
    report.add('done', sink, `\`encoding.${name}\`: ${paths.map((path) => `\`${path}\``).join(', ')}.`);
    for (const path of paths)
      if (expressible(path) === null)
        report.add(
          'todo',
          sink,
          `\`encoding.${name}\`: Logweir cannot express \`${path}\`. ` +
            (name === 'only_fields'
              ? 'The whole of the field above it is kept; remove the rest in a transform.'
              : 'It stays in the documents; remove it in a transform.'),
        );
  }
  if (encoding['only_fields'] !== undefined && textsOf(encoding['except_fields']).length > 0)
    report.add(
      'todo',
      sink,
      '`encoding.except_fields` beside `only_fields` is left out: name in `only_fields` what is to stay.',
    );
}

export function isHidden(name: string, { use, list }: FieldsRule): boolean {
  const isListed = list.some((path) => path === name || path.startsWith(`${name}.`));
  return use === 'remove' ? isListed : !isListed;
}

export function result(fields: FieldsRule): string {
  return fields.use === 'keep' ? 'kept' : 'event';
}

export function fieldLines(fields: FieldsRule | null, imports: Record<string, string[]>): string[] {
  if (fields === null) return [];
  if (fields.use === 'remove') {
    imports['logweir']?.push('deleteAt');
    return fields.list.map((path) => `deleteAt(event, ${quoted(path)});`);
  }
  imports['logweir']?.push('fieldAt', 'setAt', 'type Event');
  return [
    'const kept: Event = {};',
    `for (const path of [${fields.list.map(quoted).join(', ')}]) {`,
    '  const value = fieldAt(event, path);',
    '  if (value !== undefined) setAt(kept, path, value);',
    '}',
  ];
}

export function atCode(path: readonly (string | number)[]): string {
  return `at(event, ${path.map((segment) => (typeof segment === 'string' ? quoted(segment) : segment)).join(', ')})`;
}

export function templateLiteral(
  parts: readonly TemplatePart[],
  timeField: string,
  imports: Record<string, string[]>,
): string {
  const texts = parts.map((part) => (part.is === 'text' ? templateText(part.text, imports) : ''));
  const vrl = new Set(imports['logweir/vrl'] ?? []);
  const pieces = parts.map((part, at) => {
    if (part.is === 'text') return texts[at] ?? '';
    if (part.is === 'field') {
      vrl.add('at').add('toString');
      return `\${toString(${atCode(part.path)}) || 'unknown'}`;
    }
    vrl.add('formatTimestamp').add('Timestamp');
    imports['logweir']?.push('fieldAt', 'parseTime');
    const time = `Timestamp.ofMs(parseTime(fieldAt(event, ${quoted(timeField)})) ?? record.timestamp)`;
    return `\${formatTimestamp(${time}, ${quoted(part.format)})}`;
  });
  imports['logweir/vrl'] = [...vrl];
  const [only] = pieces;
  if (pieces.length === 1 && parts[0]?.is !== 'text' && only !== undefined) return only.slice(2, -1);
  return `\`${pieces.join('')}\``;
}
