import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { LogweirError } from '../errors.ts';
import type { Environment } from './interpolate.ts';

const DEFAULT_PATH = './logweir.yaml';

/** Where the configuration is, and who says so: null where nobody does, and it is {@link DEFAULT_PATH}. */
export interface Whereabouts {
  readonly path: string;
  readonly namedBy: '--config' | '$LOGWEIR_CONFIG' | null;
}

/** `--config`, else `$LOGWEIR_CONFIG`, else `./logweir.yaml`. @throws LogweirError CONFIG where `--config` is empty */
export function whereabouts(option: string | undefined, environment: Environment): Whereabouts {
  if (option === '') {
    throw new LogweirError(
      'CONFIG',
      '--config names no file; give a path, or leave it out for $LOGWEIR_CONFIG or ./logweir.yaml',
    );
  }
  if (option !== undefined) return { path: resolve(option), namedBy: '--config' };
  const named = environment['LOGWEIR_CONFIG'];
  // An empty variable is one that is not set: that is how they are unset in container files.
  return named === undefined || named === ''
    ? { path: resolve(DEFAULT_PATH), namedBy: null }
    : { path: resolve(named), namedBy: '$LOGWEIR_CONFIG' };
}

/**
 * What a command has to say of the configuration that it uses, a line each.
 *
 * @param always whether to name it in any case, for commands whose outcome is nothing without it
 */
export function tellWhereabouts({ path, namedBy }: Whereabouts, always: boolean): string[] {
  const lines = always ? [`configuration: ${path} (${namedBy ?? DEFAULT_PATH})`] : [];
  const here = namedBy === '$LOGWEIR_CONFIG' ? realPath(DEFAULT_PATH) : undefined;
  if (here !== undefined && here !== realPath(path))
    lines.push(
      `warning: $LOGWEIR_CONFIG names ${path}, so ${resolve(DEFAULT_PATH)} is not used; for that one give --config ${DEFAULT_PATH}`,
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
