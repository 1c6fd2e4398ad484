import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import {
  type Document,
  LineCounter,
  type Node,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from 'yaml';
import { z } from 'zod';
import { LogweirError, messageOf } from '../errors.ts';
import { type Config, configSchema } from './schema.ts';

/** A configuration and where it came from; relative paths in it are relative to `directory`. */
export interface LoadedConfig {
  config: Config;
  path: string;
  directory: string;
}

type Environment = Record<string, string | undefined>;
type Path = readonly PropertyKey[];

/** One thing wrong, with where it is. */
interface Problem {
  line: number;
  column: number;
  message: string;
}

const DEFAULT_PATH = './logweir.yaml';

/**
 * Reads and checks the configuration: `--config`, else `$LOGWEIR_CONFIG`, else `./logweir.yaml`.
 *
 * @throws LogweirError CONFIG, whose message lists every problem at once, each with its line
 */
export function loadConfig(option: string | undefined, environment: Environment = process.env): LoadedConfig {
  const named = option ?? environment['LOGWEIR_CONFIG'];
  const path = resolve(named === undefined || named === '' ? DEFAULT_PATH : named);
  if (!existsSync(path)) {
    const hint = named ? '' : ': write one, or name one with --config or $LOGWEIR_CONFIG';
    throw new LogweirError('CONFIG', `there is no configuration file at ${path}${hint}`);
  }
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LogweirError('CONFIG', `cannot read the configuration ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return { config: parseConfig(source, path, environment), path, directory: dirname(path) };
}

/**
 * Checks the text of a configuration. `name` stands in messages for the file.
 *
 * @throws LogweirError CONFIG
 */
export function parseConfig(source: string, name: string, environment: Environment): Config {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    fail(
      name,
      document.errors.map((error) => ({
        ...position(lines, error.pos[0]),
        message: `not valid YAML: ${error.message}`,
      })),
    );
  }
  const { expanded, problems } = expandEnvironment(document, environment, lines);
  const value: unknown = document.toJS() ?? {};
  let result = configSchema.safeParse(value);
  if (!result.success && convertExpanded(value, result.error.issues, expanded))
    result = configSchema.safeParse(value);
  if (!result.success) {
    for (const issue of result.error.issues) problems.push(...describe(issue, document, lines));
  } else problems.push(...checkTogether(result.data).map((message) => ({ line: 1, column: 1, message })));
  if (problems.length > 0 || !result.success) fail(name, problems);
  return result.data;
}

/** What no single key's schema can see. */
function checkTogether(config: Config): string[] {
  const messages: string[] = [];
  const { auth } = config.elasticsearch;
  if ((auth.api_key ?? auth.api_key_file) !== null && auth.username !== null) {
    messages.push('elasticsearch.auth: give either username and password or an API key, not both');
  }
  if (config.elasticsearch.request.backoff.initial_ms > config.elasticsearch.request.backoff.max_ms) {
    messages.push('elasticsearch.request.backoff: initial_ms is above max_ms');
  }
  if (config.elasticsearch.require_alias && config.elasticsearch.mode === 'data_stream') {
    messages.push('elasticsearch.require_alias: is for mode: index; a data stream is no alias');
  }
  const { to, topic } = config.dead_letter;
  const letters = config.kafka.topics.map((source) => topic.replaceAll('{{topic}}', source));
  if (to === 'topic' && letters.some((letter) => config.kafka.topics.includes(letter))) {
    messages.push(`dead_letter.topic: '${topic}' is also read, so dead letters would go round in circles`);
  }
  return messages;
}

function fail(name: string, problems: readonly Problem[]): never {
  const list = problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, message }) => `${name}:${line}:${column} ${message}`);
  throw new LogweirError('CONFIG', `the configuration is wrong:\n  ${[...new Set(list)].join('\n  ')}`);
}

/**
 * Expands `${NAME}` and `${NAME:-default}` inside scalar values, as data: what comes from the environment is never parsed
 * as YAML. `$$` is a dollar sign. A missing name is a problem.
 */
function expandEnvironment(document: Document, environment: Environment, lines: LineCounter) {
  const problems: Problem[] = [];
  const expanded = new Set<string>();
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
      const text = node.value.replaceAll(
        /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
        (whole, variable?: string, fallback?: string) => {
          if (whole === '$$' || variable === undefined) return '$';
          const value = environment[variable];
          if (value !== undefined && (value !== '' || fallback === undefined)) return value;
          if (fallback !== undefined) return fallback;
          problems.push({
            ...position(lines, node.range?.[0] ?? 0),
            message: `the environment variable ${variable} is not set; set it, or write \${${variable}:-default}`,
          });
          return whole;
        },
      );
      if (text === node.value) return;
      node.value = text;
      expanded.add(pathOf(ancestors, node));
    },
  });
  return { expanded, problems };
}

function pathOf(ancestors: readonly unknown[], node: Node): string {
  const path: PropertyKey[] = [];
  const chain = [...ancestors, node];
  chain.forEach((ancestor, index) => {
    if (isMap(ancestor)) {
      const pair = chain[index + 1] as { key?: { value?: string } };
      path.push(pair.key?.value ?? '');
    } else if (isSeq(ancestor)) {
      path.push(ancestor.items.indexOf(chain[index + 1]));
    }
  });
  return path.join('.');
}

/** Variables are text; where the schema wants a number or a boolean, text that is one is taken. Says if it changed anything. */
function convertExpanded(
  root: unknown,
  issues: readonly z.core.$ZodIssue[],
  expanded: ReadonlySet<string>,
): boolean {
  let changed = false;
  for (const issue of issues) {
    if (issue.path.length === 0 || !expanded.has(issue.path.join('.'))) continue;
    const parent = issue.path
      .slice(0, -1)
      .reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], root);
    const key = issue.path.at(-1) as PropertyKey;
    const holder = parent as Record<PropertyKey, unknown>;
    const text = String(holder[key]).trim();
    if (/^-?\d+(\.\d+)?$/.test(text)) holder[key] = Number(text);
    else if (text === 'true' || text === 'false') holder[key] = text === 'true';
    else if (text === '') holder[key] = null;
    else continue;
    changed = true;
  }
  return changed;
}

function describe(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return {
        ...locate(document, path, lines),
        message: `${path.join('.')}: unknown key${suggestion(issue.path, key)}`,
      };
    });
  }
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  const messages = issue.code === 'invalid_union' ? unionMessages(issue) : issue.message;
  return [{ ...locate(document, issue.path, lines), message: where + messages }];
}

function unionMessages(issue: z.core.$ZodIssueInvalidUnion): string {
  const messages = issue.errors.flat().map((inner) => inner.message.replace(/^Invalid input: /, ''));
  return `Invalid input: ${[...new Set(messages)].join(', or ')}`;
}

function suggestion(path: Path, key: string): string {
  const known = knownKeys(path);
  if (known.length === 0) return '';
  const nearest = closest(key, known);
  const prefix = path.length > 0 ? `${path.join('.')}.` : '';
  return distance(key, nearest) <= Math.max(3, key.length / 2)
    ? `, did you mean ${prefix}${nearest}?`
    : `; known here: ${known.join(', ')}`;
}

/** The keys that the schema knows at a path, from its JSON Schema form. */
function knownKeys(path: Path): string[] {
  interface JsonSchema {
    properties?: Record<string, JsonSchema>;
    items?: JsonSchema;
  }
  let at: JsonSchema | undefined = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  for (const key of path) at = typeof key === 'number' ? at?.items : at?.properties?.[String(key)];
  return Object.keys(at?.properties ?? {});
}

function locate(document: Document, path: Path, lines: LineCounter): { line: number; column: number } {
  for (let length = path.length; length > 0; length--) {
    const key = path[length - 1];
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    const node = pair === undefined ? document.getIn(path.slice(0, length), true) : pair.key;
    if (isNode(node) && node.range) return position(lines, node.range[0]);
  }
  return { line: 1, column: 1 };
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
