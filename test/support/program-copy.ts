import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { root } from './paths.ts';

/** The program as it runs from its sources, in a directory of its own until the test ends: without native/reader.node. */
export function copyOfProgram(): string {
  const home = mkdtempSync(join(tmpdir(), 'logweir-copy-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (const name of ['bin', 'src', 'transforms', 'package.json'])
    cpSync(join(root, name), join(home, name), { recursive: true });
  mkdirSync(join(home, 'native'));
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  symlinkSync(join(root, '.cache'), join(home, '.cache'));
  return home;
}
