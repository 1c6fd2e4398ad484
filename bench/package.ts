import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runRoot } from '../test/support/paths.ts';

/** Not in `.cache`, which checkouts may share: each measures its own code. */
const directory = join(runRoot, 'package');

/** Starts what {@link buildPackage} has built. */
export const launcher = join(directory, 'bin/logweir');

/**
 * Builds what the package and the image hold: the compiled sources, the native reader and the launcher. What
 * is measured is what is run in production; from the TypeScript sources a process would hold the compiler's
 * memory too.
 */
export function buildPackage(): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  execFileSync(
    join(root, 'node_modules/.bin/tsc'),
    ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(directory, 'dist')],
    { stdio: 'inherit' },
  );
  for (const name of ['bin', 'native', 'package.json'])
    cpSync(join(root, name), join(directory, name), { recursive: true });
}
