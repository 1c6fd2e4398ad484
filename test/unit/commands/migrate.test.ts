import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MigrateCommandOptions, migrateVector } from '../../../src/commands/migrate.ts';

const configurations = fileURLToPath(new URL('../migrate/configurations', import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-migrate-'));
  // The types are not copied where npm has installed them.
  for (const name of ['logweir', 'zod']) mkdirSync(join(folder, 'node_modules', name), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(
  names: readonly string[],
  options: Partial<MigrateCommandOptions> = {},
): { code: number; output: string } {
  const output = new PassThrough();
  const paths = names.map((name) => join(configurations, name));
  const code = migrateVector(paths, { out: folder, ...options }, output);
  return { code, output: String(output.read() ?? '') };
}

describe('logweir migrate', () => {
  it('writes the files, names them, and counts what is left', () => {
    const { code, output } = run(['payload.yaml']);
    expect(code).toBe(0);
    expect(output).toContain(join(folder, 'transforms/parse.ts'));
    expect(output).toMatch(/100 % of \d+ parts; 6 to check, 0 to do/);
    expect(readFileSync(join(folder, 'MIGRATION.md'), 'utf8')).toContain('## Offsets');
    expect(existsSync(join(folder, 'tsconfig.json'))).toBe(true);
  });

  it('reads a folder with a component per file, and the program in a file of its own', () => {
    expect(run(['folder']).code).toBe(0);
    expect(readFileSync(join(folder, 'transforms/from-file.ts'), 'utf8')).toContain('toString(event.amount)');
  });

  it('replaces nothing without --force', () => {
    writeFileSync(join(folder, 'logweir.yaml'), 'mine');
    expect(() => run(['payload.yaml'])).toThrow(/exist already; nothing was written/);
    expect(readFileSync(join(folder, 'logweir.yaml'), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'MIGRATION.md'))).toBe(false);
    expect(run(['payload.yaml'], { force: true }).code).toBe(0);
  });

  it('fails as --fail-on says', () => {
    expect(run(['lua.yaml']).code).toBe(0);
    expect(run(['lua.yaml'], { force: true, failOn: 'todo' }).code).toBe(1);
    expect(run(['payload.yaml'], { force: true, failOn: 'todo' }).code).toBe(0);
    expect(run(['payload.yaml'], { force: true, failOn: 'check' }).code).toBe(1);
  });

  it('fails without a path from Kafka to Elasticsearch, and writes the report', () => {
    const { code, output } = run(['refused.yaml']);
    expect(code).toBe(1);
    expect(output).toContain('Leave lake in Vector');
    expect(existsSync(join(folder, 'logweir.yaml'))).toBe(false);
  });

  it('names a file that it cannot read', () => {
    expect(() => run(['nothing.yaml'])).toThrow(/cannot read .*nothing\.yaml/);
  });
});
