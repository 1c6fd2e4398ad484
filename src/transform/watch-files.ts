import { type FSWatcher, existsSync, watch } from 'node:fs';
import { dirname, extname, isAbsolute, resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';

/** An editor writes a file in several steps. */
const SETTLE_MS = 200;
const WATCHED = new Set(['.ts', '.mts', '.js', '.mjs', '.json', '.yaml', '.yml', '.csv', '.mmdb']);

/**
 * Calls back when the configuration, or anything that looks like a part of a transform, changes in the folders where they lie.
 * Folders and not files: editors and mounted volumes replace files.
 */
export function watchFiles(
  { path, config, directory }: LoadedConfig,
  changed: () => void,
): { close(): void } {
  const folders = new Set([dirname(path)]);
  for (const { use } of config.transforms) {
    const file = isAbsolute(use) ? use : resolve(directory, use);
    if (existsSync(file)) folders.add(dirname(file));
  }
  let timer: NodeJS.Timeout | undefined;
  const onChange = (_event: string, name: string | null): void => {
    // A mounted ConfigMap is replaced by renaming a folder named ..data.
    if (name !== null && name !== '..data' && !WATCHED.has(extname(name))) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  };
  const watchers: FSWatcher[] = [...folders].map((folder) => watch(folder, onChange));
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
