import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
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
import { codeFrame, placeOf } from './code-frame.ts';
import { runnerOf } from './runner.ts';
import {
  builtInExtension,
  builtInsDirectory,
  freshUrl,
  installResolveHook,
  packageUrl,
} from './resolve-hook.ts';

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
  const generation = ++loads;
  const steps: Step[] = [];
  try {
    for (const [index, config] of configs.entries())
      steps.push(await loadStep(config, index, { directory, generation, contextOf }));
  } catch (error) {
    await new Chain(steps, onError).close();
    throw error;
  }
  return new Chain(steps, onError);
}

/** Each load reads the files of transforms anew: they may have changed. */
let loads = 0;

interface Loading {
  readonly directory: string;
  readonly generation: number;
  readonly contextOf: ContextOf;
}

/** Where a transform comes from. `path` is the file's, or the package's name: for messages. */
interface Source {
  readonly path: string;
  readonly url: string;
}

async function loadStep(config: TransformConfig, index: number, loading: Loading): Promise<Step> {
  const where = `transforms.${index} (${config.use})`;
  const source = locate(config.use, loading, where);
  const exported = await importDefault(source, where);
  const options = checkOptions(exported, config.with, where);
  const step = { name: config.use, onError: config.on_error, timeoutMs: config.timeout_ms };
  if (!isTransformDefinition(exported)) return { ...step, run: exported, close: () => {} };
  try {
    const made = await exported.setup(options, loading.contextOf(step.name));
    return { ...step, ...runnerOf(made), close: () => exported.close?.() };
  } catch (error) {
    throw new LogweirError('CONFIG', `${where}: its setup failed: ${describe(error, source.path)}`, {
      cause: error,
    });
  }
}

/**
 * A path is what begins with a dot or a slash, or ends as a script does; a name is a built-in's, or else an npm package's, looked
 * for from the configuration file's folder upwards.
 */
function locate(use: string, { directory, generation }: Loading, where: string): Source {
  const path = isAbsolute(use) ? use : resolve(directory, use);
  const isPath = /^\.{0,2}\//.test(use) || /\.[mc]?[jt]s$/.test(use);
  if (isPath || (use.includes('/') && existsSync(path))) {
    if (existsSync(path)) return { path, url: freshUrl(pathToFileURL(path).href, generation) };
    throw new LogweirError(
      'CONFIG',
      `${where}: there is no file ${path} (paths are relative to the configuration file)`,
    );
  }
  const builtIn = join(builtInsDirectory, `${use}.${builtInExtension}`);
  if (!use.includes('/') && existsSync(builtIn)) return { path: builtIn, url: pathToFileURL(builtIn).href };
  if (isInstalled(use, directory)) return { path: use, url: packageUrl(use, directory, generation) };
  const known = builtIns();
  throw new LogweirError(
    'CONFIG',
    `${where}: there is no built-in of that name, did you mean ${closest(use, known)}? Built-in are ${known.join(', ')}. ` +
      `For a file of yours give its path, like ./transforms/mine.ts; an npm package must be installed in ${directory} or above`,
  );
}

/** Whether some `node_modules` from the folder upwards has the package that the name begins with. */
function isInstalled(use: string, directory: string): boolean {
  const name = use.split('/', use.startsWith('@') ? 2 : 1).join('/');
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', name))) return true;
    if (dirname(at) === at) return false;
  }
}

/** The names of the built-in transforms. */
export function builtIns(): string[] {
  return readdirSync(builtInsDirectory)
    .filter((file) => file.endsWith(`.${builtInExtension}`) && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -builtInExtension.length - 1))
    .sort();
}

async function importDefault(
  { path, url }: Source,
  where: string,
): Promise<TransformDefinition | TransformFunction> {
  let module: { default?: unknown };
  try {
    module = (await import(url)) as { default?: unknown };
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

/** The message of an error, with the place in the user's files that it comes from and the lines around it. */
function describe(error: unknown, path: string): string {
  const place = placeOf(error, path);
  // What Node says of syntax that it cannot strip names no file.
  const hint = /strip-only mode|erasable/.test(messageOf(error))
    ? '. Node strips types and changes nothing else: no enum, no namespace with code, no parameter properties'
    : '';
  if (place === undefined) return `${messageOf(error)}${hint} (${path})`;
  const at = `${place.path}:${place.line}${place.column === undefined ? '' : `:${place.column}`}`;
  const frame = codeFrame(place);
  return `${messageOf(error)}${hint} (${at})${frame === '' ? '' : `\n${frame}`}`;
}
