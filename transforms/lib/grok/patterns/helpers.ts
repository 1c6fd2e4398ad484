/** Patterns by name. */
export type Patterns = Readonly<Record<string, string>>;

/** `[outer][inner]` for `outer.inner`; a name without a dot is left unchanged. */
function keysOf(path: string): string {
  return path.includes('.') ? `[${path.split('.').join('][')}]` : path;
}

/** An optional pattern. */
export function maybe(pattern: string): string {
  return `(?:${pattern})?`;
}

/** A value, or `-` for a missing one. */
export function orDash(pattern: string): string {
  return `(?:-|${pattern})`;
}

const COLUMN = /^(\w+)([?!]?) (\S+)(?: (int|float))?$/;

/**
 * Columns of a log, each as `NAME path` or `NAME path type`. A missing value is `-` in a column `NAME?`, and
 * `(empty)` in a column `NAME!`. A column without a space is a pattern.
 *
 * @param between the pattern between two columns
 */
export function columns(between: string, list: string): string {
  return list
    .split(',')
    .map((column) => columnOf(column.trim()))
    .join(between);
}

function columnOf(column: string): string {
  const [, name, mark, path = '', type] = COLUMN.exec(column) ?? [];
  if (name === undefined) return column;
  const value = `%{${name}:${keysOf(path)}${type === undefined ? '' : `:${type}`}}`;
  if (mark === '?') return orDash(value);
  return mark === '!' ? String.raw`(?:\(empty\)|${value})` : value;
}
