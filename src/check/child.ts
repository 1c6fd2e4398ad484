import { fork } from 'node:child_process';
import type { z } from 'zod';

/** How a part of the check that runs in a process of its own has ended. */
interface ChildEnd<T> {
  readonly messages: readonly T[];
  /** Whether it was ended for its time. */
  readonly isLate: boolean;
  /** The signal that ended it otherwise, of a crash for instance. */
  readonly signal: NodeJS.Signals | null;
}

const MESSAGES_MAX = 10_000;

/**
 * Runs `logweir check-part` in a process of its own: what it calls may crash or never return. Collects its
 * messages; others than those of the schema are left out. Never rejects.
 *
 * @param ending ends it before its time
 */
export async function runPart<T>(
  part: string,
  configPath: string,
  schema: z.ZodType<T>,
  timeoutMs: number,
  ending: AbortSignal,
): Promise<ChildEnd<T>> {
  const child = fork(process.argv[1] ?? '', ['check-part', part, '-c', configPath], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const messages: T[] = [];
  let isLate = false;
  return await new Promise((resolve) => {
    const stop = (): void => {
      isLate = true;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(stop, timeoutMs);
    if (ending.aborted) stop();
    ending.addEventListener('abort', stop);
    child.on('message', (message) => {
      const parsed = schema.safeParse(message);
      if (parsed.success && messages.length < MESSAGES_MAX) messages.push(parsed.data);
    });
    const end = (signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      ending.removeEventListener('abort', stop);
      resolve({ messages, isLate, signal });
    };
    // 'close' comes when all messages have arrived.
    child.once('close', (_code, signal) => end(signal));
    child.once('error', () => end(null));
  });
}
