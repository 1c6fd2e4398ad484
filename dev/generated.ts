import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from '../test/support/paths.ts';

/**
 * Writes a file that is made of others; with --check on the command line it only says whether it is current, and the exit code is 1
 * where it is not.
 *
 * @param target of the Makefile that writes it
 */
export function writeOrCheck(file: string, text: string, target: string): void {
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${relative(root, file)} is not current: run make ${target}\n`);
    process.exitCode = 1;
  }
}
