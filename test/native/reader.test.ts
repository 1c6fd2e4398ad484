/** native/reader.c against a librdkafka that is fed with random streams, and its build. `make sanitize` does more of it. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import {
  SANITIZED,
  build,
  buildForFuzz,
  hasCompiler,
  sanitizedEnvironment,
  sanitizerLibrary,
} from './build.ts';

const library = sanitizerLibrary();
const CROSS = ['aarch64-linux-gnu-gcc', 'musl-gcc'];
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'logweir-native-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** One of the scripts beside this file, with what the sanitizers need. */
function script(name: string, ...args: string[]): ReturnType<typeof run> {
  const environment = library === undefined ? {} : sanitizedEnvironment(library);
  const path = fileURLToPath(new URL(name, import.meta.url));
  return run(process.execPath, ['--expose-gc', path, directory, ...args], environment);
}

describe.runIf(hasCompiler())('the native reader', () => {
  beforeAll(() => buildForFuzz(directory, library === undefined ? '-g' : SANITIZED));

  it('gives every number and byte of random streams, in any memory, short of memory, and at its end', async () => {
    const { code, stdout, stderr } = await script('fuzz.ts', '5');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const seen = JSON.parse(stdout) as Record<string, number>;
    const none = ['records', 'larges', 'fatals', 'cut'].filter((what) => seen[what] === 0);
    expect(none).toEqual([]);
  });

  it('ends with its environment in the midst of a poll', async () => {
    const { code, stderr } = await script('teardown.ts');
    expect(stderr).toBe('');
    expect(code).toBe(7);
  });
});

describe('its build', () => {
  it.runIf(hasCompiler())('needs the package and its dependencies alone', async () => {
    const home = join(directory, 'node_modules/logweir');
    mkdirSync(home, { recursive: true });
    cpSync(join(root, 'native'), join(home, 'native'), {
      recursive: true,
      filter: (path) => !path.includes('.node'),
    });
    mkdirSync(join(directory, 'node_modules/@confluentinc'));
    const client = '@confluentinc/kafka-javascript';
    symlinkSync(join(root, 'node_modules', client), join(directory, 'node_modules', client));
    const built = await run('sh', [join(home, 'native/build.sh'), '--if-able']);
    expect(built).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(existsSync(join(home, 'native/reader.node'))).toBe(true);
  });

  it.each([
    ['without a compiler', { CC: 'no-such-compiler' }, "there is no C compiler 'no-such-compiler'"],
    ['where the compiler fails', { CFLAGS: '-DTOPIC=!' }, 'it cannot be compiled'],
  ])('%s says so, and is no failure where that was asked for', async (_case, environment, reason) => {
    const out = { ...environment, OUT: join(directory, 'never.node') };
    const sentence = `native/build.sh: ${reason}; Logweir will read with the Kafka client's own calls, at half the speed`;
    for (const [args, wanted] of [
      [['--if-able'], 0],
      [[], 1],
    ] as const) {
      const { code, stderr } = await run('sh', [join(root, 'native/build.sh'), ...args], out);
      expect(stderr.trimEnd().split('\n').at(-1)).toBe(sentence);
      expect(code).toBe(wanted);
      expect(existsSync(out.OUT)).toBe(false);
    }
  });

  for (const compiler of CROSS) {
    it.runIf(hasCompiler(compiler))(`succeeds with ${compiler}`, () => {
      const out = join(directory, `${compiler}.node`);
      build(out, { CC: compiler });
      expect(existsSync(out)).toBe(true);
    });
  }
});
