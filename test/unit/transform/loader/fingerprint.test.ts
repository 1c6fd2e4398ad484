import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { chainHash } from '../../../../src/transform/loader/fingerprint.ts';
import { configOf } from '../../support/config.ts';

it('changes with the settings, a file, and what it imports, and with nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logweir-hash-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('mine.ts', "import { a } from './lib.js';\nimport './loop.ts';\nexport default a;");
  write('lib.ts', 'export const a = 1;');
  write('loop.ts', "import './mine.ts';");
  write('unrelated.ts', 'export const b = 1;');
  const { transforms } = configOf('transforms: [{ use: ./mine.ts }, { use: parse-json }]');
  const first = chainHash(transforms, folder);
  expect(first).toMatch(/^[0-9a-f]{12}$/);
  write('unrelated.ts', 'export const b = 2;');
  expect(chainHash(transforms, folder)).toBe(first);
  write('lib.ts', 'export const a = 2;');
  const second = chainHash(transforms, folder);
  expect(second).not.toBe(first);
  expect(chainHash(transforms.slice(0, 1), folder)).not.toBe(second);
});
