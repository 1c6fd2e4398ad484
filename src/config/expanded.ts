import type { z } from 'zod';
import type { Path } from './problems.ts';

/**
 * Checks a value by a schema. Variables are text: where the schema refuses one that came from the environment, and it is a
 * number, a boolean or empty, it is taken for that. What the schema takes as text stays text, `007` for one.
 *
 * @param isExpanded whether the value at that path came from the environment
 * @param value is not changed
 */
export async function parseExpandedAsync<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  isExpanded: (path: Path) => boolean,
): Promise<z.ZodSafeParseResult<z.output<Schema>>> {
  const result = await schema.safeParseAsync(value);
  const converted = result.success ? undefined : convert(value, result.error.issues, isExpanded);
  return converted === undefined ? result : await schema.safeParseAsync(converted);
}

/** The same for a schema of ours, which waits for nothing. */
export function parseExpanded<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  isExpanded: (path: Path) => boolean,
): z.ZodSafeParseResult<z.output<Schema>> {
  const result = schema.safeParse(value);
  const converted = result.success ? undefined : convert(value, result.error.issues, isExpanded);
  return converted === undefined ? result : schema.safeParse(converted);
}

/** @returns a copy with what could be converted, or undefined where nothing could */
function convert(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  isExpanded: (path: Path) => boolean,
): unknown {
  const root: unknown = structuredClone(value);
  let changed = false;
  for (const path of pathsOf(issues, [])) {
    const key = path.at(-1);
    if (key === undefined || !isExpanded(path)) continue;
    const holder = path
      .slice(0, -1)
      .reduce<unknown>((at, one) => (at as Record<PropertyKey, unknown> | undefined)?.[one], root);
    if (typeof holder !== 'object' || holder === null) continue;
    const text = (holder as Record<PropertyKey, unknown>)[key];
    const meant = typeof text === 'string' ? meaningOf(text.trim()) : undefined;
    if (meant === undefined) continue;
    (holder as Record<PropertyKey, unknown>)[key] = meant;
    changed = true;
  }
  return changed ? root : undefined;
}

/** What YAML would take it for, if it stood in the file. */
function meaningOf(text: string): number | boolean | null | undefined {
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === 'true';
  return text === '' ? null : undefined;
}

/** Where the issues are, those inside of alternatives too. */
function pathsOf(issues: readonly z.core.$ZodIssue[], before: Path): PropertyKey[][] {
  return issues.flatMap((issue) => {
    const path = [...before, ...issue.path];
    if (issue.code !== 'invalid_union') return [path];
    return [path, ...issue.errors.flatMap((inner) => pathsOf(inner, path))];
  });
}
