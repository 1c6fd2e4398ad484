import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from 'fastest-levenshtein';
import type { TransformConfig } from '../config/schema.ts';
import { LogweirError, messageOf } from '../errors.ts';
import {
  type TransformContext,
  type TransformDefinition,
  type TransformFunction,
  isTransformDefinition,
} from './api.ts';
import { Chain, type OnStepError, type Step } from './chain.ts';
import { builtInExtension, builtInsDirectory, installResolveHook } from './resolve-hook.ts';

export type ContextOf = (name: string) => TransformContext;

/**
 * Loads and sets up the transforms of a configuration, in order.
 *
 * @param directory what relative paths are relative to: the configuration file's folder
 * @throws LogweirError CONFIG with the transform's name, its place, and the line in it where that is known
 */
export async function loadChain(
  configs: readonly TransformConfig[],
  directory: string,
  contextOf: ContextOf,
  onError: OnStepError,
): Promise<Chain> {
  installResolveHook();
  const steps: Step[] = [];
  try {
    for (const [index, config] of configs.entries())
      steps.push(await loadStep(config, index, directory, contextOf));
  } catch (error) {
    await new Chain(steps, onError).close();
    throw error;
  }
  return new Chain(steps, onError);
}

async function loadStep(
  config: TransformConfig,
  index: number,
  directory: string,
  contextOf: ContextOf,
): Promise<Step> {
  const where = `transforms.${index} (${config.use})`;
  const path = locate(config.use, directory, where);
  const exported = await importDefault(path, where);
  const options = checkOptions(exported, config.with, where);
  const name = config.use;
  if (!isTransformDefinition(exported)) {
    return { name, run: exported, onError: config.on_error, close: () => {} };
  }
  try {
    const run = await exported.setup(options, contextOf(name));
    if (typeof run !== 'function') throw new TypeError('setup did not return a function');
    return { name, run, onError: config.on_error, close: () => exported.close?.() };
  } catch (error) {
    throw new LogweirError('CONFIG', `${where}: its setup failed: ${describe(error, path)}`, {
      cause: error,
    });
  }
}

/** A name without a slash or a file ending is a built-in; everything else is a path. */
function locate(use: string, directory: string, where: string): string {
  const isPath = use.includes('/') || /\.[mc]?[jt]s$/.test(use);
  if (isPath) {
    const path = isAbsolute(use) ? use : resolve(directory, use);
    if (existsSync(path)) return path;
    throw new LogweirError(
      'CONFIG',
      `${where}: there is no file ${path} (paths are relative to the configuration file)`,
    );
  }
  const path = join(builtInsDirectory, `${use}.${builtInExtension}`);
  if (existsSync(path)) return path;
  const known = builtIns();
  throw new LogweirError(
    'CONFIG',
    `${where}: there is no built-in of that name, did you mean ${closest(use, known)}? Built-in are ${known.join(', ')}; ` +
      'for a file of yours give its path, like ./transforms/mine.ts',
  );
}

/** The names of the built-in transforms. */
export function builtIns(): string[] {
  return readdirSync(builtInsDirectory)
    .filter((file) => file.endsWith(`.${builtInExtension}`) && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -builtInExtension.length - 1))
    .sort();
}

async function importDefault(path: string, where: string): Promise<TransformDefinition | TransformFunction> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    throw new LogweirError('CONFIG', `${where} does not load: ${describe(error, path)}`, { cause: error });
  }
  const exported = module.default;
  if (isTransformDefinition(exported)) return exported;
  if (typeof exported === 'function') return exported as TransformFunction;
  throw new LogweirError(
    'CONFIG',
    `${where}: ${path} must have a default export that is a function or comes from defineTransform(), not ${typeof exported}`,
  );
}

function checkOptions(
  exported: TransformDefinition | TransformFunction,
  given: object,
  where: string,
): unknown {
  if (!isTransformDefinition(exported) || exported.options === undefined) {
    if (Object.keys(given).length === 0) return {};
    throw new LogweirError(
      'CONFIG',
      `${where}: it takes no options, yet 'with' gives ${Object.keys(given).join(', ')}`,
    );
  }
  const result = exported.options.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${['with', ...issue.path].join('.')}: ${issue.message}`,
  );
  throw new LogweirError('CONFIG', `${where}: ${problems.join('; ')}`);
}

/** The message of an error, with the line of `path` that it comes from where the stack knows one. */
function describe(error: unknown, path: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = stack.split('\n').find((line) => line.includes(path) && /:\d+/.test(line));
  const line =
    place === undefined ? undefined : /:(\d+(?::\d+)?)/.exec(place.slice(place.indexOf(path) + path.length));
  return `${messageOf(error)} (${path}${line ? `:${line[1]}` : ''})`;
}
