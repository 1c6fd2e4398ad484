import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../support/reload-natively.ts', import.meta.url));
const cjsVersion = (version: number) => `module.exports = { version: ${version} };`;
const defined = `const { defineTransform } = require('logweir');
const { z } = require('zod');
module.exports = defineTransform({ options: z.strictObject({}), setup: () => () => ({ from: 'cjs' }) });`;
const definedEsm = `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({ options: z.strictObject({}), setup: () => () => ({ from: 'esm' }) });`;
const packageOf = (type: string) => JSON.stringify({ name: 'x', version: '1.0.0', type, main: './index.js' });

const files: Record<string, string> = {
  'imports.mjs': `import helper from './lib/helper.cjs';\nexport default () => helper;`,
  'requires.cjs': `const helper = require('./lib/helper.cjs');\nmodule.exports = () => ({ ...helper, cjs: true });`,
  'created.mjs': `import { createRequire } from 'node:module';
const helper = createRequire(import.meta.url)('./lib/outer.cjs');
export default () => helper;`,
  'lib/outer.cjs': `module.exports = require('./helper.cjs');`,
  'lib/helper.cjs': cjsVersion(1),
  'data.cjs': `module.exports = () => require('./lib/data.json');`,
  'lib/data.json': '{"version":1}',
  'node_modules/esm-package/package.json': packageOf('module'),
  'node_modules/esm-package/index.js': definedEsm,
  'node_modules/cjs-package/package.json': packageOf('commonjs'),
  'node_modules/cjs-package/index.js': defined,
  'node_modules/@team/inner/package.json': packageOf('module'),
  'node_modules/@team/inner/index.js': `export { default } from 'esm-package';`,
  'node_modules/copy-package/package.json': packageOf('module'),
  'node_modules/copy-package/index.js': definedEsm,
  'node_modules/copy-package/node_modules/logweir/package.json': packageOf('module'),
  'node_modules/copy-package/node_modules/logweir/index.js': `export const defineTransform = (definition) => definition;`,
  'file.mjs': `export { default } from 'esm-package';`,
  'file.cjs': `module.exports = require('cjs-package');`,
  'built-ins.cjs': `const found = [require('luxon').DateTime.utc, require('bowser').getParser, require('csv-parse/sync').parse];
module.exports = () => ({ found: found.map((one) => typeof one) });`,
  'file-requires-esm.cjs': `module.exports = require('esm-package').default;`,
};

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-reload-')));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function load(use: string, changed = '', next = ''): unknown[] {
  for (const [name, text] of Object.entries({
    ...files,
    ...(changed === '' ? {} : { [`${changed}.next`]: next }),
  })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return JSON.parse(execFileSync(process.execPath, [program, folder, use, changed]).toString()) as unknown[];
}

describe('a CommonJS file is read again with the transform that requires it', () => {
  it.each([
    ['./imports.mjs', 'lib/helper.cjs', cjsVersion(2), { version: 1 }, { version: 2 }],
    ['./requires.cjs', 'lib/helper.cjs', cjsVersion(2), { version: 1, cjs: true }, { version: 2, cjs: true }],
    ['./created.mjs', 'lib/helper.cjs', cjsVersion(2), { version: 1 }, { version: 2 }],
    [
      './requires.cjs',
      'requires.cjs',
      'module.exports = () => ({ n: 2 });',
      { version: 1, cjs: true },
      { n: 2 },
    ],
    ['./data.cjs', 'lib/data.json', '{"version":2}', { version: 1 }, { version: 2 }],
    [
      'cjs-package',
      'node_modules/cjs-package/index.js',
      'module.exports = () => ({ n: 2 });',
      { from: 'cjs' },
      { n: 2 },
    ],
  ])('%s, when %s changes', (use, changed, next, before, after) => {
    expect(load(use, changed, next)).toEqual([before, before, after]);
  });
});

describe('a package in node_modules can use defineTransform of the running copy', () => {
  it.each([
    ['esm-package', 'esm'],
    ['cjs-package', 'cjs'],
    ['@team/inner', 'esm'],
    ['copy-package', 'esm'],
    ['./file.mjs', 'esm'],
    ['./file.cjs', 'cjs'],
    ['./file-requires-esm.cjs', 'esm'],
  ])('%s', (use, from) => {
    expect(load(use)).toEqual([{ from }, { from }, { from }]);
  });
});

it('require finds the dependencies of built-ins too', () => {
  const event = { found: ['function', 'function', 'function'] };
  expect(load('./built-ins.cjs')).toEqual([event, event, event]);
});
