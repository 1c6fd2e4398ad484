import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { program } from './command-line/program.ts';
import { endOutput, openOutput, READER_GONE_EXIT_CODE } from './commands/output.ts';
import { LogweirError, messageOf } from './errors.ts';
import { exitWith } from './kafka/closing.ts';

const USAGE_EXIT_CODE = 64;

// Halves the load time of a command's modules. The folder is the program's own: code that others could write
// must not be run. If the folder is not writable, nothing is cached.
enableCompileCache(fileURLToPath(new URL('../.cache/compile', import.meta.url)));

const output = openOutput(1);
const report = openOutput(2);
let exitCode = 0;

/** The message of an error, and the exit code. */
function outcomeOf(error: unknown): { code: number; text: string } {
  // Commander has printed the message already.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : USAGE_EXIT_CODE, text: '' };
  if (error instanceof LogweirError) return { code: error.exitCode, text: `logweir: ${error.message}\n` };
  return { code: 1, text: `logweir: ${(error as Error).stack ?? messageOf(error)}\n` };
}

/** Flushes the outputs and exits. A failed output takes precedence over the command's own exit code. */
async function end(): Promise<never> {
  const lost = await endOutput(output, 'the standard output');
  if (lost !== undefined) exitCode = lost?.exitCode ?? READER_GONE_EXIT_CODE;
  if (lost instanceof LogweirError) report.write(`logweir: ${lost.message}\n`);
  const lostReport = await endOutput(report, 'the standard error');
  if (lostReport !== undefined && exitCode === 0) exitCode = lostReport?.exitCode ?? READER_GONE_EXIT_CODE;
  exitWith(exitCode);
}

try {
  const setExitCode = (code: number): void => {
    exitCode = code;
  };
  await program(output, report, setExitCode).parseAsync();
} catch (error) {
  // A failed output is reported by `end`.
  if (error !== output.errored) {
    const { code, text } = outcomeOf(error);
    exitCode = code;
    report.write(text);
  }
}
await end();
