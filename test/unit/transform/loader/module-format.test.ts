import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ownFormat } from '../../../../src/transform/loader/module-format.ts';

function formatOf(name: string, source: string, format: string | null | undefined): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'logweir-format-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source);
  return ownFormat(`${pathToFileURL(path).href}?logweir-load=2`, format);
}

it.each([
  ['an import', 'own.ts', "import { a } from './a.ts';", 'module-typescript'],
  [
    'an export after types',
    'own.ts',
    'interface A { n: number }\nexport const a: A = { n: 1 };',
    'module-typescript',
  ],
  ['import.meta', 'own.ts', 'const a: string = import.meta.url;', 'module-typescript'],
  ['await at the top level', 'own.js', 'await Promise.resolve();', 'module'],
  ['an export in JavaScript', 'own.js', 'export default (event) => event;', 'module'],
  ['an import after a comment that says require', 'own.js', "// require('a')\nimport 'a';", 'module'],
  ['require', 'own.ts', "const a: unknown = require('a');\nmodule.exports = a;", undefined],
  ['an import of types alone', 'own.ts', "import type { A } from './a.ts';\nmodule.exports = {};", undefined],
  ['a text that looks like an export', 'own.js', 'module.exports = `\nexport default 1;`;', undefined],
  ['what cannot be stripped', 'own.ts', 'enum A { B }', undefined],
  ['what is no JavaScript', 'own.js', 'const = 1;', undefined],
  ['a name that says module', 'own.mjs', 'export default 1;', undefined],
  ['a name that says CommonJS', 'own.cjs', 'export default 1;', undefined],
  ['a package', 'node_modules/a/index.js', 'export default 1;', undefined],
])('with %s the syntax of a file takes precedence over package.json', (_name, file, source, expected) => {
  for (const format of [null, undefined, file.endsWith('ts') ? 'commonjs-typescript' : 'commonjs'])
    expect(formatOf(file, source, format)).toBe(expected);
});

it('other formats and unreadable files are left to Node', () => {
  expect(formatOf('own.ts', 'export default 1;', 'module-typescript')).toBeUndefined();
  expect(formatOf('own.js', 'export default 1;', 'json')).toBeUndefined();
  expect(ownFormat('node:fs', 'builtin')).toBeUndefined();
  expect(ownFormat('data:text/javascript,export default 1', null)).toBeUndefined();
  expect(ownFormat('file:///no/such/file.ts', null)).toBeUndefined();
});
