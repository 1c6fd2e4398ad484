import { type SourceTree, filesIn } from './source-tree.ts';

/** Numbers of lines, by file. */
export type Lengths = Readonly<Record<string, number>>;

const TIGHTEN = 'run `node dev/rules.ts --tighten` and commit dev/rules/allowed.json';

/**
 * Files of these folders have at most so many lines; older ones at most as many as now.
 *
 * @param allowed the longer files
 * @returns `tight`: the allowances that are still needed, never more than there were
 */
export function longFiles(
  tree: SourceTree,
  folders: readonly string[],
  max: number,
  allowed: Lengths,
): { problems: string[]; tight: Lengths } {
  const problems: string[] = [];
  const tight: Record<string, number> = {};
  for (const { path, text } of filesIn(tree, folders)) {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    if (lines <= max) continue;
    const limit = allowed[path];
    if (lines > (limit ?? max))
      problems.push(`${path} has ${lines} lines, ${limit ?? max} at most: split it by what it does`);
    if (limit === undefined) continue;
    tight[path] = Math.min(lines, limit);
    if (lines < limit) problems.push(`${path}: the limit of ${limit} can be ${lines} now: ${TIGHTEN}`);
  }
  for (const [path, limit] of Object.entries(allowed))
    if (tight[path] === undefined)
      problems.push(`${path}: the limit of ${limit} is no longer needed: ${TIGHTEN}`);
  return { problems, tight };
}

/**
 * Lines have at most so many columns. The contents of strings and regular expressions do not count, and a
 * line with a URL may have any length: none of these can be broken.
 */
export function wideLines(tree: SourceTree, folders: readonly string[], max: number): string[] {
  const problems: string[] = [];
  for (const { path, text, unquoted } of filesIn(tree, folders)) {
    const lines = text.split('\n');
    for (const [at, line] of unquoted.split('\n').entries()) {
      if (line.length <= max || Array.from(line).length <= max || /\w:\/\/\S/.test(lines[at] ?? '')) continue;
      problems.push(`${path}:${at + 1} is wider than ${max} columns`);
    }
  }
  return problems;
}
