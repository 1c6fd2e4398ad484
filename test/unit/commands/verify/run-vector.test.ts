import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runVector, vectorVersion } from '../../../../src/commands/verify/run-vector.ts';
import { isRunning } from './running.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-test-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in place of Vector. */
function program(script: string, timeoutMs = 20_000): { program: string; timeoutMs: number } {
  const path = join(folder, 'vector');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { program: path, timeoutMs };
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  );
}

describe('the version', () => {
  it('is that of the program', async () => {
    expect(await vectorVersion(program('echo "vector 0.44.0 (x86_64 3cdc7c3)"'))).toBe('0.44.0');
  });

  it('is asked of a program that is not there', async () => {
    const missing = { program: join(folder, 'nothing'), timeoutMs: 1000 };
    expect(await messageOf(vectorVersion(missing))).toMatch(/there is no program .*nothing: install Vector/);
  });

  it('is asked of a file that is no program', async () => {
    const { program: path } = program('');
    chmodSync(path, 0o644);
    expect(await messageOf(vectorVersion({ program: path, timeoutMs: 1000 }))).toMatch(
      /cannot be started: .*EACCES/,
    );
  });

  it('is asked of another program', async () => {
    expect(await messageOf(vectorVersion(program('echo something else')))).toMatch(
      /is not Vector: .* prints 'something else'/,
    );
  });

  it('must have metadata', async () => {
    expect(await messageOf(vectorVersion(program('echo "vector 0.19.1 (x)"')))).toMatch(
      /is Vector 0.19.1: --verify needs 0.25/,
    );
  });
});

describe('a run', () => {
  const configuration = (): object => ({ a: 1 });

  it('gets the configuration as a file, the lines as its input, and nothing is left of it', async () => {
    const config = join(folder, 'config');
    const lines = join(folder, 'lines');
    const script = `for last; do :; done; echo "$last" > ${folder}/path; cp "$last" ${config}; cat > ${lines}`;
    let given = '';
    const made = (data: string): object => {
      given = data;
      return { data_dir: data };
    };
    await runVector(program(script), made, ['one\n', 'two\n']);
    expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({ data_dir: given });
    expect(readFileSync(lines, 'utf8')).toBe('one\ntwo\n');
    expect(existsSync(readFileSync(join(folder, 'path'), 'utf8').trim())).toBe(false);
    expect(existsSync(given)).toBe(false);
  });

  it('that fails tells what Vector says', async () => {
    const failing = program('echo "unknown field" >&2; exit 78');
    expect(await messageOf(runVector(failing, configuration, []))).toMatch(
      /ended with 78. It says:\nunknown field$/,
    );
  });

  it('that does not read its input does not fail for that', async () => {
    const lines = Array.from({ length: 10_000 }, () => 'a line that nobody reads\n');
    expect(await runVector(program('exit 0'), configuration, lines)).toBe('');
  });

  it('that does not end is killed with what it has started', async () => {
    const pid = join(folder, 'pid');
    const hanging = program(`sleep 1000 & echo $! > ${pid}; wait`, 500);
    expect(await messageOf(runVector(hanging, configuration, []))).toMatch(
      /did not end within 0.5 s .* It says:\n\(nothing\)/,
    );
    expect(isRunning(Number(readFileSync(pid, 'utf8')))).toBe(false);
  });

  it('gets the environment, without the settings of another Vector or a proxy on the way to Logweir', async () => {
    vi.stubEnv('VECTOR_CONFIG', '/etc/vector/other.yaml');
    vi.stubEnv('VECTOR_LOG_DIR', '/of/the/configuration');
    vi.stubEnv('NO_PROXY', 'example.org');
    const script = [
      'test -z "$VECTOR_CONFIG"',
      'test "$VECTOR_LOG_DIR" = /of/the/configuration',
      'test "$NO_PROXY" = example.org,127.0.0.1',
    ].join(' && ');
    try {
      expect(await messageOf(runVector(program(script), configuration, []))).toBe('no error');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
