/** Patterns by name. */
export type Patterns = Readonly<Record<string, string>>;

/** `[outer][inner]` of `outer.inner`; a name without a dot stays as it is. */
function keysOf(path: string): string {
  return path.includes('.') ? `[${path.split('.').join('][')}]` : path;
}

/** A pattern that may be missing. */
export function maybe(pattern: string): string {
  return `(?:${pattern})?`;
}

/** A value that a log writes as `-` where there is none. */
export function orDash(pattern: string): string {
  return `(?:-|${pattern})`;
}

const COLUMN = /^(\w+)([?!]?) (\S+)(?: (int|float))?$/;

/**
 * Columns of a log, each as `NAME path`, or `NAME path type`. `NAME?` is a column that is `-` where there is no value, `NAME!` one that is
 * `(empty)`; what has no space in it is a pattern as it is.
 *
 * @param between the pattern of what stands between two columns
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
