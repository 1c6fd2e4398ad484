import {
  type Document,
  type ErrorCode,
  LineCounter,
  type Node,
  type Pair,
  type Scalar,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import { type Environment, interpolate } from './interpolate.ts';
import { Places } from './places.ts';
import { PROBLEMS_MAX, type Path, type Problem, nameOf } from './problems.ts';

/** A configuration file, parsed and with its variables expanded, before the schema check. */
interface Source {
  /** Input of the schema; undefined if the text is not YAML. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly places: Places;
}

/** One mistake often causes errors in all that follows. */
const YAML_FAULTS_MAX = 5;
/** Far more than a file written by hand; aliases of aliases can expand to any number. */
const VALUES_MAX = 100_000;
const DEPTH_MAX = 50;

/** Reads YAML and expands the variables in its values. Never throws. */
export function readSource(text: string, file: string, environment: Environment): Source {
  const lines = new LineCounter();
  const places = new Places(file, lines);
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The parser's own check compares every key with every other.
    uniqueKeys: false,
    logLevel: 'error',
  });
  const faults = [...document.errors, ...document.warnings].slice(0, YAML_FAULTS_MAX);
  if (faults.length > 0) {
    const problems = faults.map((error) => ({
      ...places.atOffset(error.pos[0]),
      message: `not valid YAML: ${isBareVariable(text, error) ? BARE_VARIABLE : sentenceOf(error)}`,
    }));
    return { value: undefined, problems, places };
  }
  const reader = new Reader(text, places, environment);
  return { value: reader.read(document), problems: reader.problems, places };
}

/**
 * Replacements for parser messages that quote the file, which may hold secrets, or that do not say what to
 * do.
 */
const sentences: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an asterisk begins an alias; put the text in quotes',
  BAD_COLLECTION_TYPE: 'the tag does not fit its value; remove the tag',
  BAD_DIRECTIVE: 'a line that begins with % is a directive, and this one is not known',
  BAD_DQ_ESCAPE:
    'a backslash in double quotes begins an escape, and this one is unknown; double it, or use single quotes',
  IMPOSSIBLE: 'it cannot be read here',
  MULTIPLE_DOCS: 'the file has several documents (---), and only one is allowed',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAG_RESOLVE_FAILED: 'an exclamation mark begins a tag, and this one is not known; put the text in quotes',
};

const BARE_VARIABLE = 'between { and } or [ and ] a text with ${…} must stand in quotes';

/** Whether the brace of a variable caused the error. */
function isBareVariable(text: string, { pos: [at] }: YAMLError): boolean {
  return text.startsWith('${', at - 1);
}

function sentenceOf({ code, message }: YAMLError): string {
  const sentence = sentences[code];
  if (sentence !== undefined) return sentence;
  if (code === 'BAD_SCALAR_START') return `${message}; put the text in quotes`;
  return code === 'UNEXPECTED_TOKEN' ? message.replace(/: .*/s, '') : message;
}

/**
 * Converts nodes to plain values. The parser's own conversion hangs on keys that are maps, and has no places.
 */
class Reader {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #places: Places;
  readonly #environment: Environment;
  readonly #anchors = new Map<string, Node>();
  /** Nodes that are being read: an alias of one of them would recurse without end. */
  readonly #open = new Set<Node>();
  #values = 0;
  #aliasDepth = 0;

  constructor(text: string, places: Places, environment: Environment) {
    this.#text = text;
    this.#places = places;
    this.#environment = environment;
  }

  read(document: Document): unknown {
    return this.#valueOf(document.contents, []) ?? {};
  }

  #valueOf(node: unknown, path: Path): unknown {
    if (!isNode(node)) return null;
    if (++this.#values > VALUES_MAX) {
      if (this.#values === VALUES_MAX + 1)
        this.#faulty(
          node,
          path,
          `the file has more than ${VALUES_MAX} values; do aliases (*name) repeat each other?`,
        );
      return null;
    }
    if (path.length > DEPTH_MAX) {
      this.#faulty(node, path, `it is nested more than ${DEPTH_MAX} levels deep`);
      return null;
    }
    if (isAlias(node)) return this.#aliased(node, path);
    if (node.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    let value: unknown = null;
    if (isMap(node)) value = this.#map(node, path);
    else if (isSeq(node)) value = this.#list(node, path);
    else if (isScalar(node)) value = this.#scalar(node, path);
    this.#open.delete(node);
    return value;
  }

  #aliased(node: Node & { readonly source: string }, path: Path): unknown {
    const target = this.#anchors.get(node.source);
    if (target === undefined || this.#open.has(target)) {
      const why = target === undefined ? 'no anchor (&) above has its name' : 'it is inside its own anchor';
      this.#faulty(
        node,
        path,
        `not valid YAML: an asterisk begins an alias, and ${why}; put a text in quotes`,
      );
      return null;
    }
    this.#aliasDepth++;
    const value = this.#valueOf(target, path);
    this.#aliasDepth--;
    return value;
  }

  #map(node: YAMLMap, path: Path): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    const seen = new Set<string>();
    for (const pair of node.items) {
      const key = this.#keyOf(pair);
      if (key === null) continue;
      const inner = [...path, key];
      const offset = startOf(pair.key);
      this.#places.note(inner, offset);
      if (seen.has(key)) {
        const { line } = this.#places.at(inner);
        this.#problemAt(offset, `${nameOf(inner)} is set twice; the first is in line ${line}`);
        continue;
      }
      seen.add(key);
      entries.push([key, this.#valueOf(pair.value, inner)]);
    }
    return Object.fromEntries(entries);
  }

  #keyOf({ key, value }: Pair): string | null {
    const name: unknown = isScalar(key) ? key.value : undefined;
    if (name !== undefined && (typeof name !== 'object' || name === null)) {
      const text = name === null ? '' : `${name as string | number | boolean}`;
      if (text === '<<') this.#problem(key, '<< (merge) is not supported; write the settings themselves');
      else if (text.includes('${'))
        this.#problem(key, 'variables are not expanded in a key; write the key itself');
      else return text;
      return null;
    }
    this.#problem(isNode(key) ? key : value, 'a key must be a text');
    return null;
  }

  #list(node: YAMLSeq, path: Path): unknown[] {
    return node.items.map((item, index) => {
      const inner = [...path, index];
      this.#places.note(inner, startOf(item));
      if (!isPair(item)) return this.#valueOf(item, inner);
      this.#problem(item.key, 'a key must be a text');
      return null;
    });
  }

  #scalar(node: Scalar, path: Path): unknown {
    const { value } = node;
    if (typeof value === 'object' && value !== null) {
      this.#faulty(node, path, 'its tag is not known; put the text in quotes');
      return null;
    }
    if (typeof value === 'number' && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(node.source ?? '')) {
      this.#faulty(node, path, 'this number is too large to be represented exactly; put it in quotes');
      return null;
    }
    if (typeof value !== 'string' || !value.includes('$')) return value;
    const { text, faults, usesEnvironment, hasDoubled } = interpolate(value, this.#environment);
    this.#places.noteText(path, startOf(node), usesEnvironment, hasDoubled);
    for (const { at, message } of faults) this.#problemAt(this.#offsetIn(node, value, at), message);
    if (faults.length === 0) return text;
    this.#places.noteFault(path);
    return value;
  }

  /**
   * The offset in the file of the dollar sign at an index of the value; the value's start if escapes hide it.
   */
  #offsetIn(node: Scalar, value: string, at: number): number {
    const [start, end] = node.range ?? [0, 0];
    const source = this.#text.slice(start, end);
    if (source.split('$').length !== value.split('$').length) return start;
    let offset = -1;
    for (let nth = value.slice(0, at + 1).split('$').length - 1; nth > 0; nth--)
      offset = source.indexOf('$', offset + 1);
    return start + Math.max(0, offset);
  }

  #faulty(node: Node, path: Path, message: string): void {
    this.#places.noteFault(path);
    this.#problem(node, message);
  }

  #problem(node: unknown, message: string): void {
    this.#problemAt(startOf(node), message);
  }

  #problemAt(offset: number, message: string): void {
    if (this.problems.length <= PROBLEMS_MAX)
      this.problems.push({ ...this.#places.atOffset(offset), message });
  }
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
