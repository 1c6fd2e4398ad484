import { type ResolveFnOutput, type ResolveHookContext, createRequire, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ownFormat } from './module-format.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The modules that a transform may import from any folder, and the URLs of the running copies. */
const running: Record<string, string> = {
  logweir: new URL(`../api/api.${extension}`, import.meta.url).href,
  'logweir/testing': new URL(`../api/testing.${extension}`, import.meta.url).href,
  'logweir/vrl': new URL(`../../vrl/vrl.${extension}`, import.meta.url).href,
  zod: import.meta.resolve('zod'),
};

/** Further imports of built-ins. A copy of a built-in may be in a folder where they are not installed. */
const OF_BUILT_INS = /^(?:bowser|csv-parse|luxon|maxmind|re2js)(?:\/|$)/;

/** The query parameter that makes Node load a file again; its imports get the same one. */
const FRESH = 'logweir-load';
const PACKAGE = 'logweir-package:';

const { cache } = createRequire(import.meta.url);

let isInstalled = false;

/** The URL of a file of the user for a generation of the chain. The first generation needs no query. */
export function freshUrl(url: string, generation: number): string {
  return generation === 1 ? url : `${url}?${FRESH}=${generation}`;
}

/** The URL of an npm package, resolved like an import in a file of that folder. */
export function packageUrl(name: string, directory: string, generation: number): string {
  return `${PACKAGE}${encodeURIComponent(name)}?from=${encodeURIComponent(directory)}&generation=${generation}`;
}

/**
 * Lets transforms import `logweir`, `logweir/testing`, `logweir/vrl` and `zod` from any folder: a mounted
 * folder has no `node_modules` above it, and a second copy of zod or logweir does not know the schemas and
 * definitions of the first. All other imports use the transform's own `node_modules` as usual; the
 * dependencies of built-ins are found in this installation too.
 */
export function installResolveHook(): void {
  if (isInstalled) return;
  isInstalled = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier.startsWith(PACKAGE)) {
        const { pathname, searchParams } = new URL(specifier);
        const parentURL = pathToFileURL(`${searchParams.get('from') ?? ''}/logweir.yaml`).href;
        const resolved = nextResolve(decodeURIComponent(pathname), { ...context, parentURL });
        forget(resolved.url);
        return { ...resolved, url: freshUrl(resolved.url, Number(searchParams.get('generation'))) };
      }
      const url = running[specifier];
      // Another copy of logweir makes definitions that this one does not know; a package may use its own zod.
      const isOwnZod = specifier === 'zod' && context.parentURL?.includes('/node_modules/') === true;
      if (url !== undefined && !isOwnZod) return { url, shortCircuit: true };
      const found =
        isOwnZod || OF_BUILT_INS.test(specifier)
          ? installed(specifier, context, nextResolve)
          : resolveSource(specifier, context.parentURL, (name) => nextResolve(name, context));
      const format = ownFormat(found.url, found.format);
      const resolved = format === undefined ? found : { ...found, format };
      const generation = new RegExp(`[?&]${FRESH}=(\\d+)`).exec(context.parentURL ?? '')?.[1];
      if (
        generation === undefined ||
        !/^\.{0,2}\//.test(specifier) ||
        resolved.url.includes('/node_modules/')
      )
        return resolved;
      return { ...resolved, url: freshUrl(resolved.url, Number(generation)) };
    },
  });
}

/**
 * By TypeScript's defaults a file imports `./x.js` and means the `x.ts` next to it. Node looks for `x.js`
 * only.
 *
 * @param find throws if it finds nothing
 */
function resolveSource<Found>(
  specifier: string,
  parentUrl: string | undefined,
  find: (specifier: string) => Found,
): Found {
  try {
    return find(specifier);
  } catch (error) {
    const isOwn = /^\.{0,2}\/.*\.[mc]?js$/.test(specifier) && parentUrl?.includes('/node_modules/') !== true;
    if (!isOwn) throw error;
    try {
      return find(specifier.replace(/js$/, 'ts'));
    } catch {
      throw error;
    }
  }
}

type Resolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

/** The package that is installed above the importing file, or else this installation's. */
function installed(specifier: string, context: ResolveHookContext, nextResolve: Resolve): ResolveFnOutput {
  try {
    return nextResolve(specifier, context);
  } catch {
    // Not nextResolve with another parent: `require` ignores that.
    return { url: import.meta.resolve(specifier), shortCircuit: true };
  }
}

/** CommonJS caches files by path and ignores the query: clears the cache, except for installed packages. */
export function forgetCommonJs(): void {
  for (const path of Object.keys(cache)) if (!path.includes('/node_modules/')) delete cache[path];
}

function forget(url: string): void {
  if (url.startsWith('file:')) delete cache[fileURLToPath(url)];
}

/** The folder of the built-in transforms of this installation. */
export const builtInsDirectory: string = fileURLToPath(new URL('../../../transforms/', import.meta.url));
export const builtInExtension: string = extension;
