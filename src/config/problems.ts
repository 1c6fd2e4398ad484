import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { LogweirError } from '../errors.ts';

export type Path = readonly PropertyKey[];

/** A place in the configuration file; line and column start at 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A problem and its place. */
export interface Problem extends Place {
  readonly message: string;
}

/** Limit of reported problems: finding the place of each takes time. */
export const PROBLEMS_MAX = 50;
const NAME_SHOWN = 80;

/**
 * Creates the error that lists all problems with their places, in the order of the file.
 *
 * @param file the configuration file, for the messages
 */
export function configError(file: string, problems: readonly Problem[], cause?: unknown): LogweirError {
  const list = problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, message }) => `${file}:${line}:${column} ${message}`);
  const lines = [...new Set(list)];
  const more = lines.length - PROBLEMS_MAX;
  if (more > 0) lines.splice(PROBLEMS_MAX, more, `… and ${more} more`);
  return new LogweirError('CONFIG', `the configuration is wrong:\n  ${lines.join('\n  ')}`, { cause });
}

/** The messages of a schema's issue, each with its path. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
): { readonly path: Path; readonly message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, PROBLEMS_MAX).map((key) => {
      const path = [...issue.path, key];
      return { path, message: `${nameOf(path)}: unknown key${suggestion(schema, issue.path, key)}` };
    });
  }
  const where = issue.path.length > 0 ? `${nameOf(issue.path)}: ` : '';
  return [{ path: issue.path, message: where + messageOfIssue(issue) }];
}

function messageOfIssue(issue: z.core.$ZodIssue): string {
  if (issue.path.length === 0 && issue.code === 'invalid_type')
    return 'must be a map of settings: kafka: {…}, elasticsearch: {…}';
  if (issue.code !== 'invalid_union') return issue.message;
  const messages = issue.errors.flat().map((inner) => inner.message.replace(/^Invalid input: /, ''));
  return messages.length === 0 ? issue.message : `Invalid input: ${[...new Set(messages)].join(', or ')}`;
}

/** A path as text. Long names are shortened: a user may have put a whole text in place of a name. */
export function nameOf(path: Path): string {
  return path.map((key) => shortened(String(key))).join('.');
}

function shortened(name: string): string {
  return name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN)}…` : name;
}

function suggestion(schema: z.ZodType, path: Path, key: string): string {
  const known = knownKeys(schema, path);
  if (known.length === 0) return '';
  const name = key.slice(0, NAME_SHOWN);
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(3, name.length / 2)
    ? `, did you mean ${nameOf([...path, nearest])}?`
    : `; known here: ${known.join(', ')}`;
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
}

const jsonSchemas = new WeakMap<z.ZodType, JsonSchema>();

/** The keys that the schema allows at a path, from its JSON Schema. */
function knownKeys(schema: z.ZodType, path: Path): string[] {
  let at: JsonSchema | undefined = jsonSchemas.get(schema);
  if (at === undefined) {
    at = jsonSchemaOf(schema);
    jsonSchemas.set(schema, at);
  }
  for (const key of path) at = typeof key === 'number' ? at?.items : at?.properties?.[String(key)];
  return Object.keys(at?.properties ?? {});
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  try {
    return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  } catch {
    // A schema of another copy of zod.
    return {};
  }
}
