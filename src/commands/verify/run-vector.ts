import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LogweirError, messageOf } from '../../errors.ts';

/** The end of what Vector says. */
const REPORT_CHARACTERS_MAX = 4000;
const VERSION_TIMEOUT_MS = 10_000;
/** Metadata of events in VRL, `%name`. */
const OLDEST = [0, 25] as const;
/** They would add a configuration to ours, change what is logged, or end Vector too early. */
const NOT_INHERITED =
  /^VECTOR_(?:CONFIG(?:_(?:DIR|TOML|JSON|YAML))?|LOG|WATCH_CONFIG|REQUIRE_HEALTHY|GRACEFUL_SHUTDOWN_LIMIT_SECS)$/;
/** The time limit is ours. An older Vector does not know it. */
const NO_LIMIT = { VECTOR_NO_GRACEFUL_SHUTDOWN_LIMIT: 'true' };

interface VectorRun {
  /** The program: a name in PATH, or a path. */
  readonly program: string;
  readonly timeoutMs: number;
}

/**
 * The version of a program that says it is Vector.
 *
 * @throws LogweirError USAGE if it is not there, is something else, or is too old
 */
export async function vectorVersion({ program }: VectorRun): Promise<string> {
  const { code, output } = await run(program, ['--version'], [], VERSION_TIMEOUT_MS, 'stdout');
  const [, version, major = '', minor = ''] = /^vector ((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  if (code !== 0 || version === undefined)
    throw new LogweirError(
      'USAGE',
      `${program} is not Vector: \`${program} --version\` ends with ${code ?? 'a signal'} and prints ` +
        `'${output.trim().slice(0, 200)}'. Name Vector's program with --vector`,
    );
  if (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])
    throw new LogweirError(
      'USAGE',
      `${program} is Vector ${version}: --verify needs ${OLDEST.join('.')} or later, whose events have metadata`,
    );
  return version;
}

/**
 * Runs Vector with a configuration until its input has ended.
 *
 * @param configurationOf gets a folder of its own, which is removed at the end
 * @returns what Vector says
 * @throws LogweirError UNAVAILABLE if it fails, or does not end in time
 */
export async function runVector(
  { program, timeoutMs }: VectorRun,
  configurationOf: (folder: string) => object,
  lines: Iterable<string>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'logweir-verify-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Also where a signal ends the process.
  process.once('exit', remove);
  try {
    const path = join(folder, 'vector.json');
    writeFileSync(path, JSON.stringify(configurationOf(folder), null, 2), { mode: 0o600 });
    const { code, output } = await run(
      program,
      ['--quiet', '--quiet', '--config', path],
      lines,
      timeoutMs,
      'stderr',
    );
    if (code === 0) return output;
    throw new LogweirError(
      'UNAVAILABLE',
      `${program} ended with ${code ?? 'a signal'}. It says:\n${output.trim() || '(nothing)'}`,
    );
  } finally {
    remove();
    process.off('exit', remove);
  }
}

interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

async function run(
  program: string,
  args: readonly string[],
  input: Iterable<string>,
  timeoutMs: number,
  shown: 'stdout' | 'stderr',
): Promise<Ended> {
  const child = spawn(program, args, {
    env: environment(),
    // A group of its own: `program` may be a script that starts Vector.
    detached: true,
    stdio: ['pipe', shown === 'stdout' ? 'pipe' : 'ignore', shown === 'stderr' ? 'pipe' : 'ignore'],
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    killGroup(child);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killGroup(child);
  }, timeoutMs);
  let output = '';
  (shown === 'stdout' ? child.stdout : child.stderr)?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-REPORT_CHARACTERS_MAX);
  });
  try {
    const code = await ended(child, input, program);
    if (!isLate) return { code, output };
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  const limit = args.includes('--version') ? '' : ' (--timeout sets the time)';
  throw new LogweirError(
    'UNAVAILABLE',
    `${program} did not end within ${timeoutMs / 1000} s${limit}, and was killed. It says:\n` +
      (output.trim() || '(nothing)'),
  );
}

function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  const direct = [process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? [], '127.0.0.1'].flat().join(',');
  return {
    ...Object.fromEntries(inherited),
    ...NO_LIMIT,
    // The server in place of Elasticsearch is on this machine.
    NO_PROXY: direct,
    no_proxy: direct,
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** @throws LogweirError USAGE if it cannot be started */
async function ended(child: ChildProcess, input: Iterable<string>, program: string): Promise<number | null> {
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve).once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'ENOENT'
          ? `there is no program ${program}: install Vector, or name its program with --vector`
          : `${program} cannot be started: ${messageOf(error)}`;
      reject(new LogweirError('USAGE', why, { cause: error }));
    });
  });
  const written =
    // A program that has ended reads no more; its exit code tells why.
    child.stdin === null ? Promise.resolve() : pipeline(Readable.from(input), child.stdin).catch(() => {});
  const code = await closed;
  await written;
  return code;
}
