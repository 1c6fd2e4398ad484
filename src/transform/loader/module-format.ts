import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { withoutTypes } from './without-types.ts';

/** V8's messages for ES module syntax in CommonJS. Node checks them if package.json has no `type`. */
const ONLY_IN_MODULES =
  /Cannot use import statement outside a module|Unexpected token 'export'|Cannot use 'import\.meta' outside a module|await is only valid in async functions and the top level bodies of modules/;
const COMMONJS_VARIABLES = ['exports', 'require', 'module', '__filename', '__dirname'];

/**
 * The format of a `.ts` or `.js` file of the user that is an ES module by its syntax. Without this, Node uses
 * the nearest package.json: it rejects the file if that says `commonjs`, as `npm init` writes it, and warns
 * on stderr if it says nothing.
 *
 * @param format Node's result from the file's name and package.json
 * @returns undefined to keep `format`
 */
export function ownFormat(url: string, format: string | null | undefined): string | undefined {
  const isOpen = format === undefined || format === null || format.startsWith('commonjs');
  if (!isOpen || !url.startsWith('file:')) return undefined;
  const path = fileURLToPath(url);
  if (!/\.[jt]s$/.test(path) || path.includes('/node_modules/')) return undefined;
  const isTypeScript = path.endsWith('.ts');
  try {
    const source = readFileSync(path, 'utf8');
    compileFunction(isTypeScript ? withoutTypes(source) : source, COMMONJS_VARIABLES);
  } catch (error) {
    // Node reports every other error with its position when it loads the file.
    if (error instanceof SyntaxError && ONLY_IN_MODULES.test(error.message))
      return isTypeScript ? 'module-typescript' : 'module';
  }
  return undefined;
}
