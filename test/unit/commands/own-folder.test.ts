import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OwnFolder, expectNewTransformAccepted } from '../../support/own-folder.ts';
import { root } from '../../support/paths.ts';

/** The output of `npm init -y`. */
const COMMONJS = '{ "name": "own", "version": "1.0.0", "main": "index.js", "type": "commonjs" }\n';
const packages: [string, Record<string, string>][] = [
  ['no package.json', {}],
  ['a package.json of npm init', { 'package.json': COMMONJS }],
  ['a package.json without a type', { 'package.json': '{ "name": "own" }' }],
  ['a package.json of ES modules', { 'package.json': '{ "type": "module" }' }],
];

describe.each(packages)('in a folder with %s', (_name, files) => {
  it('tsc accepts a new transform and its test, and they run, also with the output of tsc --init', () => {
    const folder = new OwnFolder(files);
    expectNewTransformAccepted(folder);
    rmSync(join(folder.path, 'tsconfig.json'));
    rmSync(join(folder.path, 'transforms/typo.ts'));
    folder.tscInit();
    expect(folder.tsc('--noEmit')).toBe('');
    for (const [name, text] of Object.entries(files))
      expect(readFileSync(join(folder.path, name), 'utf8')).toBe(text);
  });

  it('a transform in ES module syntax runs without warnings on stderr', () => {
    const folder = new OwnFolder({
      ...files,
      'logweir.yaml': 'transforms: [{ use: ./own.ts }]',
      'own.ts': `import { two } from './two.ts';
import { three } from './three.js';
import { four } from './four.js';
import common from './common.cjs';
interface Shape { readonly n?: number }
export default (event: Shape) => ({ ...event, two, three, four, common: common.n });`,
      'two.ts': 'export const two: number = 2;',
      'three.js': 'export const three = 3;',
      'four.ts': 'export const four: number = 4;',
      'common.cjs': 'module.exports = { n: 5 };',
    });
    expect(folder.logweir(['transform'], '{"n":1}\n')).toEqual({
      code: 0,
      stdout: '{"n":1,"two":2,"three":3,"four":4,"common":5}\n',
      stderr: expect.not.stringMatching(/warning/i) as unknown,
    });
  });
});

it.each([
  ['no package.json', {}],
  ['a package.json of npm init', { 'package.json': COMMONJS }],
] as [string, Record<string, string>][])(
  'a transform of CommonJS syntax still runs in a folder with %s',
  (_name, files) => {
    const folder = new OwnFolder({
      ...files,
      'logweir.yaml': 'transforms: [{ use: ./own.ts }, { use: ./plain.js }, { use: ./named.cjs }]',
      'own.ts': `import type { Event } from 'logweir';
const { a } = require('./helper.js');
module.exports = (event: Event): Event => ({ ...event, a });`,
      'helper.js': 'exports.a = 1;',
      'plain.js': 'module.exports = (event) => ({ ...event, b: 2 });',
      'named.cjs': 'module.exports = (event) => ({ ...event, c: 3 });',
    });
    expect(folder.logweir(['transform'], '{}\n')).toMatchObject({ code: 0, stdout: '{"a":1,"b":2,"c":3}\n' });
  },
);

it('in a folder of npm init a changed transform is loaded again, with the files that it imports', () => {
  const folder = new OwnFolder({
    'package.json': COMMONJS,
    'own.ts': "import { version } from './version.js';\nexport default (event) => ({ ...event, version });",
    'version.ts': 'export const version: number = 1;',
  });
  const script = `import { loadChain } from ${JSON.stringify(join(root, 'src/transform/loader/loader.ts'))};
import { writeFileSync } from 'node:fs';
const configs = [{ use: './own.ts', with: {}, on_error: 'keep', timeout_ms: 1000 }];
const run = async () => {
  const chain = await loadChain(configs, process.cwd(), (name) => ({ name }), () => {});
  const { events } = await chain.run({}, { topic: 't', partition: 0, offset: 0, timestamp: 0 });
  console.log(JSON.stringify(events));
};
await run();
writeFileSync('version.ts', 'export const version: number = 2;');
await run();`;
  folder.write({ 'reload.mjs': script });
  const { stdout, stderr } = spawnSync(process.execPath, ['reload.mjs'], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toBe('[{"version":1}]\n[{"version":2}]\n');
});

it('every written file is named, and no existing file is overwritten', () => {
  const folder = new OwnFolder({ 'package.json': COMMONJS, 'tsconfig.json': '{}' });
  const { stdout } = folder.logweir(['new', 'transform', 'add-team']);
  for (const name of readdirSync(folder.path).filter((one) => one !== 'node_modules' && one !== 'transforms'))
    if (name !== 'package.json' && name !== 'tsconfig.json') expect(stdout).toContain(name);
  for (const name of readdirSync(join(folder.path, 'transforms')))
    expect(stdout).toContain(`transforms/${name}`);
  expect(readFileSync(join(folder.path, 'package.json'), 'utf8')).toBe(COMMONJS);
  expect(readFileSync(join(folder.path, 'tsconfig.json'), 'utf8')).toBe('{}');
  expect(stdout).toContain('npm install -D ./.logweir/logweir');
  const second = folder.logweir(['new', 'transform', 'another']).stdout;
  expect(second).toMatch(
    /^transforms\/another\.ts +the transform\ntransforms\/another\.test\.ts +its test.*\nIn/,
  );
});
