import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runRoot } from './paths.ts';

/** Written when the servers of `up` are ready; gone when they are down. */
export const stateFile = join(runRoot, 'servers.json');

/** A process id and what distinguishes it from later processes with the same number. */
export interface RecordedProcess {
  readonly pid: number;
  /** `/proc/<pid>/cmdline`, with spaces between the arguments. */
  readonly commandLine: string;
  /** When it started, in clock ticks since the machine did. */
  readonly startTime: string;
}

export interface RunningServers {
  readonly kafka: string;
  readonly elasticsearch: string;
  /** Supervisor first: it ends the others in order. */
  readonly processes: readonly RecordedProcess[];
}

export function recordProcess(pid: number): RecordedProcess {
  const found = inspect(pid);
  if (found === undefined) throw new Error(`there is no process ${pid}`);
  return found;
}

/** Whether the recorded process still runs, not just some process that was given its number later. */
export function isRunning(recorded: RecordedProcess): boolean {
  const found = inspect(recorded.pid);
  return found?.commandLine === recorded.commandLine && found.startTime === recorded.startTime;
}

/** What `up` has left, undefined where nothing of it runs any more. */
export function runningServers(): RunningServers | undefined {
  if (!existsSync(stateFile)) return undefined;
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as RunningServers;
  return state.processes.some(isRunning) ? state : undefined;
}

export function saveRunning(state: RunningServers): void {
  writeFileSync(stateFile, `${JSON.stringify(state, undefined, 2)}\n`);
}

export function forgetRunning(): void {
  rmSync(stateFile, { force: true });
}

export function addresses({ kafka, elasticsearch }: RunningServers): string {
  return `KAFKA_BOOTSTRAP_SERVERS=${kafka}\nELASTICSEARCH_ENDPOINTS=${elasticsearch}`;
}

function inspect(pid: number): RecordedProcess | undefined {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // The second field is the name in brackets and may contain spaces: count from its end. A zombie has ended.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? undefined : { pid, commandLine, startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
