import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unusedExports } from '../../dev/rules/exports.ts';
import { builtInImports, clientImports, importCycles, pureFiles } from '../../dev/rules/imports.ts';
import { lex } from '../../dev/rules/lex.ts';
import { logCalls } from '../../dev/rules/log-calls.ts';
import { longFiles, wideLines } from '../../dev/rules/size.ts';
import { type SourceTree, readTree } from '../../dev/rules/source-tree.ts';

function treeOf(files: Record<string, string>): SourceTree {
  const root = mkdtempSync(join(tmpdir(), 'logweir-rules-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readTree(root, ['src', 'transforms', 'test', 'dev']);
}

describe('sources are read without a parser', () => {
  it.each([
    [`a = 'x' + "y\\"z";`, `a = ' ' + "    ";`],
    ['a; // b\n/* c\nd */ e;', 'a;     \n    \n     e;'],
    ['f(`a ${b + `c${d}`} e`, 1);', 'f(`  ${b + ` ${d}`}  `, 1);'],
    ["if (/['\"]/.test(a)) b = c / d; e = 'f';", "if (/    /.test(a)) b = c / d; e = ' ';"],
    ['const a = { b: `${{ c }}` };', 'const a = { b: `${{ c }}` };'],
  ])('%s', (source, code) => {
    expect(lex(source).code).toBe(code);
  });

  it('imports and exports in comments, strings and templates are none', () => {
    const tree = treeOf({
      'src/a.ts':
        "// import './b.ts';\n/*\nimport './b.ts';\nexport const a = 1;\n*/\nconst b = `\nimport './b.ts';\n`;\n",
    });
    expect(tree.get('src/a.ts')).toMatchObject({ imports: [], exports: [] });
  });

  it('every form of import and export is seen', () => {
    const tree = treeOf({
      'src/a.ts': `import one, { two, type three as four } from './b.ts';
import type { five } from 'logweir';
import * as six from './c.ts';
import './d.ts';
export { seven as eight } from './e.ts';
export async function nine(option: import('./f.ts').Ten): Promise<void> {
  const { eleven, twelve: other } = await import('./g.ts');
}
export type Thirteen = typeof import('./h.ts');
export abstract class Fourteen {}
export default 15;
`,
    });
    const file = tree.get('src/a.ts');
    expect(file?.exports).toEqual(['nine', 'Thirteen', 'Fourteen', 'eight', 'default']);
    expect(file?.imports.map(({ target, names, isType }) => [target, names, isType])).toEqual([
      ['src/b.ts', ['default', 'two', 'three'], false],
      ['src/transform/api/api.ts', ['five'], true],
      ['src/c.ts', undefined, false],
      ['src/e.ts', ['seven'], false],
      ['src/d.ts', [], false],
      ['src/f.ts', ['Ten'], true],
      ['src/g.ts', ['eleven', 'twelve'], false],
      ['src/h.ts', undefined, true],
    ]);
  });
});

describe('an import cycle', () => {
  const cycle = {
    'src/a.ts': "import { b } from './b.ts';\n",
    'src/b.ts': "import type { c } from './lib/c.ts';\n",
    'src/lib/c.ts': "import { a } from '../a.ts';\n",
  };

  it('is a problem, for types too', () => {
    expect(importCycles(treeOf(cycle), ['src'])).toEqual([
      'import cycle: src/a.ts -> src/b.ts -> src/lib/c.ts -> src/a.ts. Move what both sides need into a file of its own',
    ]);
  });
});

it('only the home of a client imports it', () => {
  const text = "import { Client } from '@elastic/elasticsearch';\n";
  const tree = treeOf({
    'src/elasticsearch/client.ts': text,
    'src/elasticsearch/bulk.ts': text,
    'src/elasticsearch/types.ts': "import type { Client } from '@elastic/elasticsearch/api';\n",
    'test/a.ts': text,
  });
  const client = { package: '@elastic/elasticsearch', homes: /^src\/elasticsearch\/client\.ts$/ };
  expect(clientImports(tree, [client])).toEqual([
    String.raw`src/elasticsearch/bulk.ts imports @elastic/elasticsearch: only ^src\/elasticsearch\/client\.ts$ may`,
    expect.stringMatching(/^src\/elasticsearch\/types\.ts imports/),
  ]);
});

describe('a pure file', () => {
  const pure = (files: Record<string, string>) =>
    pureFiles(treeOf({ 'src/verdict.ts': '', ...files }), ['src/verdict.ts'], ['node:fs']);

  it('imports no I/O', () => {
    expect(pure({ 'src/verdict.ts': "import { readFile } from 'node:fs/promises';\n" })).toEqual([
      'src/verdict.ts must do no I/O, but imports node:fs/promises',
    ]);
  });

  it('imports no I/O through another file', () => {
    const files = {
      'src/verdict.ts': "import { a } from './a.ts';\n",
      'src/a.ts': "export { b } from './b.ts';\n",
      'src/b.ts': "import 'node:fs';\n",
    };
    expect(pure(files)).toEqual([
      'src/verdict.ts must do no I/O, but imports src/a.ts, which imports src/b.ts, which imports node:fs',
    ]);
  });

  it('may import types of anything', () => {
    const files = {
      'src/verdict.ts': "import type { a } from './a.ts';\nimport { c } from 'node:fs-like';\n",
      'src/a.ts': "import 'node:fs';\n",
    };
    expect(pure(files)).toEqual([]);
  });

  it('exists', () => {
    expect(pureFiles(treeOf({}), ['src/gone.ts'], [])).toEqual([
      'src/gone.ts is in the list of pure files, but does not exist: change PURE in dev/rules.ts',
    ]);
  });
});

it("a built-in transform imports nothing of Logweir but 'logweir'", () => {
  const tree = treeOf({
    'transforms/good.ts':
      "import { z } from 'zod';\nimport { a } from './lib/a.ts';\nimport { b } from 'logweir';\n",
    'transforms/lib/a.ts': "import type { c } from '../../src/c.ts';\n",
    'transforms/bad.ts': "import { d } from 'logweir/testing';\n",
  });
  expect(builtInImports(tree)).toEqual([
    "transforms/bad.ts imports logweir/testing: of Logweir a built-in transform imports only 'logweir'",
    "transforms/lib/a.ts imports ../../src/c.ts: of Logweir a built-in transform imports only 'logweir'",
  ]);
});

describe('an export', () => {
  const files = {
    'src/api.ts': 'export const open = 1;\n',
    'src/a.ts': 'export const used = 1;\nexport const idle = 2;\nexport interface Idle {}\n',
    'src/b.ts': "import { used } from './a.ts';\nexport * as other from './c.ts';\n",
    'src/c.ts': 'export const inTest = 1;\n',
    'test/c.test.ts': "import { inTest } from '../src/c.ts';\n",
  };

  it('that no other file imports is a problem', () => {
    expect(unusedExports(treeOf(files), ['src/api.ts'])).toEqual([
      'src/a.ts exports idle, which no other file imports: drop the export',
      'src/a.ts exports Idle, which no other file imports: drop the export',
    ]);
  });
});

describe('a long file', () => {
  const tree = () =>
    treeOf({ 'src/a.ts': 'a;\n'.repeat(4), 'src/b.ts': 'b;\n'.repeat(3), 'test/c.ts': 'c;\n'.repeat(9) });

  it('is a problem', () => {
    expect(longFiles(tree(), ['src'], 3, {}).problems).toEqual([
      'src/a.ts has 4 lines, 3 at most: split it by what it does',
    ]);
  });

  it('that is allowed may not grow', () => {
    expect(longFiles(tree(), ['src', 'test'], 3, { 'src/a.ts': 4, 'test/c.ts': 8 }).problems).toEqual([
      'test/c.ts has 9 lines, 8 at most: split it by what it does',
    ]);
  });

  it('that has shrunk lowers its limit, and leaves the list at last', () => {
    const { problems, tight } = longFiles(tree(), ['src', 'test'], 3, {
      'test/c.ts': 10,
      'src/b.ts': 4,
      'src/a.ts': 4,
    });
    expect(problems).toEqual([
      expect.stringMatching(/^test\/c\.ts: the limit of 10 can be 9 now: run/),
      expect.stringMatching(/^src\/b\.ts: the limit of 4 is no longer needed: run/),
    ]);
    expect(tight).toEqual({ 'test/c.ts': 9, 'src/a.ts': 4 });
  });
});

describe('a wide line', () => {
  const wide = (text: string) => wideLines(treeOf({ 'src/x/a.ts': text }), ['src'], 20);

  it('is a problem, in comments too', () => {
    expect(wide('const a = 1;\n// a comment that is too wide\n')).toEqual([
      'src/x/a.ts:2 is wider than 20 columns',
    ]);
  });

  it.each([
    ['a string', "const a = 'a long text in quotes';\n"],
    ['a template', 'const a = `a long\ntext in quotes of many words`;\n'],
    ['a regular expression', 'const a = /a long text in slashes/u;\n'],
    ['a URL', '// https://example.org/a-long-path\n'],
  ])('may be so by %s', (_name, text) => {
    expect(wide(text)).toEqual([]);
  });
});

describe('a log call', () => {
  const calls = (text: string) =>
    logCalls(
      treeOf({
        'src/log-codes.ts': "export const logCodes = {\n  started: { meaning: 'a' },\n};\n",
        'src/a.ts': text,
      }),
      ['src/log-codes.ts'],
    );

  it('starts with a code', () => {
    const { withoutCode } = calls(
      "log.info({ code: 'started' }, 'x');\nthis.#log.warn({ at: 1, code }, 'x');\n",
    );
    expect(withoutCode).toEqual([
      "src/a.ts:2: a log call starts with a code: log.warn({ code: 'name', ... }, 'message')",
    ]);
    expect(calls("context.log.error(\n  fields,\n  'x',\n);\n").withoutCode).toHaveLength(1);
  });

  it('has the level of its code', () => {
    const tree = treeOf({
      'src/log-codes.ts': "export const logCodes = {\n  failed: { level: 'warn', meaning: 'a' },\n};\n",
      'src/a.ts': "log.warn({ code: 'failed' }, 'x');\nlog.error({ code: 'failed' }, 'x');\n",
    });
    expect(logCalls(tree, ['src/log-codes.ts']).wrongLevel).toEqual([
      "src/a.ts:2: 'failed' is logged as error, and listed as warn",
    ]);
  });

  it('has a code of the list', () => {
    expect(calls("log.info({ code: 'stopped', where: 'a' }, 'x');\n").unknown).toEqual([
      "src/a.ts:1: the log code 'stopped' is not in src/log-codes.ts",
    ]);
    const either = "log.info({ code: kind === 'a' ? 'started' : 'ended', where: 'a' }, 'x');\n";
    expect(calls(either).unknown).toEqual([expect.stringContaining("the log code 'ended'")]);
  });

  it('exists for each code of the list', () => {
    expect(calls('log.info({ code }, 1);\n').unused).toEqual([
      "src/log-codes.ts: no log call of src/ has the code 'started'",
    ]);
    expect(calls("const code = 'started';\nlog.info({ code }, 1);\n").unused).toEqual([]);
  });
});
