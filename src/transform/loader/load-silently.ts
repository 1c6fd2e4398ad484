import type { LoadedConfig } from '../../config/load.ts';
import type { Chain, OnStepError } from '../runtime/chain.ts';
import { silentContext } from '../runtime/runner.ts';
import { loadChain } from './loader.ts';

/**
 * Loads the chain of a configuration for a command that tries it out.
 *
 * @throws LogweirError CONFIG as {@link loadChain}
 */
export async function loadSilently(
  { config, directory, places }: LoadedConfig,
  onError: OnStepError = () => {},
): Promise<Chain> {
  return await loadChain(
    config.transforms,
    directory,
    (name) => silentContext(name, directory),
    onError,
    places,
  );
}
