import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** What a transform may import wherever it lies, and where the running copy of it is. */
const running: Record<string, string> = {
  logweir: new URL(`./api.${extension}`, import.meta.url).href,
  'logweir/testing': new URL(`./testing.${extension}`, import.meta.url).href,
  zod: import.meta.resolve('zod'),
};

let installed = false;

/**
 * Lets transforms import `logweir`, `logweir/testing` and `zod` from any folder: a mounted one has no `node_modules` above
 * it, and a second copy of zod or logweir would not know the first one's schemas and definitions. For everything else
 * the transform's own `node_modules` are looked at, as ever.
 */
export function installResolveHook(): void {
  if (installed) return;
  installed = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = running[specifier];
      if (url === undefined || context.parentURL?.includes('/node_modules/') === true) {
        return nextResolve(specifier, context);
      }
      return { url, shortCircuit: true };
    },
  });
}

/** The folder of the built-in transforms that ship with this copy. */
export const builtInsDirectory: string = fileURLToPath(new URL('../../transforms/', import.meta.url));
export const builtInExtension: string = extension;
