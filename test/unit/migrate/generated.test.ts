import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrated, names } from './lab.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const loader = fileURLToPath(new URL('load-all.ts', import.meta.url));
/** Variables that the configurations name. */
const variables = { ES_PASSWORD: 'x', KAFKA_PASSWORD: 'x', NODE: 'n', ENV: 'prod', LIMIT: '5' };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-migrate-'));
  for (const name of names)
    for (const [file, text] of migrated(name).files) {
      // An enrichment table is read when the chain is loaded.
      write(join(name, file), text.replace('/etc/vector/teams.csv', './teams.csv'));
    }
  write('two-files/teams.csv', 'service,team\ncart,shop\n');
  write('package.json', '{ "type": "module" }\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, text: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function run(...args: readonly string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...variables, NODE_NO_WARNINGS: '1' },
  });
  return { code: status, output: stdout + stderr };
}

it('every generated configuration loads', () => {
  const paths = globSync('*/logweir.yaml', { cwd: folder });
  expect(paths).toHaveLength(names.length - 1);
  expect(run(loader, ...paths)).toEqual({ code: 0, output: '' });
});

it('every generated file is TypeScript without an error', () => {
  const compilerOptions = {
    target: 'esnext',
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: false,
    noUnusedLocals: true,
    typeRoots: [join(root, 'node_modules/@types')],
    paths: {
      logweir: [join(root, 'src/transform/api/api.ts')],
      'logweir/testing': [join(root, 'src/transform/api/testing.ts')],
      'logweir/vrl': [join(root, 'src/vrl/vrl.ts')],
    },
  };
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*/transforms/*.ts'] };
  write('tsconfig.json', JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  expect(run(tsc, '-p', 'tsconfig.json')).toEqual({ code: 0, output: '' });
}, 240_000);

it("Vector's tests pass as tests of the generated transforms", () => {
  const files = globSync('*/transforms/*.test.ts', { cwd: folder });
  expect(files.length).toBeGreaterThanOrEqual(6);
  const { code, output } = run(join(root, 'src/main.ts'), 'test', ...files);
  expect(output).toMatch(/fail 0/);
  expect(code).toBe(0);
}, 240_000);
