import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OwnFolder } from '../../support/own-folder.ts';
import { root } from '../../support/paths.ts';

/** As `npm init -y` writes it. */
const COMMONJS = '{ "name": "own", "version": "1.0.0", "main": "index.js", "type": "commonjs" }\n';
const packages: [string, Record<string, string>][] = [
  ['no package.json', {}],
  ['a package.json of npm init', { 'package.json': COMMONJS }],
  ['a package.json without a type', { 'package.json': '{ "name": "own" }' }],
  ['a package.json of ES modules', { 'package.json': '{ "type": "module" }' }],
];

/** What a user gets wrong, and no JavaScript would tell. */
const TYPO = `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({ limit: z.number() }),
  setup({ limit }) {
    return (event, record) => {
      if (record.topic === limit) return undefined;
      return record.tpoic === '' ? undefined : event;
    };
  },
});
`;

function expectNewTransformAccepted(folder: OwnFolder): void {
  expect(folder.logweir(['new', 'transform', 'add-team'])).toMatchObject({ code: 0, stderr: '' });
  expect(folder.tsc()).toBe('');
  const tested = folder.logweir(['test']);
  expect(tested).toMatchObject({ code: 0, stderr: '' });
  expect(tested.stdout).toMatch(/pass 3\n/);
  folder.write({ 'transforms/typo.ts': TYPO });
  const told = folder.tsc();
  expect(told).toContain("Property 'tpoic' does not exist on type 'RecordInfo'. Did you mean 'topic'?");
  expect(told).toContain("types 'string' and 'number' have no overlap");
}

describe.each(packages)('in a folder with %s', (_name, files) => {
  it('a new transform and its test are accepted by tsc, and run; under what tsc --init writes too', () => {
    const folder = new OwnFolder(files);
    expectNewTransformAccepted(folder);
    rmSync(join(folder.path, 'tsconfig.json'));
    rmSync(join(folder.path, 'transforms/typo.ts'));
    folder.tscInit();
    expect(folder.tsc()).toBe('');
    for (const [name, text] of Object.entries(files))
      expect(readFileSync(join(folder.path, name), 'utf8')).toBe(text);
  });

  it('a transform of ES module syntax runs, with nothing on stderr but what it is told', () => {
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
  'a transform of CommonJS syntax goes on to run in a folder with %s',
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

it('in a folder of npm init a transform that has changed is loaded anew, and the files that it imports', () => {
  const folder = new OwnFolder({
    'package.json': COMMONJS,
    'own.ts': "import { version } from './version.js';\nexport default (event) => ({ ...event, version });",
    'version.ts': 'export const version: number = 1;',
  });
  const script = `import { loadChain } from ${JSON.stringify(join(root, 'src/transform/loader.ts'))};
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

it('every file that is written is named, and none that is there is written over', () => {
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

describe('the package that npm pack makes without a build', () => {
  let work = '';
  let installed = '';
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'logweir-pack-'));
    const source = join(work, 'source');
    for (const name of ['bin', 'src', 'transforms', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
      cpSync(join(root, name), join(source, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'));
    execFileSync('npm', ['pack', '--silent', '--pack-destination', work], { cwd: source });
    // What npm install would do, but that the packages it needs come from here and from no registry.
    const packed = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '';
    installed = join(work, 'node_modules/logweir');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['xf', join(work, packed), '--strip-components=1', '-C', installed]);
    for (const name of readdirSync(join(root, 'node_modules')))
      if (!name.startsWith('.'))
        symlinkSync(join(root, 'node_modules', name), join(work, 'node_modules', name));
  }, 120_000);
  afterAll(() => rmSync(work, { recursive: true }));

  it('names every package of which its types need something as a dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: object;
    };
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(['zod', '@types/node']));
  });

  it('gives a transform its types where it is installed, with nothing to write for them', () => {
    const folder = new OwnFolder({}, join(installed, 'bin/logweir'));
    symlinkSync(join(work, 'node_modules'), join(folder.path, 'node_modules'));
    folder.tscInit();
    expectNewTransformAccepted(folder);
    expect(existsSync(join(folder.path, '.logweir'))).toBe(false);
  });

  it('copies the types to a folder that cannot see where it is installed, as that of an image', () => {
    const folder = new OwnFolder({}, join(installed, 'bin/logweir'));
    expectNewTransformAccepted(folder);
    expect(existsSync(join(folder.path, '.logweir/logweir/dist/src/transform/api.d.ts'))).toBe(true);
  });
});
