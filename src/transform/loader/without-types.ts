import { stripTypeScriptTypes } from 'node:module';

/**
 * Removes the types of a TypeScript source, as Node itself does when it loads a file.
 *
 * @throws SyntaxError if the source is not valid
 */
export function withoutTypes(source: string): string {
  // Node warns that this function is experimental, which the user can do nothing about.
  const warn = Reflect.get(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = warn;
  }
}
