import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.ts';
import { version } from '../version.ts';

/** Folder of the types: not in `node_modules`, where npm removes packages that no package.json names. */
const TYPES_FOLDER = '.logweir';

const isCheckout = import.meta.url.endsWith('.ts');
const root = fileURLToPath(new URL(isCheckout ? '../..' : '../../..', import.meta.url));
const DECLARATIONS = '**/*.d.{ts,cts,mts}';
/**
 * Packages that our types refer to, and the files to copy. npm may give this zod to other packages, so it
 * must run.
 */
const OTHERS = { zod: '**/*.{js,cjs,cts}', '@types/node': DECLARATIONS, 'undici-types': DECLARATIONS };

/**
 * Lets an editor and `tsc` find `logweir`, `logweir/testing`, `logweir/vrl`, `zod` and Node's modules in a
 * folder. Does nothing if npm has installed logweir. A checkout and an image contain no package that the
 * folder can find, and the machine of the editor may not have the files of an image. Therefore the
 * declarations are copied.
 *
 * @returns the written paths, relative to the folder, each with its purpose
 */
export function writeTypes(folder: string): [path: string, what: string][] {
  if (isInstalled('logweir', folder)) return [];
  const types = join(folder, TYPES_FOLDER);
  const own = join(types, 'logweir');
  if (!existsSync(types)) {
    try {
      writeOwn(own);
      for (const [name, files] of Object.entries(OTHERS))
        copyFiles(packageFolder(name), join(types, 'node_modules', name), files);
    } catch (error) {
      rmSync(types, { recursive: true, force: true });
      return [[TYPES_FOLDER, `missing: the types cannot be written: ${messageOf(error)}`]];
    }
  }
  const written: [string, string][] = [[TYPES_FOLDER, 'the types, for editors and tsc']];
  for (const [name, target] of [
    ['logweir', own],
    ['zod', join(types, 'node_modules/zod')],
  ] as const) {
    if (isInstalled(name, folder)) continue;
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    const link = join(folder, 'node_modules', name);
    symlinkSync(relative(dirname(link), target), link);
    written.push([`node_modules/${name}`, 'a link, where editors and tsc look for types']);
  }
  return written;
}

/** Logweir's package without its code. */
function writeOwn(folder: string): void {
  const typesOf = (name: string): object => ({ types: `./dist/src/${name}.d.ts` });
  mkdirSync(folder, { recursive: true });
  if (isCheckout) {
    const tsc = join(packageFolder('typescript'), 'bin/tsc');
    const args = ['-p', join(root, 'tsconfig.types.json'), '--outDir', join(folder, 'dist')];
    execFileSync(process.execPath, [tsc, ...args], { encoding: 'utf8', stdio: 'pipe' });
  } else copyFiles(join(root, 'dist'), join(folder, 'dist'), DECLARATIONS);
  const description = {
    name: 'logweir',
    version,
    type: 'module',
    exports: {
      '.': typesOf('transform/api/api'),
      './testing': typesOf('transform/api/testing'),
      './vrl': typesOf('vrl/vrl'),
    },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
}

function copyFiles(from: string, to: string, pattern: string): void {
  const exclude = ['node_modules'];
  for (const file of globSync(['package.json', 'LICENSE*', pattern], { cwd: from, exclude })) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyFileSync(join(from, file), join(to, file));
  }
}

function packageFolder(name: string): string {
  return dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`));
}

/** Whether an import in the folder finds the package. */
function isInstalled(name: string, folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', name))) return true;
    if (dirname(at) === at) return false;
  }
}
