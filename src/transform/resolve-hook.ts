import { type ResolveFnOutput, type ResolveHookContext, createRequire, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ownFormat } from './module-format.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** What a transform may import wherever it lies, and where the running copy of it is. */
const running: Record<string, string> = {
  logweir: new URL(`./api.${extension}`, import.meta.url).href,
  'logweir/testing': new URL(`./testing.${extension}`, import.meta.url).href,
  zod: import.meta.resolve('zod'),
};

/** What built-ins import besides. A copy of one may lie where none of these is installed. */
const OF_BUILT_INS = /^(?:bowser|csv-parse|luxon|maxmind|re2js)(?:\/|$)/;

/** The query that makes Node load a file anew; the files that it imports are given the same. */
const FRESH = 'logweir-load';
const PACKAGE = 'logweir-package:';

const { cache } = createRequire(import.meta.url);

let isInstalled = false;

/** The URL of a file of the user, to be loaded by that generation of the chain. The first one needs no query. */
export function freshUrl(url: string, generation: number): string {
  return generation === 1 ? url : `${url}?${FRESH}=${generation}`;
}

/** The URL of an npm package, as an import in a file of that folder would find it. */
export function packageUrl(name: string, directory: string, generation: number): string {
  return `${PACKAGE}${encodeURIComponent(name)}?from=${encodeURIComponent(directory)}&generation=${generation}`;
}

/**
 * Lets transforms import `logweir`, `logweir/testing` and `zod` from any folder: a mounted one has no `node_modules` above
 * it, and a second copy of zod or logweir would not know the first one's schemas and definitions. For everything else
 * the transform's own `node_modules` are looked at, as ever, and what built-ins need is found here too.
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
      // Another copy of logweir makes definitions that this one does not know; a package may well bring a zod of its own.
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
 * TypeScript, by its defaults, has a file import `./x.js` where it means the `x.ts` beside it. Node finds only what is there.
 *
 * @param find throws where nothing is found
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

/** The package as it is installed above the file that imports it, else as it is here. */
function installed(specifier: string, context: ResolveHookContext, nextResolve: Resolve): ResolveFnOutput {
  try {
    return nextResolve(specifier, context);
  } catch {
    // For `require` a parent cannot be put in.
    return { url: import.meta.resolve(specifier), shortCircuit: true };
  }
}

/** CommonJS knows files by their paths alone: a query makes it read nothing anew. What npm has installed stays. */
export function forgetCommonJs(): void {
  for (const path of Object.keys(cache)) if (!path.includes('/node_modules/')) delete cache[path];
}

function forget(url: string): void {
  if (url.startsWith('file:')) delete cache[fileURLToPath(url)];
}

/** The folder of the built-in transforms that ship with this copy. */
export const builtInsDirectory: string = fileURLToPath(new URL('../../transforms/', import.meta.url));
export const builtInExtension: string = extension;
