import { parse as parseToml, TomlError } from 'smol-toml';
import { isCollection, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { LogweirError } from '../errors.ts';
import { type Fields, type InputFile, isMap, kindOf, mapOf, textOf } from './model.ts';

/** One file of a configuration. */
export interface ReadFile {
  readonly file: InputFile;
  readonly value: Fields;
  /** The line of a key, from 1; of the nearest key above it that is found. */
  readonly lineOf: (path: readonly string[]) => number;
  /** What the file was besides: the values of a chart, or a custom resource. */
  readonly wrapper: 'values' | 'resource' | null;
  /** Top-level keys of a chart's values besides `customConfig`. */
  readonly chartKeys: readonly string[];
}

const RESOURCES = ['VectorPipeline', 'ClusterVectorPipeline', 'Vector'];

/**
 * Reads a configuration in YAML, JSON or TOML: one of Vector's own, the values of its Helm chart, or a
 * VectorPipeline.
 *
 * @throws LogweirError CONFIG if it cannot be parsed, or is something else
 */
export function readVectorFile(file: InputFile): ReadFile {
  const parsed = /\.toml$/i.test(file.path) ? readToml(file) : readYaml(file);
  return { file, ...unwrap(file, parsed) };
}

interface Parsed {
  readonly value: Fields;
  readonly lineOf: (path: readonly string[]) => number;
}

function fault(file: InputFile, why: string, cause?: unknown): LogweirError {
  return new LogweirError('CONFIG', `${file.path}: ${why}`, { cause });
}

function readToml(file: InputFile): Parsed {
  let value: unknown;
  try {
    value = parseToml(file.text, { integersAsBigInt: false });
  } catch (error) {
    if (error instanceof TomlError)
      throw fault(file, `it is not TOML: line ${error.line}, ${error.message}`, error);
    throw error;
  }
  return { value: mapOf(value), lineOf: (path) => tomlLine(file.text, path) };
}

/** The TOML parser reports no positions: the line of the table's header, or of the key. */
function tomlLine(text: string, path: readonly string[]): number {
  const lines = text.split('\n');
  for (let length = path.length; length > 0; length--) {
    const name = path.slice(0, length).map((key) => `["']?${key.replaceAll(/\W/g, String.raw`\$&`)}["']?`);
    const header = new RegExp(String.raw`^\s*\[\[?\s*${name.join(String.raw`\s*\.\s*`)}\s*[\].]`);
    const table = lines.findIndex((line) => header.test(line));
    if (table >= 0) return lineOfKey(lines, table, path.slice(length)) ?? table + 1;
  }
  return lineOfKey(lines, -1, path) ?? 1;
}

function lineOfKey(lines: readonly string[], table: number, [key]: readonly string[]): number | undefined {
  if (key === undefined) return undefined;
  for (let at = table + 1; at < lines.length && !/^\s*\[/.test(lines[at] ?? ''); at++)
    if (
      new RegExp(String.raw`^\s*["']?${key.replaceAll(/\W/g, String.raw`\$&`)}["']?\s*[=.]`).test(
        lines[at] ?? '',
      )
    )
      return at + 1;
  return undefined;
}

function readYaml(file: InputFile): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(withoutPrint(file.text), { lineCounter: lines, merge: true });
  const [first] = document.errors;
  if (first !== undefined) {
    const line = first.linePos?.[0].line;
    const at = line === undefined ? '' : `line ${line}, `;
    throw fault(file, `it is not YAML: ${at}${first.message.split('\n')[0] ?? ''}`, first);
  }
  const lineOf = (path: readonly string[]): number => {
    let node: unknown = document.contents;
    let line = 1;
    for (const key of path) {
      if (!isCollection(node)) return line;
      const items: readonly unknown[] = node.items;
      const pair = items.find((one) => isPair(one) && isScalar(one.key) && String(one.key.value) === key);
      const next = isPair(pair) ? pair : items[Number(key)];
      const at = isPair(next) ? next.key : next;
      const start = (at as { range?: readonly number[] } | undefined)?.range?.[0];
      if (start === undefined) return line;
      ({ line } = lines.linePos(start));
      node = isPair(next) ? next.value : next;
    }
    return line;
  };
  return { value: topOf(document.toJS({ maxAliasCount: 1000 }), file), lineOf };
}

function topOf(value: unknown, file: InputFile): Fields {
  if (value === null || value === undefined) return {};
  if (isMap(value)) return value;
  throw fault(file, `it must be a map with sources, transforms and sinks, not ${kindOf(value)}`);
}

/** Helm's escapes: `{{ print "{{ x }}" }}` and `{{ "{{ x }}" }}` are `{{ x }}`. */
function withoutPrint(text: string): string {
  return text.replaceAll(
    /\{\{-?\s*(?:print\s+)?(?:"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)\s*-?\}\}/g,
    (_all, quoted: string | undefined, raw: string | undefined) =>
      raw ?? (quoted ?? '').replaceAll(String.raw`\"`, '"'),
  );
}

function unwrap(file: InputFile, { value, lineOf }: Parsed): Omit<ReadFile, 'file'> {
  const plain = { value, lineOf, wrapper: null, chartKeys: [] };
  if (file.component !== undefined) return plain;
  if (value['kind'] !== undefined && value['apiVersion'] !== undefined) {
    const kind = textOf(value['kind']);
    if (!RESOURCES.includes(kind))
      throw fault(
        file,
        `a resource of kind ${kind} is no configuration of Vector: give what it generates (the operator's ` +
          'Secret or ConfigMap with vector.toml or vector.yaml)',
      );
    return {
      value: mapOf(value['spec']),
      lineOf: (path) => lineOf(['spec', ...path]),
      wrapper: 'resource',
      chartKeys: [],
    };
  }
  const chart = isMap(value['vector']) && 'customConfig' in value['vector'] ? ['vector'] : [];
  const values = chart.length > 0 ? mapOf(value['vector']) : value;
  const custom = values['customConfig'];
  if (custom === undefined) return plain;
  const chartKeys = Object.keys(values).filter((key) => key !== 'customConfig');
  const above = [...chart, 'customConfig'];
  if (typeof custom !== 'string')
    return {
      value: mapOf(custom),
      lineOf: (path) => lineOf([...above, ...path]),
      wrapper: 'values',
      chartKeys,
    };
  const inner = readYaml({ ...file, text: custom });
  // A block scalar starts below its key.
  const offset = lineOf(above);
  return { value: inner.value, lineOf: (path) => offset + inner.lineOf(path), wrapper: 'values', chartKeys };
}
