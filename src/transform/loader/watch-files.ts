import { type FSWatcher, type Stats, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { type LoadedConfig, readConfig } from '../../config/load.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';

/** An editor writes a file in several steps. */
const SETTLE_MS = 200;
const CODE = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
const WATCHED = new Set([...CODE, '.json', '.yaml', '.yml', '.csv', '.mmdb']);
/** Each watched folder costs a system handle. */
const FOLDERS_MAX = 500;

interface Found {
  /** Distinguishes the folder from another one of the same name. */
  readonly id: string;
  /** The relevant names in it; null for all. */
  readonly names: Set<string> | null;
}

interface Watched {
  readonly watcher: FSWatcher;
  found: Found;
}

/**
 * Calls back when the configuration, or a file that may be part of a transform, changes in their folders or
 * subfolders, except for `node_modules` and hidden folders. It watches folders instead of files because
 * editors and mounted volumes replace files.
 */
export class FileWatch {
  readonly #loaded: LoadedConfig;
  readonly #changed: () => void;
  readonly #log: Pick<Log, 'warn'>;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #isRelevant = false;
  #isFull = false;

  constructor(loaded: LoadedConfig, changed: () => void, log: Pick<Log, 'warn'>) {
    this.#loaded = loaded;
    this.#changed = changed;
    this.#log = log;
    this.#scan();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #happened(name: string | null): void {
    // A mounted ConfigMap is replaced by renaming a folder named ..data. Other hidden files are an editor's.
    const isPart =
      name === null || name === '..data' || (WATCHED.has(extname(name)) && !name.startsWith('.'));
    if (isPart) this.#isRelevant = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const isOther = this.#scan();
      const isRelevant = this.#isRelevant || isOther;
      this.#isRelevant = false;
      if (isRelevant) this.#changed();
    }, SETTLE_MS);
  }

  /** Watches the folders that exist now. @returns whether they differ from the previous scan */
  #scan(): boolean {
    const before = this.#folders();
    const found = new Map<string, Found>();
    const seen = new Set<string>();
    for (const root of rootsOf(this.#loaded)) {
      // The replacement of a whole folder is reported only for its parent.
      const above = dirname(root);
      const stat = statOf(above);
      if (stat?.isDirectory() === true && found.get(above)?.names !== null) {
        const names = found.get(above)?.names ?? new Set();
        found.set(above, { id: idOf(stat), names: names.add(basename(root)) });
      }
      this.#find(root, found, seen);
    }
    for (const [folder, { watcher, found: was }] of this.#watched) {
      if (found.get(folder)?.id === was.id) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const [folder, one] of found) this.#watch(folder, one);
    return before !== this.#folders();
  }

  #folders(): string {
    return [...this.#watched]
      .map(([folder, { found }]) => `${folder} ${found.id}`)
      .sort()
      .join('\n');
  }

  /** @param seen ids of visited folders, so that circular links end */
  #find(folder: string, found: Map<string, Found>, seen: Set<string>): void {
    const stat = statOf(folder);
    if (stat?.isDirectory() !== true || seen.has(idOf(stat))) return;
    if (found.size >= FOLDERS_MAX) {
      if (!this.#isFull)
        this.#log.warn(
          { code: 'watch_limit_reached', folder, limit: FOLDERS_MAX },
          'too many folders to watch',
        );
      this.#isFull = true;
      return;
    }
    seen.add(idOf(stat));
    found.set(folder, { id: idOf(stat), names: null });
    for (const name of namesIn(folder))
      if (name !== 'node_modules' && !name.startsWith('.')) this.#find(join(folder, name), found, seen);
  }

  #watch(folder: string, found: Found): void {
    const known = this.#watched.get(folder);
    if (known !== undefined) {
      known.found = found;
      return;
    }
    try {
      const watcher = watch(folder, (_event, name) => {
        const names = this.#watched.get(folder)?.found.names;
        if (name === null || names === null || names?.has(name) === true) this.#happened(name);
      });
      // For example, the folder was deleted.
      watcher.on('error', () => this.#happened(''));
      this.#watched.set(folder, { watcher, found });
    } catch (error) {
      this.#log.warn({ code: 'watch_failed', folder, reason: messageOf(error) }, 'folder cannot be watched');
    }
  }
}

function idOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** The folders of the configuration and of its transforms, by the current content of the file. */
function rootsOf({ path, config, directory }: LoadedConfig): Set<string> {
  let transforms: readonly ({ readonly use: string } | null)[] = config.transforms;
  try {
    ({ transforms } = readConfig(path));
  } catch {
    // The file is being written.
  }
  const roots = new Set([dirname(path)]);
  for (const one of [...config.transforms, ...transforms]) {
    if (one === null) continue;
    const file = isAbsolute(one.use) ? one.use : resolve(directory, one.use);
    if (one.use.includes('/') || WATCHED.has(extname(basename(file)))) roots.add(dirname(file));
  }
  return roots;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
