import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { waitFor } from './wait.ts';

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Gets standard output and standard error, after its existing content. */
  readonly logFile: string;
  /** @default the environment of this process */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ManagedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** Sends a signal to the process and to all that it started: SIGSTOP makes a server hang, SIGCONT lets it continue. */
  signal(signal: NodeJS.Signals): void;
  /** Asks the process to end, and kills it (and all that it started) after `graceMs`, 10,000 by default. */
  stop(options?: { signal?: NodeJS.Signals; graceMs?: number }): Promise<void>;
  /** SIGKILL, to the process and to all that it started. Resolves when they are gone. */
  kill(): Promise<void>;
}

const living = new Set<number>();
let watching = false;

/**
 * Starts a process in a group of its own, so that a Ctrl-C in the terminal reaches only this process, which then decides
 * in which order its children end. They never outlive it, however it ends.
 */
export function spawnLogged({ command, args, logFile, ...options }: SpawnOptions): ManagedProcess {
  watchOwnEnd();
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { ...defined(options), stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) {
    child.on('error', () => {});
    throw new Error(`cannot start ${command}: is it there, and may it be executed?`);
  }
  living.add(pid);
  const stopGuard = guard(pid);
  let running = true;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      stopGuard();
      resolve({ code, signal });
    });
  });
  const gone = async () => {
    await exited;
    // Not forever: where process 1 does not reap, a killed grandchild stays as a zombie, which has no resources any more.
    await waitFor(() => !signalGroup(pid, 0), { timeoutMs: 10_000, what: command, everyMs: 10 }).catch(
      () => {},
    );
    living.delete(pid);
  };
  const kill = async () => {
    signalGroup(pid, 'SIGKILL');
    await gone();
  };
  return {
    pid,
    exited,
    get running() {
      return running;
    },
    signal: (signal) => void signalGroup(pid, signal),
    async stop({ signal = 'SIGTERM', graceMs = 10_000 } = {}) {
      if (running) process.kill(pid, signal);
      // A suspended process would never see the first one.
      signalGroup(pid, 'SIGCONT');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await gone();
      clearTimeout(timer);
    },
    kill,
  };
}

/** The last lines of a log, for error messages. */
export function logTail(file: string, lines = 20): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Returns false where the group has no process left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function watchOwnEnd(): void {
  if (watching) return;
  watching = true;
  process.on('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // First in line, since listeners that were added with `once` are no longer counted when they have been called.
    process.prependOnceListener(signal, () => {
      // Another listener (a test runner, a supervisor) ends this process in its own way, and 'exit' comes then.
      if (process.listenerCount(signal) > 0) return;
      killAll();
      process.exit(128 + constants.signals[signal]);
    });
  }
}

/**
 * Kills the group when this process ends without a chance to do so itself (SIGKILL): the kernel closes the pipe then, and
 * the shell continues. Returns what calls it off.
 */
function guard(pid: number): () => void {
  const shell = spawn('sh', ['-c', `read -r _; kill -KILL -${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.on('error', () => {});
  shell.unref();
  return () => void shell.kill('SIGKILL');
}

function killAll(): void {
  for (const pid of living) signalGroup(pid, 'SIGKILL');
}

/** Without the keys whose value is undefined, which `spawn` treats as values. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
