import { type SourceTree, filesIn } from './source-tree.ts';

/**
 * Each export of src/ is imported by some other file of the tree.
 *
 * @param publicFiles export for users
 */
export function unusedExports(tree: SourceTree, publicFiles: readonly string[]): string[] {
  const used = new Set<string>();
  for (const { path, imports } of tree.values())
    for (const { target, names } of imports) {
      if (target === undefined || target === path) continue;
      for (const name of names ?? tree.get(target)?.exports ?? []) used.add(`${target}#${name}`);
    }
  const problems: string[] = [];
  for (const { path, exports } of filesIn(tree, ['src'])) {
    if (publicFiles.includes(path)) continue;
    for (const name of exports) {
      if (!used.has(`${path}#${name}`))
        problems.push(`${path} exports ${name}, which no other file imports: drop the export`);
    }
  }
  return problems;
}
