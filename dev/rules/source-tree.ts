import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { lex } from './lex.ts';

export interface Import {
  readonly specifier: string;
  /** The file of the tree, relative to its root; undefined for packages and built-in modules. */
  readonly target: string | undefined;
  /** The imported names; 'default' is one of them. Undefined: all of them. */
  readonly names: readonly string[] | undefined;
  /** Gone at run time. */
  readonly isType: boolean;
}

export interface SourceFile {
  /** Relative to the root of the tree, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Without comments and the contents of literals, but as long as the text. */
  readonly code: string;
  /** Without the contents of literals. */
  readonly unquoted: string;
  readonly imports: readonly Import[];
  readonly exports: readonly string[];
}

/** Source files by their paths. */
export type SourceTree = ReadonlyMap<string, SourceFile>;

/** What packages of the tree itself stand for: tsconfig.json has the same under `paths`. */
const OWN: Record<string, string> = {
  logweir: 'src/transform/api/api.ts',
  'logweir/testing': 'src/transform/api/testing.ts',
  'logweir/vrl': 'src/vrl/vrl.ts',
};

const CLAUSE = String.raw`((?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?)\s*`;
const STATIC = new RegExp(String.raw`^(?:import|export)\s+(type\s+(?!from\b))?${CLAUSE}from\s*'( *)'`, 'gm');
const FOR_EFFECT = /^import\s+'( *)'/gm;
const DYNAMIC = /\bimport\(\s*'( *)'\s*\)(?:\s*\.\s*(?!then\b|catch\b)([\w$]+))?/g;
const DESTRUCTURED = /\{([^{}]*)\}\s*=\s*\(?\s*await\s*$/;
const DECLARED =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const|let|function\*?|class|interface|type|enum)\s+([\w$]+)/gm;
const LISTED = /^export\s+(?:type\s+)?\{([^}]*)\}/gm;

/** Reads the `.ts` files in these folders of the root, and below. */
export function readTree(root: string, folders: readonly string[]): SourceTree {
  const tree = new Map<string, SourceFile>();
  for (const folder of folders.filter((name) => existsSync(join(root, name))))
    for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (!entry.endsWith('.ts')) continue;
      const path = `${folder}/${entry.replaceAll('\\', '/')}`;
      tree.set(path, parse(path, readFileSync(join(root, path), 'utf8')));
    }
  return tree;
}

export function filesIn(tree: SourceTree, folders: readonly string[]): SourceFile[] {
  return [...tree.values()].filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
}

function parse(path: string, text: string): SourceFile {
  const { code, unquoted } = lex(text);
  return { path, text, code, unquoted, imports: importsOf(path, text, code), exports: exportsOf(code) };
}

function importsOf(path: string, text: string, code: string): Import[] {
  const imports: Import[] = [];
  const add = (match: RegExpExecArray, names: readonly string[] | undefined, isType: boolean) => {
    const start = match.index + match[0].indexOf("'") + 1;
    const specifier = text.slice(start, text.indexOf("'", start));
    imports.push({ specifier, target: targetOf(path, specifier), names, isType });
  };
  for (const match of code.matchAll(STATIC)) add(match, clauseNames(match[2] ?? ''), match[1] !== undefined);
  for (const match of code.matchAll(FOR_EFFECT)) add(match, [], false);
  for (const match of code.matchAll(DYNAMIC)) {
    const before = code.slice(Math.max(0, match.index - 500), match.index);
    const destructured = DESTRUCTURED.exec(before)?.[1];
    const ofPattern = destructured === undefined ? undefined : listNames(destructured);
    const isType = match[2] !== undefined || /\btypeof\s+$/.test(before);
    add(match, match[2] === undefined ? ofPattern : [match[2]], isType);
  }
  return imports;
}

function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier);
  return OWN[specifier];
}

/** @returns undefined for `* as all` */
function clauseNames(clause: string): string[] | undefined {
  if (clause.includes('*')) return undefined;
  const list = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  return [...(/^[\w$]/.test(clause) ? ['default'] : []), ...listNames(list)];
}

/** The names of `a, b as c, type d, e: f` on the side of the module that exports them. */
function listNames(list: string): string[] {
  return list
    .split(',')
    .map((one) => /^\s*(?:type\s+(?!as\b))?([\w$]+)/.exec(one)?.[1] ?? '')
    .filter((name) => name !== '');
}

function exportsOf(code: string): string[] {
  const names = [...code.matchAll(DECLARED)].map((match) => match[1] ?? '');
  for (const [, list = ''] of code.matchAll(LISTED))
    for (const one of list.split(',')) {
      const name = /([\w$]+)\s*$/.exec(one)?.[1];
      if (name !== undefined) names.push(name);
    }
  if (/^export\s+default\b/m.test(code)) names.push('default');
  return names;
}
