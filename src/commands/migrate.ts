import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { LogweirError, messageOf } from '../errors.ts';
import { type Migration, migrate } from '../migrate/migrate.ts';
import type { InputFile } from '../migrate/model.ts';
import { writeProject } from './new-transform.ts';
import type { VerifyOptions } from './verify/verify.ts';

export interface MigrateCommandOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly strict?: boolean;
  readonly failOn?: 'todo' | 'check';
}

/** Folders of Vector's layout: a component per file, named like the file. */
const SECTIONS = ['sources', 'transforms', 'sinks', 'enrichment_tables', 'tests'];
const EXTENSION = /\.(?:ya?ml|toml|json)$/i;
const BYTES_MAX = 4_194_304;
const FILES_MAX = 2000;

/**
 * `logweir migrate`: writes logweir.yaml, transforms, tests and MIGRATION.md for a configuration of Vector.
 *
 * @returns the exit code: 1 if there is nothing to migrate, or as `--fail-on` says
 * @throws LogweirError CONFIG if a file is no configuration of Vector; USAGE if a file cannot be read or
 *   written, or exists already
 */
export function migrateVector(
  paths: readonly string[],
  options: MigrateCommandOptions,
  output: Writable,
): number {
  return written(translated(paths, options), options, output);
}

/**
 * `logweir migrate --verify`: as {@link migrateVector}, unless the folder has a logweir.yaml already. Then
 * compares what it does with what Vector does.
 *
 * @param events values of records, one a line; undefined for the newest records of the topics
 * @returns the exit code: 1 if a document differs, or as {@link migrateVector}
 * @throws LogweirError as {@link migrateVector} and `verify`
 */
export async function migrateAndVerify(
  paths: readonly string[],
  options: MigrateCommandOptions & VerifyOptions,
  events: Readable | undefined,
  output: Writable,
): Promise<number> {
  const made = translated(paths, options);
  const logweir = join(options.out, 'logweir.yaml');
  const isThere = options.force !== true && existsSync(logweir);
  if (isThere) output.write(`${logweir} is there and stays as it is (--force migrates again)\n`);
  const code = isThere ? 0 : written(made, options, output);
  const { topology, config: vector } = made;
  if (topology === null) return 1;
  // Without the option no Kafka client is needed.
  const { verify } = await import('./verify/verify.ts');
  const folders = foldersOf(paths);
  const findFile = (path: string): string => (existsSync(path) ? path : (foundFile(path, folders) ?? path));
  const isEqual = await verify({ topology, vector, logweir, findFile }, options, events, output);
  return isEqual ? code : 1;
}

function translated(paths: readonly string[], { strict }: MigrateCommandOptions): Migration {
  const inputs = paths.flatMap(readInputs);
  if (inputs.length === 0)
    throw new LogweirError('USAGE', `there is no .yaml, .toml or .json file in ${paths.join(', ')}`);
  const folders = foldersOf(inputs.map(({ path }) => path));
  return migrate(inputs, { isStrict: strict === true, readProgram: (path) => readProgram(path, folders) });
}

function written(made: Migration, options: MigrateCommandOptions, output: Writable): number {
  write(made.files, options);
  for (const file of made.files.keys()) output.write(`${join(options.out, file)}\n`);
  const count = (level: string): number => made.items.filter((one) => one.level === level).length;
  for (const { component, text } of made.items.filter(({ level }) => level === 'todo'))
    output.write(`to do: ${component}: ${text}\n`);
  output.write(
    `${made.coverage} % of ${made.items.length} parts; ${count('check')} to check, ${count('todo')} to do: see ` +
      `${join(options.out, 'MIGRATION.md')}\n`,
  );
  if (!made.isPossible) {
    output.write(
      'There is no path from a kafka source to an elasticsearch sink: nothing else was written.\n',
    );
    return 1;
  }
  const isBad = count('todo') > 0 || (options.failOn === 'check' && count('check') > 0);
  return options.failOn !== undefined && isBad ? 1 : 0;
}

function readInputs(path: string): InputFile[] {
  try {
    if (!statSync(path).isDirectory()) return [{ path, text: readText(path) }];
    return readFolder(path);
  } catch (error) {
    if (error instanceof LogweirError) throw error;
    throw new LogweirError('USAGE', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** A folder as Vector's `--config-dir`: files with configurations, and folders with a component per file. */
function readFolder(folder: string): InputFile[] {
  const files: InputFile[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isFile() && EXTENSION.test(entry.name)) files.push({ path, text: readText(path) });
    if (!entry.isDirectory() || !SECTIONS.includes(entry.name)) continue;
    for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()) {
      if (!EXTENSION.test(name)) continue;
      const id = basename(name, extname(name));
      files.push({
        path: join(path, name),
        text: readText(join(path, name)),
        component: { section: entry.name, id },
      });
    }
  }
  if (files.length > FILES_MAX)
    throw new LogweirError('USAGE', `${folder} has more than ${FILES_MAX} files: name those of Vector`);
  return files;
}

function readText(path: string): string {
  if (statSync(path).size > BYTES_MAX)
    throw new LogweirError('USAGE', `${path} is longer than ${BYTES_MAX} bytes: it is no configuration`);
  return readFileSync(path, 'utf8');
}

/** A program that a configuration names, from the current folder or that of the configuration. */
function readProgram(path: string, folders: readonly string[]): string | null {
  const found = foundFile(path, folders);
  try {
    return found === null ? null : readText(found);
  } catch {
    return null;
  }
}

/** The current folder, and those of the configuration. */
function foldersOf(paths: readonly string[]): string[] {
  return [process.cwd(), ...paths.flatMap((path) => [path, dirname(path)])];
}

function foundFile(path: string, folders: readonly string[]): string | null {
  return folders.map((folder) => resolve(folder, path)).find((one) => existsSync(one)) ?? null;
}

function write(files: ReadonlyMap<string, string>, { out, force }: MigrateCommandOptions): void {
  const there = [...files.keys()].filter((file) => existsSync(join(out, file)));
  if (there.length > 0 && force !== true)
    throw new LogweirError(
      'USAGE',
      `${there.map((file) => join(out, file)).join(', ')} exist already; nothing was written. ` +
        'Give another folder with --out, or --force to replace them',
    );
  try {
    for (const [file, text] of files) {
      mkdirSync(dirname(join(out, file)), { recursive: true });
      writeFileSync(join(out, file), text);
    }
    if ([...files.keys()].some((file) => file.endsWith('.ts'))) writeProject(out);
  } catch (error) {
    throw new LogweirError('USAGE', `cannot write in ${out}: ${messageOf(error)}`, { cause: error });
  }
}
