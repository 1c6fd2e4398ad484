import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { Problem } from '../../config/problems.ts';
import type { TransformConfig } from '../../config/schema.ts';
import type { Places } from '../../config/places.ts';
import { LogweirError, messageOf } from '../../errors.ts';
import { type TransformDefinition, type TransformFunction, isTransformDefinition } from '../api/api.ts';
import { Chain, type OnStepError, type Step } from '../runtime/chain.ts';
import { codeFrame, positionOf } from './code-frame.ts';
import { Faults } from './faults.ts';
import { checkOptions, schemaOf, secretsOf, whereOf } from './options.ts';
import { type GivenContext, setUp, silentContext } from '../runtime/runner.ts';
import { distinctNames } from '../runtime/transform-counts.ts';
import {
  builtInExtension,
  builtInsDirectory,
  forgetCommonJs,
  freshUrl,
  installResolveHook,
  packageUrl,
} from './resolve-hook.ts';

/** @param distinct the name, with a number if an earlier transform has the same one */
type ContextOf = (name: string, distinct: string) => GivenContext;

/**
 * Loads and sets up the transforms of a configuration, in order.
 *
 * @param directory the base of relative paths: the folder of the configuration file
 * @param places positions in the configuration file, for messages and for options that come from the
 *   environment
 * @throws LogweirError CONFIG with all errors of all transforms: each with the transform's name, the
 *   position, and the source line if that is known
 */
export async function loadChain(
  configs: readonly TransformConfig[],
  directory: string,
  contextOf: ContextOf,
  onError: OnStepError,
  places?: Places,
): Promise<Chain> {
  const faults = new Faults(places);
  const found = await findAll(configs, directory, faults, places);
  const steps: Step[] = [];
  const names = distinctNames(configs.map(({ use }) => use));
  for (const one of found) {
    const name = one === null ? '' : (names[one.index] ?? '');
    const step = one === null ? undefined : await stepOf(one, (use) => contextOf(use, name), faults);
    if (step !== undefined) steps.push(step);
  }
  const chain = new Chain(steps, onError);
  if (faults.list.length === 0) return chain;
  await chain.close();
  throw faults.error();
}

/** The result of {@link checkTransforms}. */
export interface Checked {
  readonly problems: readonly Problem[];
  /** The schema of each transform's options, by index; undefined if it has no options or did not load. */
  readonly options: readonly (z.ZodType | undefined)[];
}

/**
 * Checks transforms without side effects: as {@link loadChain}, but sets up built-ins only.
 *
 * @param configs null entries are skipped
 */
export async function checkTransforms(
  configs: readonly (TransformConfig | null)[],
  directory: string,
  places: Places,
): Promise<Checked> {
  const faults = new Faults(places);
  const found = await findAll(configs, directory, faults, places);
  for (const one of found) {
    if (one?.source.isBuiltIn !== true) continue;
    const step = await stepOf(one, (use) => silentContext(use, directory), faults);
    await step?.close();
  }
  return { problems: faults.problems(), options: found.map((one) => one?.schema) };
}

/** The number of loads. Each load reads the files of transforms again: they may have changed. */
let loads = 0;

interface Loading {
  readonly directory: string;
  readonly generation: number;
}

/** The origin of a transform. `path` is the path of the file or the name of the package, for messages. */
interface Source {
  readonly path: string;
  readonly url: string;
  readonly isBuiltIn: boolean;
}

/** A transform whose file is loaded and whose options are valid. */
interface Found {
  readonly index: number;
  readonly config: TransformConfig;
  readonly source: Source;
  readonly exported: TransformDefinition | TransformFunction;
  readonly options: unknown;
  readonly schema: z.ZodType | undefined;
}

async function findAll(
  configs: readonly (TransformConfig | null)[],
  directory: string,
  faults: Faults,
  places: Places | undefined,
): Promise<(Found | null)[]> {
  installResolveHook();
  const loading = { directory, generation: ++loads };
  if (loads > 1) forgetCommonJs();
  const found: (Found | null)[] = [];
  for (const [index, config] of configs.entries())
    found.push(config === null ? null : await find(config, index, loading, faults, places));
  return found;
}

async function find(
  config: TransformConfig,
  index: number,
  loading: Loading,
  faults: Faults,
  places: Places | undefined,
): Promise<Found | null> {
  const where = whereOf(config, index);
  try {
    const source = locate(config.use, loading, where);
    const exported = await importDefault(source, where);
    const schema = schemaOf(exported, where, source.path);
    const checked = await checkOptions(config, index, schema, faults, places);
    return checked === null ? null : { index, config, source, exported, schema, options: checked.options };
  } catch (error) {
    faults.add(index, [], secretsOf(config, undefined), error);
    return null;
  }
}

async function stepOf(
  found: Found,
  contextOf: (name: string) => GivenContext,
  faults: Faults,
): Promise<Step | undefined> {
  const { index, config, exported, options, source, schema } = found;
  const step = { name: config.use, onError: config.on_error, timeoutMs: config.timeout_ms };
  try {
    return { ...step, ...(await setUp(exported, options, contextOf(step.name))) };
  } catch (error) {
    const reason = `${whereOf(config, index)}: its setup failed: ${describe(error, source.path)}`;
    const fault = new LogweirError('CONFIG', reason, { cause: error });
    faults.add(index, [], secretsOf(config, schema), fault);
    return undefined;
  }
}

/**
 * Text that starts with a dot or a slash, or that ends like a script, is a path. Other text is the name of a
 * built-in, or else of an npm package, which is looked up from the configuration file's folder upwards.
 */
function locate(use: string, { directory, generation }: Loading, where: string): Source {
  const path = isAbsolute(use) ? use : resolve(directory, use);
  const isPath = /^\.{0,2}\//.test(use) || /\.[mc]?[jt]s$/.test(use);
  if (isPath || (use.includes('/') && existsSync(path))) {
    // Node remembers where links lead, for good. Those of a mounted ConfigMap lead elsewhere after an update.
    if (existsSync(path))
      return { path, url: freshUrl(pathToFileURL(realpathSync(path)).href, generation), isBuiltIn: false };
    throw new LogweirError(
      'CONFIG',
      `${where}: there is no file ${path} (paths are relative to the configuration file)`,
    );
  }
  const builtIn = join(builtInsDirectory, `${use}.${builtInExtension}`);
  if (!use.includes('/') && existsSync(builtIn))
    return { path: builtIn, url: pathToFileURL(builtIn).href, isBuiltIn: true };
  if (isInstalled(use, directory))
    return { path: use, url: packageUrl(use, directory, generation), isBuiltIn: false };
  const known = builtIns();
  throw new LogweirError(
    'CONFIG',
    `${where}: there is no built-in of that name, did you mean ${closest(use, known)}? The built-ins are ${known.join(', ')}. ` +
      `For your own file, give its path, like ./transforms/mine.ts; an npm package must be installed in ${directory} or above`,
  );
}

/** Whether a `node_modules` from the folder upwards contains the package at the start of the name. */
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

/** The message of an error, with its position in the user's files and the lines around it. */
function describe(error: unknown, path: string): string {
  const position = positionOf(error, path);
  // Node's message about syntax that it cannot strip names no file.
  const hint = /strip-only mode|erasable/.test(messageOf(error))
    ? '. Node only strips types: enums, namespaces with code, and parameter properties are not supported'
    : '';
  if (position === undefined) return `${messageOf(error)}${hint} (${path})`;
  const at = `${position.path}:${position.line}${position.column === undefined ? '' : `:${position.column}`}`;
  const frame = codeFrame(position);
  return `${messageOf(error)}${hint} (${at})${frame === '' ? '' : `\n${frame}`}`;
}
