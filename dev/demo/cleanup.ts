import { setTimeout as delay } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';

/** @param gently false to stop immediately, without an orderly shutdown */
type End = (gently: boolean) => Promise<unknown>;

const TIMEOUT_MS = 60_000;

/** Steps that run when the demo ends, in reverse order of their registration. */
export class Cleanup {
  readonly #terminal: Terminal;
  readonly #ends: { readonly what: string; readonly end: End }[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** @param what completes the sentence "could not stop ..." */
  add(what: string, end: End): void {
    this.#ends.push({ what, end });
  }

  /** A step that fails or times out does not stop the others. @returns whether all have succeeded */
  async run(gently: boolean): Promise<boolean> {
    let succeeded = true;
    for (const { what, end } of this.#ends.toReversed()) {
      try {
        await Promise.race([end(gently), tooLate()]);
      } catch (error) {
        succeeded = false;
        this.#terminal.print(`could not stop ${what}: ${(error as Error).message}`);
      }
    }
    return succeeded;
  }
}

async function tooLate(): Promise<never> {
  await delay(TIMEOUT_MS, undefined, { ref: false });
  throw new Error(`it takes longer than ${TIMEOUT_MS} ms`);
}
