import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { LogweirError } from '../errors.ts';
import type { Environment } from './interpolate.ts';

const DEFAULT_PATH = './logweir.yaml';

/** The path of the configuration and its origin; null is the default, {@link DEFAULT_PATH}. */
interface Whereabouts {
  readonly path: string;
  readonly namedBy: '--config' | '$LOGWEIR_CONFIG' | null;
}

/**
 * `--config`, else `$LOGWEIR_CONFIG`, else `./logweir.yaml`.
 *
 * @throws LogweirError CONFIG if `--config` is empty
 */
export function whereabouts(option: string | undefined, environment: Environment): Whereabouts {
  if (option === '') {
    throw new LogweirError(
      'CONFIG',
      '--config is empty; give a path, or leave it out for $LOGWEIR_CONFIG or ./logweir.yaml',
    );
  }
  if (option !== undefined) return { path: resolve(option), namedBy: '--config' };
  const named = environment['LOGWEIR_CONFIG'];
  // An empty variable counts as unset: container files unset variables that way.
  return named === undefined || named === ''
    ? { path: resolve(DEFAULT_PATH), namedBy: null }
    : { path: resolve(named), namedBy: '$LOGWEIR_CONFIG' };
}

/**
 * Messages about the configuration that a command uses, one a line.
 *
 * @param always whether to name the path in any case, for commands whose result depends on it
 */
export function tellWhereabouts({ path, namedBy }: Whereabouts, always: boolean): string[] {
  const lines = always ? [`configuration: ${path} (${namedBy ?? DEFAULT_PATH})`] : [];
  const here = namedBy === '$LOGWEIR_CONFIG' ? realPath(DEFAULT_PATH) : undefined;
  if (here !== undefined && here !== realPath(path))
    lines.push(
      `warning: $LOGWEIR_CONFIG names ${path}, so ${resolve(DEFAULT_PATH)} is not used; ` +
        `to use it, give --config ${DEFAULT_PATH}`,
    );
  return lines;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
