import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OwnFolder, expectNewTransformAccepted } from '../../support/own-folder.ts';
import { root } from '../../support/paths.ts';

const PACKED = [
  'LICENSE',
  'README.md',
  'bin',
  'native/build.sh',
  'native/reader.c',
  'package.json',
  'src',
  'transforms',
  'tsconfig.build.json',
  'tsconfig.json',
];

const CONFIG = `kafka: { topics: [app-logs] }
transforms:
  - { use: ./mine.ts, with: { team: web } }
  - { use: team-transforms }
  - { use: parse-json }
`;

/** A transform as users write it, with its options. */
const MINE = `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({ team: z.string() }),
  setup: ({ team }) => (event, record) => ({ ...event, team, topic: record.topic }),
});
`;

let work = '';
let tarball = '';
/** As `npm install` makes it, with packages that the checkout has in place of those of a registry. */
let modules = '';
beforeAll(() => {
  work = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-pack-')));
  const source = join(work, 'source');
  for (const name of PACKED) cpSync(join(root, name), join(source, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'));
  execFileSync('npm', ['pack', '--silent', '--offline', '--pack-destination', work], { cwd: source });
  tarball = join(work, readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '');
  modules = join(work, 'node_modules');
  const installed = join(modules, 'logweir');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xf', tarball, '--strip-components=1', '-C', installed]);
  mkdirSync(join(modules, '.bin'));
  symlinkSync('../logweir/bin/logweir', join(modules, '.bin/logweir'));
  for (const name of dependencies()) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
}, 120_000);
afterAll(() => rmSync(work, { recursive: true }));

/** What npm installs for a user: no development packages. */
function dependencies(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => /^node_modules\/(?!.*\/node_modules\/)/.test(path) && dev !== true)
    .map(([path]) => path.slice('node_modules/'.length))
    .filter((name) => existsSync(join(root, 'node_modules', name)));
}

/** A user's folder where logweir is installed. */
function folderWithLogweir(files: Record<string, string>): OwnFolder {
  const folder = new OwnFolder(files, join(modules, '.bin/logweir'));
  mkdirSync(join(folder.path, 'node_modules'), { recursive: true });
  for (const name of readdirSync(modules))
    symlinkSync(join(modules, name), join(folder.path, 'node_modules', name));
  folder.tscInit();
  return folder;
}

it('the package holds the launcher, the compiled sources and the source of the native reader, and nothing else', () => {
  const files = execFileSync('tar', ['tf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const known =
    /^package\/(?:LICENSE|README\.md|package\.json|bin\/logweir|native\/(?:build\.sh|reader\.c)|dist\/(?:src|transforms)\/.*\.(?:d\.ts|js|js\.map)|dist\/src\/admin\/page\/(?:page\.html|page\.css|icon\.svg))$/;
  expect(files.filter((name) => !known.test(name))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining(['package/bin/logweir', 'package/dist/src/main.js', 'package/native/reader.c']),
  );
});

it('the status page is served from the package, compiled', () => {
  const script = `import { pageFile } from './node_modules/logweir/dist/src/admin/page-files.js';
for (const path of ['/', '/page/page.css', '/page/icon.svg', '/page/main.js', '/page/tap.js'])
  console.log(path, pageFile(path)?.type);
console.log(pageFile('/page/main.js').body.includes("from './tap.js'"));`;
  const folder = folderWithLogweir({ 'page.mjs': script });
  const { stdout, stderr } = spawnSync(process.execPath, ['page.mjs'], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  expect({ stdout, stderr }).toEqual({
    stdout:
      '/ text/html; charset=utf-8\n/page/page.css text/css; charset=utf-8\n/page/icon.svg image/svg+xml\n' +
      '/page/main.js text/javascript; charset=utf-8\n/page/tap.js text/javascript; charset=utf-8\ntrue\n',
    stderr: '',
  });
});

it('every package that its types need is a dependency', () => {
  const manifest = JSON.parse(readFileSync(join(modules, 'logweir/package.json'), 'utf8')) as {
    dependencies: object;
  };
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(['zod', '@types/node']));
});

it('its command starts without development packages', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = folderWithLogweir({ 'logweir.yaml': 'transforms: [{ use: parse-json }]\n' });
  expect(folder.logweir(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  const printed = folder.logweir(['config']);
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  expect(printed.stdout).toContain('localhost:9092');
  expect(printed.stdout).toContain('use: parse-json');
});

it('a transform in a file and one in an npm package are type-checked, and run', () => {
  const folder = folderWithLogweir({
    'package.json': '{ "type": "module" }',
    'logweir.yaml': CONFIG,
    'mine.ts': MINE,
    'team/package.json': '{ "name": "team-transforms", "type": "module", "exports": "./index.js" }',
    'team/index.ts': `import { type Event, defineTransform, routeTo } from 'logweir';
export default defineTransform({ setup: () => (event: Event) => routeTo({ ...event, packaged: true }, 'team') });
`,
    'team/tsconfig.json': `{ "compilerOptions": {
  "module": "nodenext", "target": "es2024", "strict": true, "declaration": true, "outDir": "../node_modules/team-transforms"
} }`,
  });
  expect(folder.tsc('-p', 'team')).toBe('');
  cpSync(
    join(folder.path, 'team/package.json'),
    join(folder.path, 'node_modules/team-transforms/package.json'),
  );
  expect(folder.tsc('--noEmit')).toBe('');
  const alone = spawnSync(process.execPath, ['mine.ts'], { cwd: folder.path, encoding: 'utf8' });
  expect(alone).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const { code, stdout, stderr } = folder.logweir(['transform'], '{"message":"{\\"a\\":1}"}\n');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/warning/i) as unknown });
  expect(JSON.parse(stdout)).toMatchObject({ a: 1, team: 'web', packaged: true });
});

it('a new transform has its types where logweir is installed', () => {
  const folder = folderWithLogweir({});
  expectNewTransformAccepted(folder);
  expect(existsSync(join(folder.path, '.logweir'))).toBe(false);
});

it('the types are copied to a folder that does not see the installation, as with the image', () => {
  const folder = new OwnFolder({}, join(modules, '.bin/logweir'));
  expectNewTransformAccepted(folder);
  expect(existsSync(join(folder.path, '.logweir/logweir/dist/src/transform/api/api.d.ts'))).toBe(true);
});
