import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { TransformConfig } from '../../config/schema.ts';
import { version } from '../../version.ts';

/** Imports beyond so many files are left out. */
const FILES_MAX = 1000;
const HASH_LENGTH = 12;
const RELATIVE_IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;
const ENDINGS = ['', '.ts', '.js', '.mjs', '.cjs', '.json'];

/**
 * A short hash of the transforms of a configuration: their settings, their files, and what these import by a
 * relative path. Two instances with the same hash run the same chain, apart from installed packages.
 */
export function chainHash(transforms: readonly TransformConfig[], directory: string): string {
  const hash = createHash('sha256').update(version).update(JSON.stringify(transforms));
  const files = new Map<string, string>();
  for (const { use } of transforms) collect(isAbsolute(use) ? use : resolve(directory, use), files);
  for (const content of files.values()) hash.update('\0').update(content);
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

/** Adds a file and its relative imports. A built-in or a package is no file there, and is left out. */
function collect(start: string, files: Map<string, string>): void {
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const found = readFirst(path);
    if (found === undefined || files.has(found.path) || files.size >= FILES_MAX) continue;
    files.set(found.path, found.content);
    for (const [, , specifier = ''] of found.content.matchAll(RELATIVE_IMPORT))
      waiting.push(resolve(dirname(found.path), specifier));
  }
}

/** Reads the file that an import means: its ending may be missing, or `.js` for a `.ts` file. */
function readFirst(path: string): { path: string; content: string } | undefined {
  for (const candidate of [...ENDINGS.map((ending) => path + ending), path.replace(/js$/, 'ts')]) {
    try {
      return { path: candidate, content: readFileSync(candidate, 'utf8') };
    } catch {
      // The next candidate.
    }
  }
  return undefined;
}
