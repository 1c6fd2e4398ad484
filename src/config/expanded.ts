import type { z } from 'zod';
import type { Path } from './problems.ts';

/**
 * Checks a value against a schema. Variables are text: if the schema rejects a text from the environment, and
 * the text is a number, a boolean or empty, it is converted. A text that the schema accepts stays text, for
 * instance `007`.
 *
 * @param value is not changed
 * @param isExpanded whether the value at that path came from the environment
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

/** As {@link parseExpandedAsync}, for Logweir's own schemas, which are synchronous. */
export function parseExpanded<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  isExpanded: (path: Path) => boolean,
): z.ZodSafeParseResult<z.output<Schema>> {
  const result = schema.safeParse(value);
  const converted = result.success ? undefined : convert(value, result.error.issues, isExpanded);
  return converted === undefined ? result : schema.safeParse(converted);
}

/** @returns a copy with the converted values, or undefined if no value could be converted */
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
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((at, one) => (at as Record<PropertyKey, unknown> | undefined)?.[one], root);
    if (typeof parent !== 'object' || parent === null) continue;
    const text = (parent as Record<PropertyKey, unknown>)[key];
    const scalar = typeof text === 'string' ? scalarOf(text.trim()) : undefined;
    if (scalar === undefined) continue;
    (parent as Record<PropertyKey, unknown>)[key] = scalar;
    changed = true;
  }
  return changed ? root : undefined;
}

/** The number, boolean or null that YAML would read from this text. */
function scalarOf(text: string): number | boolean | null | undefined {
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === 'true';
  return text === '' ? null : undefined;
}

/** The paths of the issues, including those of union branches. */
function pathsOf(issues: readonly z.core.$ZodIssue[], before: Path): PropertyKey[][] {
  return issues.flatMap((issue) => {
    const path = [...before, ...issue.path];
    if (issue.code !== 'invalid_union') return [path];
    return [path, ...issue.errors.flatMap((inner) => pathsOf(inner, path))];
  });
}
