import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Migration, migrate } from '../../../src/migrate/migrate.ts';
import type { InputFile } from '../../../src/migrate/model.ts';
import { parse } from 'yaml';

export const configurations: string = fileURLToPath(new URL('configurations', import.meta.url));

/** Every configuration: files and folders. */
export const names: readonly string[] = readdirSync(configurations).toSorted();

/** Migrates a configuration of the folder. */
export function migrated(name: string, isStrict = false): Migration {
  const path = join(configurations, name);
  return migrate(inputsOf(path, ''), {
    isStrict,
    readProgram: (file) => readFileSync(join(path, file), 'utf8'),
  });
}

/** Migrates a text in YAML. */
export function migratedText(text: string): Migration {
  return migrate([{ path: 'vector.yaml', text }], { isStrict: false, readProgram: () => null });
}

function inputsOf(path: string, section: string): InputFile[] {
  if (!statSync(path).isDirectory()) {
    const id = basename(path, extname(path));
    if (extname(path) === '.vrl') return [];
    const component = section === '' ? {} : { component: { section, id } };
    return [{ path: basename(path), text: readFileSync(path, 'utf8'), ...component }];
  }
  const isTop = section === '' && !['two-files', 'split-files', 'folder'].includes(basename(path));
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => inputsOf(join(path, name), isTop ? basename(path) : ''));
}

/** logweir.yaml as a value. */
export function settingsOf({ files }: Migration): Record<string, unknown> {
  return parse(files.get('logweir.yaml') ?? '') as Record<string, unknown>;
}

/** The texts of the report at a level. */
export function said({ items }: Migration, level: string): string[] {
  return items.filter((one) => one.level === level).map(({ component, text }) => `${component}: ${text}`);
}
