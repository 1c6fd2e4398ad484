import { parse as parseToml, TomlError } from 'smol-toml';
import {
  type Document,
  type ErrorCode,
  isCollection,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
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

/** Far more than a file written by hand. The parser and the translation need stack for each level. */
const DEPTH_MAX = 200;
const ALIASES_MAX = 1000;

const TOO_DEEP = `it is nested more than ${DEPTH_MAX} levels deep`;

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an asterisk begins an alias; put the text in quotes',
  DUPLICATE_KEY: 'a key stands twice in one map',
  RESOURCE_EXHAUSTION: TOO_DEEP,
};

function sentenceOf({ code, message }: YAMLError): string {
  const [line = ''] = message.split('\n');
  // The parser gives this as its own error, without a code.
  if (line.includes('call stack')) return TOO_DEEP;
  return SENTENCES[code] ?? line.replace(/ at line \d+, column \d+:?$/, '');
}

/** YAML, of which JSON is a part. A chart that is YAML only without its escapes is read without them. */
function readYaml(file: InputFile): Parsed {
  const format = /\.json$/i.test(file.path) ? 'JSON' : 'YAML';
  let lines = new LineCounter();
  let document = parseDocument(file.text, { lineCounter: lines, merge: true });
  const plain = withoutPrint(file.text);
  if (plain !== file.text && (document.errors.length > 0 || hasMapAsKey(document))) {
    lines = new LineCounter();
    document = parseDocument(plain, { lineCounter: lines, merge: true });
  }
  const [first] = document.errors;
  if (first !== undefined) {
    const line = first.linePos?.[0].line;
    const at = line === undefined ? '' : `line ${line}: `;
    throw fault(file, `it is not ${format}: ${at}${sentenceOf(first)}`, first);
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
  return { value: topOf(valueOf(document, file, lines), file), lineOf };
}

/** The value of a document: aliases replaced, and the escapes of a chart in its texts. */
function valueOf(document: Document.Parsed, file: InputFile, lines: LineCounter): unknown {
  visit(document, {
    Alias(_key, alias, above) {
      const target = alias.resolve(document);
      const { line } = lines.linePos(alias.range?.[0] ?? 0);
      if (target !== undefined && !above.includes(target)) return;
      if (target !== undefined) throw fault(file, `line ${line}: the alias *${alias.source} contains itself`);
      throw fault(file, `line ${line}: the alias *${alias.source} has no anchor &${alias.source} before it`);
    },
  });
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    throw fault(file, `its aliases expand to more than ${ALIASES_MAX} values`, error);
  }
  return unescaped(value, file);
}

function unescaped(value: unknown, file: InputFile, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw fault(file, TOO_DEEP);
  const inside = (one: unknown): unknown => unescaped(one, file, depth + 1);
  if (typeof value === 'string') return withoutPrint(value);
  if (Array.isArray(value)) return value.map(inside);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)]));
}

/** An escape outside of quotes reads as a map that is a key. */
function hasMapAsKey(document: Document.Parsed): boolean {
  let isFound = false;
  visit(document, {
    Pair(_key, { key }) {
      isFound ||= isCollection(key);
      return isFound ? visit.BREAK : undefined;
    },
  });
  return isFound;
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
      value: topOf(value['spec'], file),
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
      value: topOf(custom, file),
      lineOf: (path) => lineOf([...above, ...path]),
      wrapper: 'values',
      chartKeys,
    };
  const inner = readYaml({ path: file.path.replace(/\.json$/i, '.yaml'), text: withoutPrint(custom) });
  // A block scalar starts below its key.
  const offset = lineOf(above);
  return { value: inner.value, lineOf: (path) => offset + inner.lineOf(path), wrapper: 'values', chartKeys };
}
