import { spawn } from 'node:child_process';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const DEFAULT = `transforms/**/*.test.{ts,mts,js,mjs}`;

/**
 * `logweir test`: Node's own test runner, with `logweir`, `logweir/testing` and `zod` resolved as in production.
 *
 * @returns its exit code
 */
export async function testTransforms(files: readonly string[]): Promise<number> {
  const hook = new URL(`../transform/register-hook.${extension}`, import.meta.url).href;
  const args = ['--import', hook, '--test', ...(files.length === 0 ? [DEFAULT] : files)];
  const runner = spawn(process.execPath, args, { stdio: 'inherit' });
  return await new Promise((resolve) => {
    runner.once('close', (code) => resolve(code ?? 1));
    runner.once('error', () => resolve(1));
  });
}
