import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { room } from './output.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const DEFAULT = `transforms/**/*.test.{ts,mts,js,mjs}`;

/**
 * `logweir test`: runs Node's test runner, with `logweir`, `logweir/testing` and `zod` resolved as in
 * production.
 *
 * @returns the exit code of the runner
 */
export async function testTransforms(files: readonly string[], output: Writable): Promise<number> {
  const hook = new URL(`../transform/loader/register-hook.${extension}`, import.meta.url).href;
  const args = ['--import', hook, '--test', ...(files.length === 0 ? [DEFAULT] : files)];
  // The runner writes to a terminal itself, for its colours. It does not handle a reader that is slow or
  // gone.
  const isTerminal = isatty(1);
  const runner = spawn(process.execPath, args, {
    stdio: ['inherit', isTerminal ? 'inherit' : 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((resolve) => {
    runner.once('close', (code) => resolve(code ?? 1));
    runner.once('error', () => resolve(1));
  });
  try {
    for await (const chunk of runner.stdout ?? []) {
      output.write(chunk);
      await room(output);
    }
  } catch (error) {
    runner.kill();
    throw error;
  }
  return await ended;
}
