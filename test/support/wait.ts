import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Ends the sentence "gave up waiting for ...". */
  readonly what: string;
  /** Pause between two looks. @default 50 */
  readonly everyMs?: number;
}

/** Resolves once `condition` holds. What it throws ends the wait at once. */
export async function waitFor(
  condition: () => Promise<boolean> | boolean,
  { timeoutMs, what, everyMs = 50 }: WaitOptions,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() >= deadline) throw new Error(`gave up waiting for ${what} after ${timeoutMs} ms`);
    await delay(everyMs);
  }
}
