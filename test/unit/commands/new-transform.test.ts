import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTransform } from '../../../src/commands/new-transform.ts';
import { root } from '../../support/paths.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-new-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function logweir(args: string[], input = ''): string {
  return execFileSync(join(root, 'bin/logweir'), args, {
    cwd: folder,
    input,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

it('the test of a new transform passes unchanged, and the transform runs', () => {
  expect(logweir(['new', 'transform', 'add-team'])).toContain('logweir transform --diff');
  expect(readdirSync(join(folder, 'transforms')).sort()).toEqual(['add-team.test.ts', 'add-team.ts']);
  const output = logweir(['test']);
  expect(output).toMatch(/pass 3\n/);
  expect(output).toMatch(/fail 0\n/);
  writeFileSync(
    join(folder, 'logweir.yaml'),
    'transforms: [{ use: ./transforms/add-team.ts, with: { field: team, value: shop } }]',
  );
  expect(logweir(['transform'], '{"n":1}\n')).toBe('{"n":1,"team":"shop"}\n');
});

it('a failing test makes the command fail', () => {
  writeFileSync(
    join(folder, 'transforms/bad.test.ts'),
    "import { test } from 'node:test';\ntest('bad', () => { throw new Error('on purpose'); });",
  );
  expect(() => logweir(['test', 'transforms/bad.test.ts'])).toThrow('Command failed');
  rmSync(join(folder, 'transforms/bad.test.ts'));
});

it('an existing file is never overwritten, and an invalid name is rejected', () => {
  const before = readFileSync(join(folder, 'transforms/add-team.ts'), 'utf8');
  expect(() => newTransform('add-team', folder, new PassThrough())).toThrow('exists already');
  expect(readFileSync(join(folder, 'transforms/add-team.ts'), 'utf8')).toBe(before);
  expect(() => newTransform('../evil', folder, new PassThrough())).toThrow('is not a name for a transform');
});
