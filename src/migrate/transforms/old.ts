import { splitVectorTemplate } from '../vector-template.ts';
import { type Component, type Fields, mapOf, textOf, textsOf } from '../model.ts';

/**
 * Transforms that Vector removed, as a remap that does the same.
 *
 * @returns null for other types
 */
export function asRemap(component: Component): Component | null {
  const { type, options } = component;
  const source = sourceOf(type, options);
  if (source === null) return null;
  const dropsInvalid = options['drop_invalid'] === true || options['drop_failed'] === true;
  return { ...component, options: { source, ...(dropsInvalid && { drop_on_error: true }) } };
}

function sourceOf(type: string, options: Fields): string | null {
  switch (type) {
    case 'json_parser':
      return jsonParser(options);
    case 'regex_parser':
      return regexParser(options);
    case 'add_fields':
      return lines(flat(mapOf(options['fields'])), ([path, value]) => addField(path, value));
    case 'remove_fields':
      return lines(textsOf(options['fields']), (field) => `del(${pathOf(field)})`);
    case 'reconverterfields':
      return lines(flat(mapOf(options['fields'])), ([path, to]) =>
        [`if exists(${path}) {`, `  ${pathOf(textOf(to))} = del(${path})`, '}'].join('\n'),
      );
    default:
      return null;
  }
}

/** A value may be a template: the field is added where all of the template's fields are there. */
function addField(path: string, value: unknown): string {
  if (typeof value !== 'string' || !value.includes('{{')) return `${path} = ${JSON.stringify(value)}`;
  const parts = splitVectorTemplate(value);
  const fields = parts.flatMap((part) => (part.is === 'field' ? [vrlPath(part.path)] : []));
  const made = parts.map((part) => {
    if (part.is === 'field') return `(to_string(${vrlPath(part.path)}) ?? "")`;
    if (part.is === 'date') return `format_timestamp!(now(), ${JSON.stringify(part.format)})`;
    // Two braces in one text would be a template of VRL.
    return part.text
      .split(/(?<=\{)(?=\{)/)
      .map((text) => JSON.stringify(text))
      .join(' + ');
  });
  const assignment = `${path} = ${made.join(' + ')}`;
  if (fields.length === 0) return assignment;
  return [`if ${fields.map((field) => `exists(${field})`).join(' && ')} {`, `  ${assignment}`, '}'].join(
    '\n',
  );
}

function vrlPath(path: readonly (string | number)[]): string {
  const segments = path.map((one) =>
    typeof one === 'number'
      ? `[${one}]`
      : /^[A-Za-z_@][\w@]*$/.test(one)
        ? `.${one}`
        : `.${JSON.stringify(one)}`,
  );
  return segments[0]?.startsWith('[') === true ? `.${segments.join('')}` : segments.join('');
}

function lines<T>(list: readonly T[], line: (one: T) => string): string {
  return list.map(line).join('\n');
}

function flat(fields: Fields, above = ''): [path: string, value: unknown][] {
  return Object.entries(fields).flatMap(([key, value]): [string, unknown][] => {
    const inner = mapOf(value);
    if (Object.keys(inner).length > 0) return flat(inner, `${above}${key}.`);
    return [[pathOf(`${above}${key}`), value]];
  });
}

function pathOf(field: string): string {
  return `.${field
    .replace(/^\./, '')
    .split('.')
    .map((part) => (/^[A-Za-z_@][\w@]*$/.test(part) ? part : JSON.stringify(part)))
    .join('.')}`;
}

/** Whether a json_parser makes the payload the event, as `decoding: json` does. */
export function isPayloadParser({ type, options }: Component): boolean {
  const field = options['field'] ?? 'message';
  const keepsText = options['drop_field'] === false;
  return type === 'json_parser' && field === 'message' && options['target_field'] === undefined && !keepsText;
}

function jsonParser(options: Fields): string {
  const field = pathOf(textOf(options['field'] ?? 'message'));
  const drops = options['drop_field'] === false ? [] : [`del(${field})`];
  const target = options['target_field'];
  if (options['drop_invalid'] === true)
    return [`parsed = object!(parse_json!(${field}))`, ...drops, put(target)].join('\n');
  const inner = [...drops, put(target)].map((line) => `  ${line}`);
  return [`parsed, err = parse_json(${field})`, 'if err == null && is_object(parsed) {', ...inner, '}'].join(
    '\n',
  );
}

function put(target: unknown): string {
  return target === undefined ? '. = merge(., object!(parsed))' : `${pathOf(textOf(target))} = parsed`;
}

function regexParser(options: Fields): string {
  const field = pathOf(textOf(options['field'] ?? 'message'));
  const [pattern = '', ...others] = textsOf(options['patterns'] ?? options['regex']);
  const drops = options['drop_field'] === false ? [] : [`del(${field})`];
  const target = options['target_field'];
  const types = Object.entries(mapOf(options['types'])).flatMap(([name, type]) => {
    const converter = textOf(type).split('|')[0] ?? '';
    const convert = Object.hasOwn(CONVERTERS, converter) ? CONVERTERS[converter] : undefined;
    const path = `${target === undefined ? '' : pathOf(textOf(target))}${pathOf(name)}`;
    return convert === undefined ? [] : [`${path} = ${convert(path, textOf(type).split('|')[1])}`];
  });
  const parse = (one: string): string => `parse_regex(${field}, r'${one.replaceAll("'", String.raw`\'`)}')`;
  const all = [pattern, ...others].map(parse).join(' ?? ');
  const inner = [...drops, put(target), ...types].map((line) => `  ${line}`);
  return options['drop_failed'] === true
    ? [
        `parsed = object!(${all.replace('parse_regex(', 'parse_regex(')} ?? null)`,
        ...inner.map((line) => line.trim()),
      ].join('\n')
    : [`parsed, err = ${all}`, 'if err == null {', ...inner, '}'].join('\n');
}

const CONVERTERS: Readonly<Record<string, (path: string, format?: string) => string>> = {
  int: (path) => `to_int!(${path})`,
  integer: (path) => `to_int!(${path})`,
  float: (path) => `to_float!(${path})`,
  bool: (path) => `to_bool!(${path})`,
  boolean: (path) => `to_bool!(${path})`,
  timestamp: (path, format) => `parse_timestamp!(${path}, ${JSON.stringify(format ?? '%+')})`,
};
