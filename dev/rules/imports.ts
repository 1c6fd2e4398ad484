import { type SourceTree, filesIn } from './source-tree.ts';

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** No file of these folders imports itself by way of others, not even for types. One problem for each cycle. */
export function importCycles(tree: SourceTree, folders: readonly string[]): string[] {
  const problems: string[] = [];
  const graph = graphOf(tree, folders);
  for (;;) {
    const cycle = findCycle(graph);
    if (cycle === undefined) return problems;
    problems.push(
      `import cycle: ${[...cycle, cycle[0]].join(' -> ')}. Move what both sides need into a file of its own`,
    );
    graph.get(cycle.at(-1) ?? '')?.delete(cycle[0] ?? '');
  }
}

function graphOf(tree: SourceTree, folders: readonly string[]): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { path, imports } of filesIn(tree, folders))
    graph.set(path, new Set(imports.flatMap(({ target }) => target ?? [])));
  return graph;
}

/** The files of one cycle, in the order of its imports. */
function findCycle(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const start = path.indexOf(file);
    if (start !== -1) return path.slice(start);
    if (done.has(file)) return undefined;
    done.add(file);
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

export interface Client {
  readonly package: string;
  /** The files that may import it. */
  readonly homes: RegExp;
}

/** Each client of a server is imported in few files of src/ and transforms/, its types too. */
export function clientImports(tree: SourceTree, clients: readonly Client[]): string[] {
  const problems: string[] = [];
  for (const { path, imports } of filesIn(tree, ['src', 'transforms']))
    for (const client of clients)
      if (!client.homes.test(path) && imports.some(({ specifier }) => isOf(specifier, client.package)))
        problems.push(`${path} imports ${client.package}: only ${client.homes.source} may`);
  return problems;
}

/**
 * Pure files import nothing that does I/O, neither directly nor through files that they import at run time.
 *
 * @param ioModules built-in modules and packages
 */
export function pureFiles(tree: SourceTree, pure: readonly string[], ioModules: readonly string[]): string[] {
  const problems: string[] = [];
  for (const path of pure) {
    if (!tree.has(path)) {
      problems.push(`${path} is in the list of pure files, but does not exist: change PURE in dev/rules.ts`);
      continue;
    }
    const way = wayToIo(tree, path, ioModules);
    if (way !== undefined)
      problems.push(`${path} must do no I/O, but imports ${way.join(', which imports ')}`);
  }
  return problems;
}

/** The shortest way of run-time imports from a file to a module that does I/O. */
function wayToIo(tree: SourceTree, path: string, ioModules: readonly string[]): string[] | undefined {
  const seen = new Set([path]);
  const ways: { path: string; way: string[] }[] = [{ path, way: [] }];
  for (const { path: from, way } of ways)
    for (const { specifier, target, isType } of tree.get(from)?.imports ?? []) {
      if (isType) continue;
      if (target === undefined) {
        if (ioModules.some((name) => isOf(specifier, name))) return [...way, specifier];
      } else if (!seen.has(target)) {
        seen.add(target);
        ways.push({ path: target, way: [...way, target] });
      }
    }
  return undefined;
}

/** Built-in transforms use what any transform can: 'logweir', packages, and files of transforms/. */
export function builtInImports(tree: SourceTree): string[] {
  const problems: string[] = [];
  for (const { path, imports } of filesIn(tree, ['transforms']))
    for (const { specifier, target } of imports) {
      const isOwn = target !== undefined && !target.startsWith('transforms/');
      if (isOwn && specifier !== 'logweir')
        problems.push(`${path} imports ${specifier}: of Logweir a built-in transform imports only 'logweir'`);
    }
  return problems;
}

function isOf(specifier: string, module: string): boolean {
  return specifier === module || specifier.startsWith(`${module}/`);
}
